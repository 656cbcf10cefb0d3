"""Closes an inquiry: its masks refuse mail from now on, what is under way still goes out."""

from dataclasses import dataclass

from sqlalchemy import Connection

from ...store import inquiries
from ..clock import new_id
from ..record import add_event
from ..world import World
from .deed import Deed, Done


class NoSuchInquiry(Exception):
    """There is no inquiry with this id or reference."""


@dataclass(frozen=True, slots=True)
class Close:
    """The conversation is to end."""


def do(deed: Deed, _: Close) -> Done:
    """Close it for both sides; of a closed one, nothing changes."""
    if not inquiries.close(deed.connection, deed.inquiry.seq, deed.now):
        return Done("closed", again=True)
    event = deed.note("inquiry.closed")
    deed.tell("news", (*deed.others, *deed.colleagues), event)
    deed.confirm(event)
    return Done("closed", event)


async def close(world: World, name: str, by: str) -> str:
    """Close, for ops, the inquiry with this id or reference; return its id. Raises NoSuchInquiry."""
    now = world.clock()

    def unit(connection: Connection) -> tuple[str, bool]:
        inquiry = inquiries.find(connection, name)
        if inquiry is None:
            raise NoSuchInquiry(name)
        closed = inquiries.close(connection, inquiry.seq, now)
        if closed:
            add_event(connection, inquiry.seq, now, "inquiry.closed", proof={"by": by})
        return inquiry.id, closed

    id, closed = await world.store.write(unit)
    if closed:
        world.journal.inquiry_closed(id=new_id(now), inquiry=id, by=by)
    return id

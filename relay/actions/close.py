"""Closes an inquiry: its masks refuse mail from now on, what is under way still goes out."""

from sqlalchemy import Connection

from ...store import inquiries
from ..clock import new_id
from ..record import add_event
from ..world import World


class NoSuchInquiry(Exception):
    """There is no inquiry with this id or reference."""


async def close(world: World, name: str, by: str) -> str:
    """Close the inquiry with this id or reference and return its id; twice is harmless. Raises NoSuchInquiry."""
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

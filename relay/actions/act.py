"""The one way to do something in an inquiry: page, action address and API make a wish, `act` carries it out.

Everything an action writes is one transaction: its event, what it changes, and the mails that tell of it.
"""

import re
from dataclasses import dataclass

from sqlalchemy import Connection

from ...store import blobs, events, inquiries
from ...store.blobs import StoredBlob
from ...store.tables import ParticipantState
from ..about import of_participant
from ..record import Cause
from ..world import World
from . import close, decline, history, leave, new_link, phone, reopen, transfer, undo
from .close import Close
from .decline import Decline
from .deed import CannotAct, Channel, Deed, Done
from .history import History
from .leave import Leave
from .new_link import NewLink
from .phone import Phone
from .reopen import Reopen
from .transfer import Transfer
from .undo import Undo

Wish = Close | Decline | History | Leave | NewLink | Phone | Reopen | Transfer | Undo
_WHEN_CLOSED = (History, NewLink, Reopen, Leave)
_UPPER = re.compile("([A-Z])")
_BY_WHO_ONLY_READS = (NewLink, Undo)  # what somebody who has handed over may still do


@dataclass(frozen=True, slots=True)
class By:
    """Who wants something, and by which way he says so."""

    participant: int
    channel: Channel
    id: str  # follows what is done through the journal
    raw: StoredBlob | None = None  # the mail that asks for it


async def act(world: World, by: By, wish: Wish) -> Done:
    """Do what is wished. Raises CannotAct; then nothing has changed.

    The same mail twice does it once.
    """
    cause = Cause(by.id, world.clock())

    def unit(connection: Connection) -> tuple[Done, str]:
        actor = inquiries.participant(connection, by.participant)
        inquiry = inquiries.get(connection, actor.inquiry)
        people = inquiries.participants(connection, actor.inquiry)
        deed = Deed(connection, world, inquiry, people, actor, cause, by.channel, by.raw)
        if by.raw is not None:
            if _seen(deed, by.raw):
                return Done(_word(wish), again=True), inquiry.id
            blobs.record(connection, [by.raw])
        _may(deed, wish)
        return do(wish, deed), inquiry.id

    done, inquiry = await world.store.write(unit, of=await of_participant(world, by.participant))
    world.journal.acted(id=by.id, inquiry=inquiry, action=_word(wish), by=by.channel, again=done.again)
    world.wake()
    return done


def _seen(deed: Deed, raw: StoredBlob) -> bool:
    """Whether this very mail has done something here before: its sender's server did not hear our 250."""
    return any(event.raw == raw.hash for event in events.of_inquiry(deed.connection, deed.inquiry.seq))


def _may(deed: Deed, wish: Wish) -> None:
    """Raise CannotAct where the actor takes no part any more, or the inquiry is closed."""
    state = deed.actor.state
    reads = isinstance(wish, _BY_WHO_ONLY_READS) and state == ParticipantState.TRANSFERRED
    if state != ParticipantState.ACTIVE and not reads:
        raise CannotAct("not_any_more")
    if deed.inquiry.state != "open" and not isinstance(wish, _WHEN_CLOSED):
        raise CannotAct("closed")


def _word(wish: Wish) -> str:
    return _UPPER.sub(r"_\1", type(wish).__name__).lower().lstrip("_")


def do(wish: Wish, deed: Deed) -> Done:
    """Carry out a wish: one function of one file each."""
    match wish:
        case Close():
            return close.do(deed, wish)
        case Decline():
            return decline.do(deed, wish)
        case History():
            return history.do(deed, wish)
        case Leave():
            return leave.do(deed, wish)
        case NewLink():
            return new_link.do(deed, wish)
        case Phone():
            return phone.do(deed, wish)
        case Reopen():
            return reopen.do(deed, wish)
        case Transfer():
            return transfer.do(deed, wish)
        case Undo():
            return undo.do(deed, wish)

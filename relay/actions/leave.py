"""Takes somebody out of an inquiry: himself, or a newcomer by a participant of his side who did not want him."""

from dataclasses import dataclass

from sqlalchemy import Connection

from ...store import inquiries, outbox
from ...store.tables import GONE, ParticipantState
from ...store.values import ParticipantRow
from ..about import of_participant
from ..record import add_event
from ..world import World
from .deed import CannotAct, Deed, Done


class CannotLeave(Exception):
    """He is not there any more, or nobody else would be left on his side to answer."""


@dataclass(frozen=True, slots=True)
class Leave:
    """The actor wants to go."""


def do(deed: Deed, _: Leave) -> Done:
    """Take the actor out. Raises CannotAct when nobody else of his side would be there to answer."""
    try:
        _take_out(deed.connection, deed.actor, deed.actor)
    except CannotLeave as reason:
        raise CannotAct("last_one") from reason
    event = deed.note("participant.left")
    outbox.drop_all_to(deed.connection, deed.actor.seq, deed.now)
    deed.confirm(event)
    return Done("left", event)


async def leave(world: World, participant: int, by: int) -> None:
    """End `participant`'s part at once: no more copies, what is queued for him is dropped. Raises CannotLeave.

    `by` is himself or an active participant of his side.
    """
    now = world.clock()

    def unit(connection: Connection) -> tuple[str, list[str]]:
        person, other = inquiries.participant(connection, participant), inquiries.participant(connection, by)
        _take_out(connection, person, other)
        how = "himself" if person.seq == other.seq else "participant"
        add_event(connection, person.inquiry, now, "participant.left", person.seq, None, {"by": how})
        dropped = outbox.drop_all_to(connection, person.seq, now)
        return inquiries.get(connection, person.inquiry).id, dropped

    inquiry, dropped = await world.store.write(unit, of=await of_participant(world, participant))
    world.journal.left(id=inquiry, inquiry=inquiry, participant=str(participant), by=str(by), dropped=len(dropped))


def _take_out(connection: Connection, person: ParticipantRow, other: ParticipantRow) -> None:
    if not _may(connection, person, other):
        raise CannotLeave
    inquiries.set_participant_state(connection, person.seq, ParticipantState.LEFT)


def _may(connection: Connection, person: ParticipantRow, other: ParticipantRow) -> bool:
    if (person.inquiry, person.side) != (other.inquiry, other.side) or other.state != ParticipantState.ACTIVE:
        return False
    if person.state in GONE:
        return False
    people = inquiries.participants(connection, person.inquiry)
    return any(
        one.seq != person.seq and one.side == person.side and one.state == ParticipantState.ACTIVE for one in people
    )

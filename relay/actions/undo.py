"""Takes back what was done last, for some hours: a decline, a transfer. Told to whom the thing itself was told."""

from dataclasses import dataclass

from ...store import inquiries, outbox
from ...store.tables import ParticipantState
from ...store.values import EventRow
from .deed import CannotAct, Deed, Done
from .standing import UNDONE, standing


@dataclass(frozen=True, slots=True)
class Undo:
    """Which event, by its sequence number; None: the last one that can be."""

    event: int | None = None


def do(deed: Deed, wish: Undo) -> Done:
    """Undo for the actor's side. Raises CannotAct: nothing to undo, too late, or somebody has acted since."""
    event = _which(deed, wish)
    if event.kind == "inquiry.transferred":
        _give_back(deed, event)
    reason = event.proof.get("reason", "")
    undone = deed.note(UNDONE, of=event.kind, event=event.seq, reason=reason)
    told = () if reason == "spam" else deed.others
    deed.tell("news", (*told, *deed.colleagues), undone)
    deed.confirm(undone)
    return Done("undone", undone)


def _which(deed: Deed, wish: Undo) -> EventRow:
    within = deed.world.settings.actions.undo
    own = {one.seq for one in deed.people if one.side == deed.actor.side}
    found = [
        event
        for event in standing(deed.events()).undoable(deed.now, within)
        if event.actor in own and wish.event in (None, event.seq)
    ]
    if not found:
        raise CannotAct("nothing_to_undo")
    return found[-1]


def _give_back(deed: Deed, event: EventRow) -> None:
    """The first one answers again; the other goes, unless he took part before or has written since."""
    successor = event.proof.get("to")
    first = next((one for one in deed.people if one.seq == event.actor), None)
    new = next((one for one in deed.people if one.seq == successor), None)
    if first is None or new is None:
        raise CannotAct("nothing_to_undo")
    inquiries.set_participant_state(deed.connection, first.seq, ParticipantState.ACTIVE)
    if new.joined_by == "transfer" and new.joined_at >= event.at:
        inquiries.set_participant_state(deed.connection, new.seq, ParticipantState.LEFT)
        outbox.drop_all_to(deed.connection, new.seq, deed.now)

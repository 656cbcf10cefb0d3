"""How an inquiry stands, read from its events: what was done, what can still be taken back. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ...store.values import EventRow

UNDONE = "action.undone"
CAN_BE_UNDONE = ("inquiry.declined", "inquiry.transferred")


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds of an inquiry now. `declined`: the event that declined it; `doings`: what can be undone in time."""

    declined: EventRow | None
    doings: tuple[EventRow, ...]  # neither undone nor followed by another one, oldest first

    def undoable(self, now: datetime, within: timedelta) -> tuple[EventRow, ...]:
        """Return what can still be taken back."""
        return tuple(event for event in self.doings if now < event.at + within)


def standing(events: Sequence[EventRow]) -> Standing:
    """Read all events of an inquiry, oldest first."""
    undone = {event.proof.get("event") for event in events if event.kind == UNDONE}
    doings = tuple(event for event in events if event.kind in CAN_BE_UNDONE and event.seq not in undone)
    declined = next((event for event in reversed(doings) if event.kind == "inquiry.declined"), None)
    return Standing(declined, doings)

"""Shows the other side's telephone number to one person, who asked for it; the history says whom and when (R21)."""

from dataclasses import dataclass

from ...store.values import ParticipantRow
from .deed import CannotAct, Deed, Done


@dataclass(frozen=True, slots=True)
class Phone:
    """The number is wanted."""


def do(deed: Deed, _: Phone) -> Done:
    """Record that the actor sees the number. Raises CannotAct when the other side gave none.

    Asked for by mail, it is answered by mail to him alone, where `actions.phone_by_mail` allows it.
    """
    if not numbers(deed.others):
        raise CannotAct("no_number")
    before = next((e for e in deed.events() if e.kind == "phone.shown" and e.actor == deed.actor.seq), None)
    event = before.seq if before else deed.note("phone.shown")
    if before is None:
        deed.tell("news", deed.others, event)
    if deed.channel == "mail":
        deed.tell("phone", (deed.actor,), event)
    return Done("phone", event, again=before is not None)


def numbers(people: tuple[ParticipantRow, ...]) -> tuple[ParticipantRow, ...]:
    """Return who of these people gave a telephone number."""
    return tuple(one for one in people if one.phone.strip())

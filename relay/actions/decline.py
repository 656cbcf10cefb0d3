"""A side says no to the request: with a reason, kindly told to the other side, to be taken back for some hours."""

from dataclasses import dataclass, replace

from ...store import outbox
from ..compose.reasons import Reason
from ..record import due_at_once
from .deed import CannotAct, Deed, Done
from .standing import standing

_MOST_WORDS = 4000  # characters of the actor's own words


@dataclass(frozen=True, slots=True)
class Decline:
    """Why, and in the actor's own words ("" for none)."""

    reason: Reason
    text: str = ""


def do(deed: Deed, wish: Decline) -> Done:
    """Decline for the actor's side. Raises CannotAct: only a seller declines, and only once."""
    if deed.actor.side != "seller":
        raise CannotAct("sellers_only")
    if wish.reason == "other" and not wish.text.strip():
        raise CannotAct("reason_missing")
    if standing(deed.events()).declined is not None:
        raise CannotAct("declined_before")
    event = deed.note("inquiry.declined", reason=wish.reason, text=wish.text.strip()[:_MOST_WORDS])
    if wish.reason == "spam":
        _tell_ops(deed, event)
    else:
        deed.tell("declined", deed.others, event)
    deed.tell("news", deed.colleagues, event)
    deed.confirm(event)
    return Done("declined", event)


def _tell_ops(deed: Deed, event: int) -> None:
    """What a seller calls spam is the operator's to look at; the buyer hears nothing of it."""
    operator = deed.world.settings.operator.email
    if operator:
        outbox.queue(deed.connection, replace(due_at_once(deed.cause, "spam", operator), event=event))

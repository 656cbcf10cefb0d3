"""What the reader can do besides writing, as values for the template: made from what is recorded. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ...store.tables import ParticipantState
from ...store.values import EventRow, ParticipantRow
from ..actions.phone import numbers
from ..actions.standing import CAN_BE_UNDONE, UNDONE, standing
from ..clock import iso
from ..compose.i18n import Words
from ..compose.reasons import Reason, reason_label, reason_lines, reason_named
from ..mail.names import clean_name, visible

DOING_KINDS = (*CAN_BE_UNDONE, UNDONE, "phone.shown")  # the events that decide what can be done


@dataclass(frozen=True, slots=True)
class UndoView:
    """Something that can be taken back."""

    event: int
    text: str
    until: str  # RFC 3339
    moment: str


@dataclass(frozen=True, slots=True)
class Number:
    """One telephone number that the reader has asked for."""

    name: str
    number: str
    link: str  # tel: with digits alone


@dataclass(frozen=True, slots=True)
class Doings:
    """The forms of the page: which make sense now, and what they need."""

    reasons: tuple[tuple[Reason, str], ...] = ()  # of a decline; none: it cannot be declined
    declined: str = ""  # why it was, "" while it is not
    transfer: bool = False
    document: bool = False
    phone: bool = False  # there is a number that the reader has not asked for
    numbers: tuple[Number, ...] = ()
    history: bool = False
    close: bool = False
    reopen: bool = False
    new_link: bool = False
    undo: tuple[UndoView, ...] = ()


def doings_view(
    reader: ParticipantRow,
    is_open: bool,
    happened: Sequence[EventRow],
    people: tuple[ParticipantRow, ...],
    now: datetime,
    undo: timedelta,
    words: Words,
) -> Doings:
    """Return what `reader` can do now; `happened` are the events of DOING_KINDS, oldest first."""
    active = reader.state == ParticipantState.ACTIVE
    stands = standing(happened)
    others = tuple(one for one in people if one.side != reader.side and one.state == ParticipantState.ACTIVE)
    asked = any(event.kind == "phone.shown" and event.actor == reader.seq for event in happened)
    may_decline = reader.side == "seller" and active and is_open and stands.declined is None
    own = {one.seq for one in people if one.side == reader.side}
    back = [event for event in stands.undoable(now, undo) if event.actor in own and is_open]
    return Doings(
        reasons=reason_lines(words) if may_decline else (),
        declined=_reason(stands.declined, words),
        transfer=active and is_open,
        document=active and is_open,
        phone=active and is_open and not asked and bool(numbers(others)),
        numbers=tuple(_number(one) for one in numbers(others)) if asked and active else (),
        history=active,
        close=active and is_open,
        reopen=active and not is_open,
        new_link=active or reader.state == ParticipantState.TRANSFERRED,
        undo=tuple(_undo(event, undo, words) for event in back),
    )


def _reason(declined: EventRow | None, words: Words) -> str:
    reason = reason_named(str(declined.proof.get("reason", ""))) if declined else None
    return reason_label(words, reason) if reason else ""


def _number(person: ParticipantRow) -> Number:
    digits = "".join(one for one in person.phone if one in "+0123456789")
    return Number(clean_name(person.name), visible(person.phone), f"tel:{digits}")


def _undo(event: EventRow, undo: timedelta, words: Words) -> UndoView:
    until = event.at + undo
    if event.kind == "inquiry.declined":
        text = words.gettext("This request was declined.")
    else:
        text = words.gettext("This request was handed over to %(address)s.", address=visible(str(event.proof["email"])))
    return UndoView(event.seq, text, iso(until), words.moment(until))


def done_line(word: str, words: Words) -> str:
    """Return the calm line on the page after something was done, "" for none."""
    say = words.gettext
    match word:
        case "declined":
            return say("You declined this request.")
        case "transferred":
            return say("You handed this request over.")
        case "undone":
            return say("It was taken back.")
        case "history":
            return say("Everything is on its way to your mailbox.")
        case "new_link":
            return say("You have a new link, and it comes by mail. The old one opens nothing any more.")
        case "closed":
            return say("You closed this conversation.")
        case "reopened":
            return say("You opened this conversation again.")
        case _:
            return ""

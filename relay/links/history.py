"""The history of an inquiry in plain words: each event with its person, as one reader may know it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from ...store.values import EventRow
from ..clock import iso
from ..compose.i18n import Words
from ..mail.names import visible
from ..record import cause_word
from .people import People
from .states import not_delivered, read_proof

# Events that are the gateway's own bookkeeping, or told to ops only: no line on the page.
SILENT = frozenset({"message.relayed", "action.not_understood", "bounce.received", "complaint.received"})

Say = Callable[..., str]


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One line. `message` is the sequence number of the message it is about, None where there is none."""

    at: str
    moment: str
    text: str
    message: int | None
    proof: str = ""  # by what it is known


def history(
    events: Sequence[EventRow], sides: Mapping[int, str], people: People, words: Words
) -> tuple[HistoryLine, ...]:
    """Return the lines in the order of `events`. `sides`: who wrote each message that the reader may know of."""
    told = (event for event in events if _told(event, sides, people))
    lines = (_line(tuple(group), people, words) for _, group in groupby(told, _together))
    return tuple(line for line in lines if line.text)


def _told(event: EventRow, sides: Mapping[int, str], people: People) -> bool:
    """Whether an event is told to this reader."""
    unseen = event.message is not None and event.message not in sides
    if event.kind in SILENT or unseen or people.is_observer(event.actor):
        return False
    person = people.find(event.actor)
    own = person is not None and person.side == people.reader.side
    match event.kind:
        case "message.failed":
            # That a copy for himself did not arrive concerns only whom it was for.
            return own or (event.message is not None and sides[event.message] == people.reader.side)
        case "message.read":
            return event.proof.get("by") != "answered"  # that it was answered says so
        case "message.received":
            return person is not None  # that of an unknown writer is told as held
        case "participant.joined":
            return event.proof.get("by") != "inquiry"  # others were there from the start
        case "link.rotated" | "history.sent":
            return own
        case "inquiry.declined" | "action.undone" if not own:
            return event.proof.get("reason") != "spam"
        case _:
            return True


def _together(event: EventRow) -> object:
    """What is equal for events that make one line: a message that arrived with several people."""
    return event.message if event.kind == "message.delivered" else (event.seq,)


def _line(group: tuple[EventRow, ...], people: People, words: Words) -> HistoryLine:
    event = group[0]
    found = [person for one in reversed(group) if (person := people.find(one.actor)) is not None]
    own = any(person.side == people.reader.side for person in found)
    text = sentence(event, people.listed(found), words, own=own)
    return HistoryLine(iso(event.at), words.moment(event.at), text, event.message, read_proof(event, words))


def sentence(event: EventRow, name: str, words: Words, *, own: bool = False) -> str:
    """Return an event in the reader's words; `name` is whom it is about, "" for nobody whom the page may name.

    `own`: he is of the reader's side, which may know addresses.
    """
    if event.kind == "message.failed":
        return _failed(event, name, words)
    if event.kind == "inquiry.transferred" and own:
        address = visible(str(event.proof.get("email", "")))
        return words.gettext("%(name)s handed over to %(address)s", name=name, address=address)
    if event.kind == "message.received" and event.proof.get("channel") == "page":
        return words.gettext("Message from %(name)s, written on this page", name=name)
    if event.kind == "message.held" and event.proof.get("why") == "like a program":
        return words.gettext("Message held, because a program may have written it")
    table = SENTENCES if name else SENTENCES | NAMELESS
    return table[event.kind](words.gettext, name) if event.kind in table else ""


def _failed(event: EventRow, name: str, words: Words) -> str:
    why = event.proof.get("why")
    cause = why if isinstance(why, str) else cause_word(0, str(event.proof.get("status", "")))
    return not_delivered(words, name, cause)


SENTENCES: dict[str, Callable[[Say, str], str]] = {
    "inquiry.created": lambda say, _: say("Request sent"),
    "inquiry.transferred": lambda say, name: say("Handed over to a colleague by %(name)s", name=name),
    "inquiry.declined": lambda say, name: say("Declined by %(name)s", name=name),
    "inquiry.closed": lambda say, _: say("Conversation closed"),
    "inquiry.reopened": lambda say, name: say("Conversation opened again by %(name)s", name=name),
    "action.undone": lambda say, name: say("Taken back by %(name)s", name=name),
    "history.sent": lambda say, name: say("History mailed to %(name)s", name=name),
    "participant.joined": lambda say, name: say("%(name)s takes part", name=name),
    "participant.left": lambda say, name: say("%(name)s left", name=name),
    "message.received": lambda say, name: say("Message from %(name)s, by mail", name=name),
    "message.held": lambda say, _: say("Message held, because we cannot be sure who wrote it"),
    "message.released": lambda say, _: say("Held message passed on"),
    "message.refused": lambda say, _: say("Held message not passed on"),
    "message.delivered": lambda say, name: say("Delivered to %(name)s", name=name),
    "message.read": lambda say, name: say("Read by %(name)s", name=name),
    "message.answered": lambda say, name: say("Answered by %(name)s", name=name),
    "auto_reply.received": lambda say, name: say("Automatic reply from %(name)s", name=name),
    "phone.shown": lambda say, name: say("Telephone number shown to %(name)s", name=name),
    "document.sent": lambda say, name: say("Document from %(name)s", name=name),
    "quote.sent": lambda say, name: say("Quote from %(name)s", name=name),
    "quote.opened": lambda say, name: say("Quote opened by %(name)s", name=name),
    "quote.accepted": lambda say, name: say("Quote accepted by %(name)s", name=name),
    "quote.change_requested": lambda say, name: say("%(name)s asked for a change of the quote", name=name),
    "quote.refused": lambda say, name: say("Quote refused by %(name)s", name=name),
    "order.paid": lambda say, _: say("Order paid"),
    "review.received": lambda say, name: say("Review from %(name)s", name=name),
    "reminder.sent": lambda say, name: say("Reminder sent to %(name)s", name=name),
    "link.rotated": lambda say, name: say("New link for %(name)s", name=name),
}

# Where the event names nobody whom the page may name.
NAMELESS: dict[str, Callable[[Say, str], str]] = {
    "auto_reply.received": lambda say, _: say("Automatic reply"),
}

"""What became of one's own message, in one line a state (R43): held, on its way, delivered, read, answered, failed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ...store.tables import DeliveryState, MessageState
from ...store.values import DeliveryRow, EventRow, MessageRow, ParticipantRow
from ..clock import iso
from ..compose.i18n import Words
from .people import People

_WORDS = ("request", "relayed")  # kinds of deliveries that carry a message to the other side


@dataclass(frozen=True, slots=True)
class StateLine:
    """`word` is for the style sheet and the eye: held | way | done | read | answered | late | failed."""

    word: str
    text: str
    at: str = ""  # RFC 3339, "" where the line has no time of its own
    moment: str = ""
    proof: str = ""  # by what it is known, "" for what we have done ourselves


def state_lines(
    message: MessageRow,
    deliveries: Sequence[DeliveryRow],
    reads: Sequence[EventRow],
    people: People,
    words: Words,
) -> tuple[StateLine, ...]:
    """Return the state of a message of the reader's own side; nothing where it is addressed to nobody.

    Each of its readers stands in one line, that of the furthest he has come: `reads` are the events that somebody
    has read or answered it.
    """
    undecided = _undecided(message, words)
    if undecided is not None:
        return (undecided,)
    answered = _by_reader(reads, "message.answered")
    read = {actor: event for actor, event in _by_reader(reads, "message.read").items() if actor not in answered}
    further = answered.keys() | read.keys()
    sent = [one for one in deliveries if one.kind in _WORDS and one.recipient not in further]
    return (
        *(_reader(event, "answered", people, words) for event in answered.values()),
        *(_reader(event, "read", people, words) for event in read.values()),
        *_on_the_way(sent, deliveries, people, words),
    )


def _undecided(message: MessageRow, words: Words) -> StateLine | None:
    """Return the line of a message that nobody else has got."""
    say = words.gettext
    if message.state == MessageState.REFUSED:
        return StateLine("failed", say("Not passed on"))
    return StateLine("held", _held(message, words)) if message.state == MessageState.HELD else None


def _by_reader(events: Sequence[EventRow], kind: str) -> dict[int, EventRow]:
    """Return the first event of this kind by each person."""
    found: dict[int, EventRow] = {}
    for event in events:
        if event.kind == kind and event.actor is not None:
            found.setdefault(event.actor, event)
    return found


def _reader(event: EventRow, word: str, people: People, words: Words) -> StateLine:
    person = people.find(event.actor)
    name = people.listed([person] if person else [])
    if word == "answered":
        text = words.gettext("Answered by %(name)s", name=name)
    else:
        text = words.gettext("Read by %(name)s", name=name)
    return StateLine(word, text, iso(event.at), words.moment(event.at), read_proof(event, words))


def read_proof(event: EventRow, words: Words) -> str:
    """Return by what it is known that somebody has read a message, "" where the event does not say."""
    say = words.gettext
    if event.kind != "message.read":
        return ""
    match event.proof.get("by"):
        case "page" if event.proof.get("how") == "form":
            return say("a button on the page was pressed under it")
        case "page":
            return say("it was on the screen, on the page")
        case "mdn":
            return say("the mail program sent a read receipt")
        case "answered":
            return say("it was answered")
        case _:
            return ""


def _on_the_way(
    sent: Sequence[DeliveryRow], deliveries: Sequence[DeliveryRow], people: People, words: Words
) -> list[StateLine]:
    """Return the lines of those of whom no more is known than how their mail fared."""
    say = words.gettext
    causes = {notice.about: notice.cause for notice in deliveries if notice.kind == "failed"}
    done = [one for one in sent if one.state == DeliveryState.SENT]
    failed = [one for one in sent if one.state in (DeliveryState.FAILED, DeliveryState.DROPPED)]
    late = [one for one in sent if one.state == DeliveryState.DEFERRED]
    on_its_way = [one for one in sent if one not in done and one not in failed and one not in late]
    lines: list[StateLine] = []
    if on_its_way:
        lines.append(StateLine("way", say("Sent, on its way to %(name)s", name=_names(on_its_way, people))))
    if late:
        text = say("Not delivered to %(name)s yet; we keep trying", name=_names(late, people))
        lines.append(StateLine("late", text))
    if done:
        lines.append(_delivered(done, people, words))
    return lines + [_failed(one, causes.get(one.recipient, ""), people, words) for one in failed]


def _held(message: MessageRow, words: Words) -> str:
    say = words.gettext
    match message.why_held:
        case "address to prove":
            return say("Waits until the link in our mail to %(address)s is opened", address=message.from_email)
        case "unreadable":
            return say("It could not be shown, so it was not passed on. The operator looks at it.")
        case "like a program":
            return say("Held: so many mails came within an hour that a program may have written it")
        case _:
            return say("Held: we cannot be sure who wrote it, so nobody else has got it yet")


def _delivered(done: Sequence[DeliveryRow], people: People, words: Words) -> StateLine:
    text = words.gettext("Delivered to %(name)s", name=_names(done, people))
    last: datetime | None = max((one.finished_at for one in done if one.finished_at), default=None)
    return StateLine("done", text, iso(last), words.moment(last)) if last else StateLine("done", text)


def _failed(delivery: DeliveryRow, cause: str, people: People, words: Words) -> StateLine:
    return StateLine("failed", not_delivered(words, _names([delivery], people), cause))


def not_delivered(words: Words, name: str, cause: str) -> str:
    """Return that a message did not arrive, and why; `cause` is a word of ours, "" where it is not known."""
    say = words.gettext
    text = say("Not delivered to %(name)s", name=name)
    match cause:
        case "unknown_address":
            why = say("this mail address no longer exists")
        case "full":
            why = say("the mailbox is full")
        case "too_big":
            why = say("the message is too big for the mailbox")
        case "refused":
            why = say("the mail server refused the message")
        case "unreachable":
            why = say("the mail server could not be reached")
        case "ours":
            why = say("a fault of ours")
        case _:
            return text
    return say("%(what)s: %(why)s", what=text, why=why)


def _names(deliveries: Sequence[DeliveryRow], people: People) -> str:
    found: list[ParticipantRow] = []
    for delivery in deliveries:
        person = people.find(delivery.recipient)
        if person is not None:
            found.append(person)
    return people.listed(found)

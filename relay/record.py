"""Units of work that flow and actions share: who gets a message, and the rows that say so.

Each function runs inside a transaction of the store and writes everything that belongs together, or nothing.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from ..store import events, inquiries, messages, outbox
from ..store.outbox import Lease
from ..store.rows import add
from ..store.tables import DeliveryState, Link, MessageState, Participant, ParticipantState, Side
from ..store.values import DeliveryRow, EventRow, MessageRow, ParticipantRow
from .clock import new_id
from .mail.document import is_document
from .mail.masks import new_token
from .personal_links import LinkMaker, token_hash


@dataclass(frozen=True, slots=True)
class Cause:
    """Why deliveries are queued: the mail they come from and when."""

    mail: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Notice:
    """What a notice tells: a cause in one word of ours, whom it is about, the mail that was refused, what was done."""

    word: str
    about: int | None = None
    raw: str | None = None
    event: int | None = None


def queue_delivery(
    connection: Connection,
    cause: Cause,
    kind: str,
    to: ParticipantRow,
    message: int | None,
    notice: Notice | None = None,
) -> int:
    """Queue one mail to one participant, due at once."""
    row = _to_participant(cause, kind, to, message)
    if notice is not None:
        row = replace(row, cause=notice.word, about=notice.about, raw=notice.raw, event=notice.event)
    return outbox.queue(connection, row).seq


def queue_to_stranger(connection: Connection, cause: Cause, message: MessageRow, word: str, kind: str = "told") -> int:
    """Queue a notice to the writer of a mail who is no participant; `word` says what became of it."""
    row = due_at_once(cause, kind, message.from_email, inquiry=message.inquiry, message=message.seq)
    return outbox.queue(connection, replace(row, cause=word)).seq


def _to_participant(cause: Cause, kind: str, to: ParticipantRow, message: int | None) -> DeliveryRow:
    return due_at_once(cause, kind, to.email, inquiry=to.inquiry, message=message, recipient=to.seq)


def due_at_once(
    cause: Cause,
    kind: str,
    to: str,
    *,
    inquiry: int | None = None,
    message: int | None = None,
    recipient: int | None = None,
) -> DeliveryRow:
    """Return a new delivery to a mail address, which is not recorded yet."""
    return DeliveryRow(
        seq=0,
        id=new_id(cause.at),
        token=new_token(),
        mail=cause.mail,
        kind=kind,
        inquiry=inquiry,
        message=message,
        recipient=recipient,
        to=to,
        cause="",
        about=None,
        raw=None,
        event=None,
        state=DeliveryState.QUEUED,
        attempts=0,
        created_at=cause.at,
        next_attempt_at=cause.at,
        finished_at=None,
        remote="",
    )


def queue_message(
    connection: Connection,
    cause: Cause,
    message: MessageRow,
    author: ParticipantRow,
    people: Sequence[ParticipantRow],
    *,
    copy_to_writer: bool,
    has_it: Collection[str] = (),
    lease: Lease | None = None,
) -> tuple[DeliveryRow, ...]:
    """Queue a message to everybody of `people` who is to read it; returns the deliveries that made.

    The other side gets it relayed, the writer's colleagues see what was written for them (but for those who have
    it already from the writer himself, by their address keys in `has_it`), the writer gets his copy. With a `lease`,
    those that need not wait are recorded as being sent already.
    """
    rows: list[DeliveryRow] = []
    for person in people:
        kind = _kind_for(person, author, copy_to_writer=copy_to_writer)
        if kind and not (kind == "colleague" and person.email_key in has_it):
            rows.append(_to_participant(cause, kind, person, message.seq))
    queued = (
        outbox.queue_leased(connection, rows, cause.at, lease)
        if lease
        else tuple(outbox.queue(connection, row) for row in rows)
    )
    note_documents(connection, cause.at, message, author)
    proof = {"recipients": len(queued)}
    add_event(connection, message.inquiry, cause.at, "message.relayed", author.seq, message.seq, proof)
    note_answered(connection, cause.at, message, author)
    return queued


def note_documents(connection: Connection, at: datetime, message: MessageRow, author: ParticipantRow) -> None:
    """Record that a message brings documents to the other side, by their names; pictures inside its words are none."""
    files = messages.attachments(connection, [message.seq])
    names = [file.name for file in files if file.kind == "other" and is_document(file.type, file.inline)]
    if names:
        proof = {"by": message.channel, "files": names}
        add_event(connection, message.inquiry, at, "document.sent", author.seq, message.seq, proof)


def _kind_for(person: ParticipantRow, author: ParticipantRow, *, copy_to_writer: bool) -> str:
    if person.state != "active" or person.side == Side.OBSERVER:
        return ""
    if person.seq == author.seq:
        return "copy" if copy_to_writer and person.copies else ""
    return "colleague" if person.side == author.side else "relayed"


def add_event(
    connection: Connection,
    inquiry: int,
    at: datetime,
    kind: str,
    actor: int | None = None,
    message: int | None = None,
    proof: dict[str, Any] | None = None,
    raw: str | None = None,
) -> int:
    """Append one fact to the history. `proof` says by what it is known, in words of ours."""
    row = EventRow(0, inquiry, at, kind, actor, message, proof if proof else {}, raw)
    return add(connection, row)


def join(
    connection: Connection,
    links: LinkMaker,
    person: Participant,
    state: ParticipantState = ParticipantState.ACTIVE,
) -> ParticipantRow:
    """Add a participant with a personal link; the history says how he joined, once he takes part."""
    person.state = state
    seq = add(connection, person)
    digest = token_hash(links.token(person.id))
    add(connection, Link(token_hash=digest, participant=seq, created_at=person.joined_at))
    if state == ParticipantState.ACTIVE:
        proof = {"by": person.joined_by}
        add_event(connection, person.inquiry, person.joined_at, "participant.joined", seq, None, proof)
    return inquiries.participant(connection, seq)


_READABLE = (MessageState.ACCEPTED, MessageState.DELIVERED, MessageState.FAILED)


def note_read(
    connection: Connection,
    at: datetime,
    message: MessageRow,
    reader: ParticipantRow,
    proof: dict[str, Any],
    raw: str | None = None,
) -> bool:
    """Record that `reader` has read a message of the other side, once for each of them (R43); False where it is not.

    `proof` says by what it is known: {"by": "page" | "mdn" | "answered", …}; `raw`: the mail that says so.
    """
    return _note_once(connection, at, "message.read", message, reader, proof, raw)


def note_answered(connection: Connection, at: datetime, answer: MessageRow, author: ParticipantRow) -> bool:
    """Record that a message of the other side is answered by `answer`, and so has been read; False where it is none."""
    if answer.parent is None:
        return False
    asked = messages.get(connection, answer.parent)
    proof = {"by": answer.channel, "message": answer.id, "parent": answer.parent_by}
    note_read_by_answer(connection, at, asked, author, answer.mail)
    return _note_once(connection, at, "message.answered", asked, author, proof)


def note_read_by_answer(
    connection: Connection, at: datetime, asked: MessageRow, author: ParticipantRow, mail: str
) -> bool:
    """Record that who answers has read; told before the answer itself comes in, as a person reads before he writes."""
    return note_read(connection, at, asked, author, {"by": "answered", "mail": mail})


_AFTER_READ = {"message.read": (MessageState.READ, _READABLE)} | {
    "message.answered": (MessageState.ANSWERED, (*_READABLE, MessageState.READ))
}


def _note_once(
    connection: Connection,
    at: datetime,
    kind: str,
    message: MessageRow,
    reader: ParticipantRow,
    proof: dict[str, Any],
    raw: str | None = None,
) -> bool:
    """Append an event about a message that `reader` may read, if it is the first of its kind by him."""
    parties = {message.side, reader.side} == {Side.BUYER, Side.SELLER} and message.inquiry == reader.inquiry
    if not parties or message.state in (MessageState.HELD, MessageState.REFUSED):
        return False
    if _is_noted(connection, kind, message, reader):
        return False
    messages.lock(connection, message.seq)
    if _is_noted(connection, kind, message, reader):  # by somebody else, until it was locked
        return False
    add_event(connection, message.inquiry, at, kind, reader.seq, message.seq, proof, raw)
    messages.set_state(connection, message.seq, *_AFTER_READ[kind])
    return True


def _is_noted(connection: Connection, kind: str, message: MessageRow, reader: ParticipantRow) -> bool:
    return any(one.kind == kind for one in events.about(connection, message.inquiry, message.seq, reader.seq))


def fail_message(connection: Connection, cause: Cause, delivery: DeliveryRow, word: str, proof: dict[str, Any]) -> None:
    """A delivery will never arrive: mark its message, tell the history, and tell the writer in a notice.

    Only what carries a person's words is told; a notice or a copy that cannot be delivered ends in the history.
    """
    if delivery.inquiry is None:
        return
    add_event(connection, delivery.inquiry, cause.at, "message.failed", delivery.recipient, delivery.message, proof)
    if delivery.message is None or delivery.kind not in ("request", "relayed", "colleague"):
        return
    states = (MessageState.ACCEPTED, MessageState.DELIVERED)
    messages.set_state(connection, delivery.message, MessageState.FAILED, states)
    author = messages.get(connection, delivery.message).author
    if author is not None:
        notice = Notice(word, about=delivery.recipient)
        queue_delivery(connection, cause, "failed", inquiries.participant(connection, author), delivery.message, notice)


def cause_word(code: int, enhanced: str) -> str:
    """Say in one word of ours why a mail was not taken (RFC 3463); the notice explains it in the reader's words."""
    subject, detail = (*enhanced.split("."), "", "", "")[1:3]
    if (subject, detail) in (("2", "2"), ("3", "1")):
        return "full"
    if (subject, detail) in (("3", "4"), ("2", "3")):
        return "too_big"
    if subject == "1" or (subject, detail) == ("2", "1"):
        return "unknown_address"
    if subject == "7":
        return "refused"
    return "unknown_address" if code == 550 and not enhanced else "other"

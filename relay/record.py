"""Units of work that flow and actions share: events, notices, people who join, failures.

Each function runs inside a transaction of the store and writes everything that belongs together, or nothing.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from ..store import inquiries, messages, outbox
from ..store.rows import add
from ..store.tables import GONE, DeliveryState, Link, MessageState, Participant, ParticipantState
from ..store.values import DeliveryRow, EventRow, MessageRow, ParticipantRow
from .clock import new_id
from .mail.masks import new_token
from .personal_links import LinkMaker, token_hash

OUR_FAULT = "5.3.0"  # RFC 3463 of a mail that we cannot make; no remote's, where there is no code of one


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
    row = to_participant(cause, kind, to, message)
    if notice is not None:
        row = replace(row, cause=notice.word, about=notice.about, raw=notice.raw, event=notice.event)
    return outbox.queue(connection, row).seq


def queue_to_stranger(connection: Connection, cause: Cause, message: MessageRow, word: str, kind: str = "told") -> int:
    """Queue a notice to the writer of a mail who is no participant; `word` says what became of it."""
    row = due_at_once(cause, kind, message.from_email, inquiry=message.inquiry, message=message.seq)
    return outbox.queue(connection, replace(row, cause=word)).seq


def to_participant(cause: Cause, kind: str, to: ParticipantRow, message: int | None) -> DeliveryRow:
    """Return a new delivery to a participant, which is not recorded yet."""
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
    return add(connection, event_row(inquiry, at, kind, actor, message, proof or {}, raw))


def event_row(
    inquiry: int,
    at: datetime,
    kind: str,
    actor: int | None,
    message: int | None,
    proof: dict[str, Any],
    raw: str | None = None,
) -> EventRow:
    """Return a fact that is not recorded yet."""
    return EventRow(0, inquiry, at, kind, actor, message, proof, raw)


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


def fail_message(connection: Connection, cause: Cause, delivery: DeliveryRow, word: str, proof: dict[str, Any]) -> None:
    """A delivery will never arrive: mark its message, tell the history, and tell the writer in a notice.

    Only what carries a person's words is told; a notice or a copy that cannot be delivered ends in the history. The
    notice to a writer who is gone is recorded, for the page shows the cause, and dropped.
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
        writer = inquiries.participant(connection, author)
        queued = queue_delivery(connection, cause, "failed", writer, delivery.message, notice)
        if writer.state in GONE:
            outbox.drop(connection, queued, cause.at)


def cause_word(code: int, enhanced: str) -> str:
    """Say in one word of ours why a mail was not taken (RFC 3463); the notice explains it in the reader's words."""
    if not code and enhanced == OUR_FAULT:
        return "ours"
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

"""Everything recorded about a mail, an inquiry or an address, in the order it happened."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from . import events, inquiries, lineage, outbox
from .tables import Delivery, Message, Participant, table
from .values import DeliveryRow, MessageRow, fetch, project

_message, _delivery, _participant = table(Message), table(Delivery), table(Participant)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened."""

    at: datetime
    mail: str  # the journal's id of the mail it belongs to, "" where there is none
    what: str
    detail: str


def trace(connection: Connection, what: str) -> list[Step]:
    """Return all steps of `what`: a mail's or message's id, a Message-ID, an inquiry, or a mail address."""
    inquiry = inquiries.find(connection, what)
    if inquiry is not None:
        conditions = (_message.c.inquiry == inquiry.seq, _delivery.c.inquiry == inquiry.seq)
        happened = [
            Step(event.at, "", event.kind, " ".join(f"{key}={value}" for key, value in event.proof.items()))
            for event in events.of_inquiry(connection, inquiry.seq)
        ]
    else:
        conditions, happened = _conditions(connection, what), []
    mails = [_message_step(row) for row in fetch(connection, project(Message, MessageRow, conditions[0]), MessageRow)]
    sent = [step for row in outbox.where(connection, conditions[1]) for step in _delivery_steps(connection, row)]
    return sorted([*happened, *mails, *sent], key=lambda step: step.at)


def _conditions(connection: Connection, what: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return which messages and which deliveries are meant by an id, a Message-ID or an address."""
    bare = what.strip("<>")
    by_message_id = and_(_message.c.message_key == lineage.message_key(bare), _message.c.message_id == bare)
    named = or_(_message.c.id == bare, _message.c.mail == bare, by_message_id)
    token = bare.removeprefix("m.").partition("@")[0]
    by_address = _message.c.from_email == bare.lower()
    mails = select(_message.c.mail).where(named)
    deliveries = or_(
        _delivery.c.mail.in_(mails),
        _delivery.c.mail == bare,
        _delivery.c.id == bare,
        _delivery.c.token == token,
        _delivery.c.to == bare.lower(),
    )
    own = connection.execute(select(_delivery.c.mail).where(deliveries)).scalars().all()
    return or_(named, by_address, _message.c.mail.in_(own[:500])), deliveries


def _message_step(row: MessageRow) -> Step:
    return Step(
        row.at, row.mail, f"message {row.state}", f"{row.id} from {row.from_email} ({row.side}) {row.subject!r}"
    )


def _delivery_steps(connection: Connection, row: DeliveryRow) -> list[Step]:
    queued = Step(row.created_at, row.mail, f"queued {row.kind}", f"{row.id} to {row.to}, now {row.state}")
    tries = [
        Step(
            attempt.ended_at or attempt.started_at,
            row.mail,
            f"try {attempt.number}",
            f"{row.id} {attempt.host} {attempt.stage} {attempt.code or ''} {attempt.enhanced} {attempt.text}",
        )
        for attempt in outbox.attempts(connection, row.seq)
    ]
    return [queued, *tries]

"""What the link page reads: a page-full of an inquiry as one side may see it, single messages and files, changes.

A mail that is held or was refused is seen by the side it claims to come from, and by nobody else.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, or_, select

from . import inquiries, messages
from .tables import Attachment, Delivery, Event, Message, MessageState, table
from .values import (
    AttachmentRow,
    DeliveryRow,
    EventRow,
    InquiryRow,
    MessageRow,
    ParticipantRow,
    columns,
    fetch,
    fetch_one,
    project,
)

_message, _attachment = table(Message), table(Attachment)
_delivery, _event = table(Delivery), table(Event)

_UNDECIDED = (MessageState.HELD, MessageState.REFUSED)


@dataclass(frozen=True, slots=True)
class Pane:
    """One page-full of an inquiry, messages and events newest first."""

    inquiry: InquiryRow
    people: tuple[ParticipantRow, ...]
    request: MessageRow  # the buyer's first message
    messages: tuple[MessageRow, ...]
    older: bool  # there are messages before these
    attachments: tuple[AttachmentRow, ...]
    deliveries: tuple[DeliveryRow, ...]
    events: tuple[EventRow, ...]
    sides: dict[int, str]  # of every message that the reader's side may know of, by sequence number
    version: int  # grows with every event of the inquiry


def pane(connection: Connection, inquiry: int, side: str, *, most: int, most_events: int, before: str = "") -> Pane:
    """Read up to `most` messages that `side` may see, those before the message `before` where it is given."""
    rows = _messages(connection, inquiry, side, most + 1, before)
    shown = rows[:most]
    seqs = [row.seq for row in shown]
    return Pane(
        inquiries.get(connection, inquiry),
        inquiries.participants(connection, inquiry),
        messages.get(connection, messages.first_of(connection, inquiry)),
        shown,
        len(rows) > most,
        messages.attachments(connection, seqs),
        tuple(fetch(connection, project(Delivery, DeliveryRow, _delivery.c.message.in_(seqs)), DeliveryRow)),
        _events(connection, inquiry, most_events),
        _sides(connection, inquiry, side),
        version(connection, inquiry),
    )


def _seen_by(side: str) -> ColumnElement[bool]:
    return or_(_message.c.state.not_in(_UNDECIDED), _message.c.side == side)


def _messages(connection: Connection, inquiry: int, side: str, most: int, before: str) -> tuple[MessageRow, ...]:
    statement = select(*columns(Message, MessageRow)).where(_message.c.inquiry == inquiry, _seen_by(side))
    if before:
        limit = select(_message.c.seq).where(_message.c.id == before, _message.c.inquiry == inquiry).scalar_subquery()
        statement = statement.where(_message.c.seq < limit)
    return tuple(fetch(connection, statement.order_by(_message.c.seq.desc()).limit(most), MessageRow))


def _events(connection: Connection, inquiry: int, most: int) -> tuple[EventRow, ...]:
    statement = select(*columns(Event, EventRow)).where(_event.c.inquiry == inquiry)
    return tuple(fetch(connection, statement.order_by(_event.c.seq.desc()).limit(most), EventRow))


def _sides(connection: Connection, inquiry: int, side: str) -> dict[int, str]:
    statement = select(_message.c.seq, _message.c.side).where(_message.c.inquiry == inquiry, _seen_by(side))
    return {row.seq: row.side for row in connection.execute(statement)}


def message(connection: Connection, inquiry: int, side: str, id: str) -> MessageRow | None:
    """Return a message of this inquiry that `side` may see."""
    statement = project(Message, MessageRow, _message.c.id == id, _message.c.inquiry == inquiry, _seen_by(side))
    return fetch_one(connection, statement, MessageRow)


def attachment(connection: Connection, inquiry: int, side: str, id: str) -> tuple[AttachmentRow, MessageRow] | None:
    """Return an attachment, with its message, of this inquiry that `side` may see."""
    statement = project(Attachment, AttachmentRow, _attachment.c.id == id)
    row = fetch_one(connection, statement, AttachmentRow)
    if row is None:
        return None
    condition = (_message.c.seq == row.message, _message.c.inquiry == inquiry, _seen_by(side))
    owner = fetch_one(connection, project(Message, MessageRow, *condition), MessageRow)
    return None if owner is None else (row, owner)


def newest_known_as(connection: Connection, reader: int) -> str | None:
    """Return the token under which a participant got the newest message, None where he got none."""
    statement = select(_delivery.c.token).where(_delivery.c.recipient == reader, _delivery.c.message.is_not(None))
    newest = (_delivery.c.message.desc(), _delivery.c.seq)
    return connection.execute(statement.order_by(*newest).limit(1)).scalar()


def version(connection: Connection, inquiry: int) -> int:
    """Return a number that grows with every event of an inquiry."""
    statement = select(func.count()).select_from(_event).where(_event.c.inquiry == inquiry)
    return int(connection.execute(statement).scalar_one())


def newest_event(connection: Connection) -> int:
    """Return the sequence number of the newest event of all inquiries, 0 where there is none."""
    return int(connection.execute(select(func.coalesce(func.max(_event.c.seq), 0))).scalar_one())


def changed(connection: Connection, after: int) -> tuple[int, frozenset[int]]:
    """Return the newest event's sequence number and the inquiries that had events after `after`."""
    newest = newest_event(connection)
    if newest <= after:
        return newest, frozenset()
    statement = select(_event.c.inquiry).distinct().where(_event.c.seq > after)
    return newest, frozenset(connection.execute(statement).scalars())

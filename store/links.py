"""What the link page reads: a page-full of an inquiry as one side may see it, single messages and files, changes.

A mail that is held or was refused is seen by the side it claims to come from, and by nobody else.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, func, insert, or_, select, update

from . import inquiries, messages
from .tables import Attachment, Delivery, Event, Link, Message, MessageState, Participant, table
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
_link, _person = table(Link), table(Participant)

_WINDOW = 500  # events; more than come between two looks, and than several writers have under way
_UNDECIDED = (MessageState.HELD, MessageState.REFUSED)


@dataclass(frozen=True, slots=True)
class Cut:
    """Which part of an inquiry a page shows: newest or oldest first, from one end or past the message `past`."""

    most: int
    most_events: int
    oldest_first: bool = False
    past: str = ""  # the id of the last message of the page before


@dataclass(frozen=True, slots=True)
class Pane:
    """One page-full of an inquiry, messages and events in the order that was asked for."""

    inquiry: InquiryRow
    people: tuple[ParticipantRow, ...]
    request: MessageRow  # the buyer's first message
    messages: tuple[MessageRow, ...]
    more: bool  # there are messages past these
    attachments: tuple[AttachmentRow, ...]
    deliveries: tuple[DeliveryRow, ...]
    events: tuple[EventRow, ...]
    reads: tuple[EventRow, ...]  # that one of the messages was read or answered, oldest first
    sides: dict[int, str]  # of the messages that the events are about and the reader's side may know of
    version: int  # grows with every event of the inquiry


def pane(connection: Connection, inquiry: int, side: str, cut: Cut) -> Pane:
    """Read the messages that `side` may see, and what happened."""
    rows = _messages(connection, inquiry, side, cut)
    shown = rows[: cut.most]
    seqs, happened = [row.seq for row in shown], _events(connection, inquiry, cut)
    return Pane(
        inquiries.get(connection, inquiry),
        inquiries.participants(connection, inquiry),
        messages.get(connection, messages.first_of(connection, inquiry)),
        shown,
        len(rows) > cut.most,
        messages.attachments(connection, seqs),
        tuple(fetch(connection, project(Delivery, DeliveryRow, _delivery.c.message.in_(seqs)), DeliveryRow)),
        happened,
        _reads(connection, seqs),
        _sides(connection, inquiry, side, happened),
        version(connection, inquiry),
    )


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some events of an inquiry that stand together, oldest first, `start` others before them, of `total` in all."""

    start: int
    total: int
    events: tuple[EventRow, ...]
    people: tuple[ParticipantRow, ...]
    sides: dict[int, str]  # of the messages that the events are about and the reader's side may know of

    @property
    def end(self) -> int:
        """How many events come up to the last of these."""
        return self.start + len(self.events)


def stretch(connection: Connection, inquiry: int, side: str, start: int, end: int) -> Stretch:
    """Read the events of an inquiry from the one with number `start`, counted from 0, to before `end`."""
    statement = select(*columns(Event, EventRow)).where(_event.c.inquiry == inquiry).order_by(_event.c.seq)
    happened = tuple(fetch(connection, statement.offset(start).limit(end - start), EventRow))
    return Stretch(
        start,
        version(connection, inquiry),
        happened,
        inquiries.participants(connection, inquiry),
        _sides(connection, inquiry, side, happened),
    )


def _seen_by(side: str) -> ColumnElement[bool]:
    return or_(_message.c.state.not_in(_UNDECIDED), _message.c.side == side)


def _messages(connection: Connection, inquiry: int, side: str, cut: Cut) -> tuple[MessageRow, ...]:
    seq = _message.c.seq
    statement = select(*columns(Message, MessageRow)).where(_message.c.inquiry == inquiry, _seen_by(side))
    if cut.past:
        limit = select(seq).where(_message.c.id == cut.past, _message.c.inquiry == inquiry).scalar_subquery()
        statement = statement.where(seq > limit if cut.oldest_first else seq < limit)
    statement = statement.order_by(seq if cut.oldest_first else seq.desc()).limit(cut.most + 1)
    return tuple(fetch(connection, statement, MessageRow))


def _events(connection: Connection, inquiry: int, cut: Cut) -> tuple[EventRow, ...]:
    """The newest events, in the order that was asked for."""
    statement = select(*columns(Event, EventRow)).where(_event.c.inquiry == inquiry)
    newest = tuple(fetch(connection, statement.order_by(_event.c.seq.desc()).limit(cut.most_events), EventRow))
    return newest[::-1] if cut.oldest_first else newest


_READS = project(
    Event,
    EventRow,
    _event.c.message.in_(bindparam("messages", expanding=True)),
    _event.c.kind.in_(("message.read", "message.answered")),
)


def _reads(connection: Connection, seqs: Collection[int]) -> tuple[EventRow, ...]:
    return tuple(fetch(connection, _READS, EventRow, messages=list(seqs)))


def _sides(connection: Connection, inquiry: int, side: str, about: Sequence[EventRow]) -> dict[int, str]:
    """Return who wrote the messages that these events are about."""
    named = [event.message for event in about if event.message is not None] or [0]
    between = _message.c.seq.between(min(named), max(named))
    condition = (_message.c.inquiry == inquiry, between, _seen_by(side))
    statement = select(_message.c.seq, _message.c.side).where(*condition)
    return {row.seq: row.side for row in connection.execute(statement)}


def messages_of(connection: Connection, inquiry: int, side: str) -> tuple[MessageRow, ...]:
    """Return all messages of this inquiry that `side` may see, oldest first."""
    return tuple(
        fetch(connection, project(Message, MessageRow, _message.c.inquiry == inquiry, _seen_by(side)), MessageRow)
    )


def typed_as(connection: Connection, inquiry: int, side: str, message_id: str) -> MessageRow | None:
    """Return the newest message of a side that a form of its page sent under this Message-ID."""
    condition = (_message.c.inquiry == inquiry, _message.c.side == side, _message.c.message_id == message_id)
    rows = tuple(fetch(connection, project(Message, MessageRow, *condition), MessageRow))
    return rows[-1] if rows else None


def held_of(connection: Connection, inquiry: int, side: str) -> tuple[MessageRow, ...]:
    """Return what a side has written that waits for somebody's yes, oldest first."""
    condition = (_message.c.inquiry == inquiry, _message.c.side == side, _message.c.state == MessageState.HELD)
    return tuple(fetch(connection, project(Message, MessageRow, *condition), MessageRow))


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


def renew(connection: Connection, participant: int, token_hash: str, at: datetime) -> None:
    """Revoke every link of a participant and give him this one, by its hash."""
    old = (_link.c.participant == participant, _link.c.revoked_at.is_(None))
    connection.execute(update(_link).where(*old).values(revoked_at=at))
    connection.execute(insert(_link).values(token_hash=token_hash, participant=participant, created_at=at))
    connection.execute(update(_person).where(_person.c.seq == participant).values(link=_person.c.link + 1))


def version(connection: Connection, inquiry: int) -> int:
    """Return a number that grows with every event of an inquiry."""
    statement = select(func.count()).select_from(_event).where(_event.c.inquiry == inquiry)
    return int(connection.execute(statement).scalar_one())


def newest_events(connection: Connection) -> dict[int, int]:
    """Return sequence number → inquiry of the newest 500 events of all inquiries.

    Not "those after the last one": with several writers an event may become visible after one with a higher number.
    """
    statement = select(_event.c.seq, _event.c.inquiry).order_by(_event.c.seq.desc()).limit(_WINDOW)
    return {row.seq: row.inquiry for row in connection.execute(statement)}

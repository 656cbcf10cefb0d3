"""Messages and their attachments: duplicates, parents, the whole exchange."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, literal_column, or_, select, update

from .statements import Query, Statement
from .tables import Attachment, Delivery, Message, MessageState, table
from .values import AttachmentRow, MessageRow, fetch, project

_message, _attachment, _delivery = table(Message), table(Attachment), table(Delivery)


@dataclass(frozen=True, slots=True)
class SentAs:
    """Under which of our ids a message went to whom."""

    message: int
    recipient: int | None
    kind: str
    token: str


@dataclass(frozen=True, slots=True)
class Said:
    """What a mail said, and by what its parent was known."""

    seq: int
    at: datetime
    subject: str
    text: str
    parent_by: str


@dataclass(frozen=True, slots=True)
class Worded:
    """When a mail came, its new text and its signature."""

    at: datetime
    text: str
    signature: str


_FIND = Query(
    project(Message, MessageRow, or_(_message.c.id == bindparam("id"), _message.c.mail == bindparam("id"))), MessageRow
)


def find(connection: Connection, id: str) -> MessageRow | None:
    """Find a message by its id, or by the id its mail has in the journal."""
    return _FIND.first(connection, id=id)


_GET = Query(project(Message, MessageRow, _message.c.seq == bindparam("seq")), MessageRow)


def get(connection: Connection, seq: int) -> MessageRow:
    """Return a message that is known to exist. Raises LookupError."""
    row = _GET.first(connection, seq=seq)
    if row is None:
        raise LookupError(f"message {seq}")
    return row


@dataclass(frozen=True, slots=True)
class Asked:
    """A message that is answered or read: as much of it as says whether that is noted."""

    seq: int
    inquiry: int
    side: str
    state: str


_ASKED = Query(
    select(*(_message.c[field.name] for field in fields(Asked))).where(_message.c.seq == bindparam("seq")), Asked
)


def asked(connection: Connection, seq: int) -> Asked:
    """Return a message that is known to exist. Raises LookupError."""
    row = _ASKED.first(connection, seq=seq)
    if row is None:
        raise LookupError(f"message {seq}")
    return row


_DUPLICATE = Query(
    select(_message.c.id).where(_message.c.inquiry == bindparam("inquiry"), _message.c.dedupe == bindparam("dedupe")),
    str,
)


def duplicate_of(connection: Connection, inquiry: int, dedupe: str) -> str | None:
    """Return the id of the message of this inquiry that the same mail made before."""
    return _DUPLICATE.first(connection, inquiry=inquiry, dedupe=dedupe)


def of_inquiry(connection: Connection, inquiry: int) -> tuple[MessageRow, ...]:
    """Return all messages of an inquiry, oldest first."""
    return tuple(fetch(connection, project(Message, MessageRow, _message.c.inquiry == inquiry), MessageRow))


# As a word of the statement, for an index of those alone serves no bound parameter.
_IS_HELD = _message.c.state == literal_column(f"'{MessageState.HELD}'")
_HELD = Query(project(Message, MessageRow, _IS_HELD), MessageRow)


def held(connection: Connection) -> tuple[MessageRow, ...]:
    """Return every message that waits for a yes, oldest first."""
    return tuple(_HELD.all(connection))


def _mails(value: type, *where: ColumnElement[bool]) -> Select[Any]:
    """Mails of one address among the last messages of an inquiry, newest first."""
    of_inquiry = _message.c.inquiry == bindparam("inquiry")
    last = select(_message.c.seq).where(of_inquiry).order_by(_message.c.seq.desc())
    before_them = func.coalesce(last.offset(bindparam("among")).limit(1).scalar_subquery(), 0)
    his = (_message.c.from_email == bindparam("writer"), _message.c.channel == "mail")
    picked = select(*(_message.c[field.name] for field in fields(value)))
    return picked.where(of_inquiry, _message.c.seq > before_them, *his, *where).order_by(_message.c.seq.desc())


_SAID_SINCE = Query(_mails(Said, _message.c.at > bindparam("since")), Said)


def said_since(connection: Connection, inquiry: int, writer: str, since: datetime, among: int) -> tuple[Said, ...]:
    """Return what came by mail from an address after `since`, held mails too, `among` so many last messages."""
    return tuple(_SAID_SINCE.all(connection, inquiry=inquiry, writer=writer, since=since, among=among))


_LAST_SAID = Query(_mails(Worded).limit(bindparam("most")), Worded)


def last_said(connection: Connection, inquiry: int, writer: str, most: int, among: int) -> tuple[Worded, ...]:
    """Return up to `most` mails of an address that are `among` so many last messages of an inquiry, newest first."""
    return tuple(_LAST_SAID.all(connection, inquiry=inquiry, writer=writer, most=most, among=among))


_FIRST_OF = Query(
    select(_message.c.seq).where(_message.c.inquiry == bindparam("inquiry")).order_by(_message.c.seq).limit(1), int
)


def first_of(connection: Connection, inquiry: int) -> int:
    """Return the sequence number of the inquiry's first message. Raises LookupError."""
    found = _FIRST_OF.first(connection, inquiry=inquiry)
    if found is None:
        raise LookupError(f"inquiry {inquiry} has no message")
    return found


_SENT_AS = Query(
    select(*(_delivery.c[name] for name in ("message", "recipient", "kind", "token")))
    .where(_delivery.c.message.in_(bindparam("messages", expanding=True)))
    .order_by(_delivery.c.seq),
    SentAs,
)


def sent_as(connection: Connection, messages: Collection[int]) -> tuple[SentAs, ...]:
    """Return the ids of ours under which these messages went out."""
    return tuple(_SENT_AS.all(connection, messages=list(messages)))


_ATTACHMENTS = Query(
    project(Attachment, AttachmentRow, _attachment.c.message.in_(bindparam("messages", expanding=True))), AttachmentRow
)


def attachments(connection: Connection, messages: Sequence[int]) -> tuple[AttachmentRow, ...]:
    """Return the attachments of these messages in their order."""
    return tuple(_ATTACHMENTS.all(connection, messages=list(messages)))


_SET_STATE = Statement(
    update(_message)
    .where(_message.c.seq == bindparam("of"), _message.c.state.in_(bindparam("before", expanding=True)))
    .values(state=bindparam("new_state"))
)


def set_state(connection: Connection, seq: int, state: MessageState, before: Collection[MessageState]) -> bool:
    """Move a message to `state` if it is in one of `before`; False otherwise."""
    return _SET_STATE.run(connection, of=seq, before=list(before), new_state=state) == 1


_DELIVER = Statement(
    update(_message)
    .where(_message.c.seq.in_(bindparam("those", expanding=True)), _message.c.state == MessageState.ACCEPTED)
    .values(state=MessageState.DELIVERED)
)


def deliver(connection: Connection, those: Sequence[int]) -> None:
    """Mark messages that somebody's server took; those that failed elsewhere, and the delivered ones, stay so."""
    if those:
        _DELIVER.run(connection, those=list(those))


def release(connection: Connection, seq: int, author: int) -> bool:
    """Give a held message its author and accept it; False when it was not held any more."""
    statement = update(_message).where(_message.c.seq == seq, _message.c.state == MessageState.HELD)
    return connection.execute(statement.values(state=MessageState.ACCEPTED, author=author)).rowcount == 1


def wait_for(connection: Connection, seq: int, why: str, ask: int | None) -> None:
    """A held message waits for another yes than before."""
    statement = update(_message).where(_message.c.seq == seq, _message.c.state == MessageState.HELD)
    connection.execute(statement.values(why_held=why, ask=ask))

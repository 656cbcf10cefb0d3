"""Messages and their attachments: duplicates, parents, the whole exchange."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, or_, select, update

from .tables import Attachment, Delivery, Message, MessageState, table
from .values import AttachmentRow, MessageRow, columns, fetch, fetch_one, project

_message, _attachment, _delivery = table(Message), table(Attachment), table(Delivery)


@dataclass(frozen=True, slots=True)
class SentAs:
    """Under which of our ids a message went to whom."""

    message: int
    recipient: int | None
    kind: str
    token: str


def find(connection: Connection, id: str) -> MessageRow | None:
    """Find a message by its id, or by the id its mail has in the journal."""
    statement = project(Message, MessageRow, or_(_message.c.id == id, _message.c.mail == id))
    return fetch_one(connection, statement, MessageRow)


def get(connection: Connection, seq: int) -> MessageRow:
    """Return a message that is known to exist. Raises LookupError."""
    row = fetch_one(connection, project(Message, MessageRow, _message.c.seq == seq), MessageRow)
    if row is None:
        raise LookupError(f"message {seq}")
    return row


def duplicate_of(connection: Connection, inquiry: int, dedupe: str) -> str | None:
    """Return the id of the message of this inquiry that the same mail made before."""
    statement = select(_message.c.id).where(_message.c.inquiry == inquiry, _message.c.dedupe == dedupe)
    return connection.execute(statement).scalar()


def of_inquiry(connection: Connection, inquiry: int) -> tuple[MessageRow, ...]:
    """Return all messages of an inquiry, oldest first."""
    return tuple(fetch(connection, project(Message, MessageRow, _message.c.inquiry == inquiry), MessageRow))


def held(connection: Connection) -> tuple[MessageRow, ...]:
    """Return every message that waits for a yes, oldest first."""
    return tuple(fetch(connection, project(Message, MessageRow, _message.c.state == MessageState.HELD), MessageRow))


def candidates(
    connection: Connection, inquiry: int, tokens: Collection[str], ids: Collection[str], recent: int
) -> tuple[MessageRow, ...]:
    """Return the messages of an inquiry that one of our tokens or a writer's Message-ID names, and the last ones."""
    named = select(_delivery.c.message).where(_delivery.c.inquiry == inquiry, _delivery.c.token.in_(tokens))
    last = (
        select(_message.c.seq).where(_message.c.inquiry == inquiry).order_by(_message.c.seq.desc()).limit(recent)
    ).scalar_subquery()
    statement = project(
        Message,
        MessageRow,
        _message.c.inquiry == inquiry,
        or_(_message.c.seq.in_(named), _message.c.message_id.in_(ids), _message.c.seq.in_(last)),
    )
    return tuple(fetch(connection, statement, MessageRow))


def first_of(connection: Connection, inquiry: int) -> int:
    """Return the sequence number of the inquiry's first message. Raises LookupError."""
    found = connection.execute(select(func.min(_message.c.seq)).where(_message.c.inquiry == inquiry)).scalar()
    if found is None:
        raise LookupError(f"inquiry {inquiry} has no message")
    return int(found)


def sent_as(connection: Connection, messages: Collection[int]) -> tuple[SentAs, ...]:
    """Return the ids of ours under which these messages went out."""
    statement = select(*(_delivery.c[name] for name in ("message", "recipient", "kind", "token"))).where(
        _delivery.c.message.in_(messages)
    )
    return tuple(SentAs(*row) for row in connection.execute(statement.order_by(_delivery.c.seq)))


def ancestors(connection: Connection, message: MessageRow, limit: int) -> tuple[MessageRow, ...]:
    """Return up to `limit` ancestors of a message, nearest first. A cycle ends the walk."""
    found: list[MessageRow] = []
    seen = {message.seq}
    parent = message.parent
    while parent is not None and parent not in seen and len(found) < limit:
        seen.add(parent)
        found.append(get(connection, parent))
        parent = found[-1].parent
    return tuple(found)


def attachments(connection: Connection, messages: Sequence[int]) -> tuple[AttachmentRow, ...]:
    """Return the attachments of these messages in their order."""
    statement = select(*columns(Attachment, AttachmentRow)).where(_attachment.c.message.in_(messages))
    return tuple(fetch(connection, statement.order_by(_attachment.c.seq), AttachmentRow))


def set_state(connection: Connection, seq: int, state: MessageState, before: Collection[MessageState]) -> bool:
    """Move a message to `state` if it is in one of `before`; False otherwise."""
    statement = update(_message).where(_message.c.seq == seq, _message.c.state.in_(before))
    return connection.execute(statement.values(state=state)).rowcount == 1


def release(connection: Connection, seq: int, author: int) -> bool:
    """Give a held message its author and accept it; False when it was not held any more."""
    statement = update(_message).where(_message.c.seq == seq, _message.c.state == MessageState.HELD)
    return connection.execute(statement.values(state=MessageState.ACCEPTED, author=author)).rowcount == 1

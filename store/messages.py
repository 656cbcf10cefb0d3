"""Messages and their attachments: duplicates, parents, the whole exchange."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Self

from sqlalchemy import BindParameter, Connection, Executable, Select, bindparam, func, literal, or_, select, update

from .tables import Attachment, Delivery, Message, MessageState, table
from .values import AttachmentRow, MessageRow, fetch, fetch_one, project

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

    subject: str
    text: str
    parent_by: str


@dataclass(frozen=True, slots=True)
class Worded:
    """The new text of a mail and its signature."""

    text: str
    signature: str


_FIND = project(Message, MessageRow, or_(_message.c.id == bindparam("id"), _message.c.mail == bindparam("id")))


def find(connection: Connection, id: str) -> MessageRow | None:
    """Find a message by its id, or by the id its mail has in the journal."""
    return fetch_one(connection, _FIND, MessageRow, id=id)


_GET = project(Message, MessageRow, _message.c.seq == bindparam("seq"))


def get(connection: Connection, seq: int) -> MessageRow:
    """Return a message that is known to exist. Raises LookupError."""
    row = fetch_one(connection, _GET, MessageRow, seq=seq)
    if row is None:
        raise LookupError(f"message {seq}")
    return row


_DUPLICATE = select(_message.c.id).where(
    _message.c.inquiry == bindparam("inquiry"), _message.c.dedupe == bindparam("dedupe")
)


def duplicate_of(connection: Connection, inquiry: int, dedupe: str) -> str | None:
    """Return the id of the message of this inquiry that the same mail made before."""
    return connection.execute(_DUPLICATE, {"inquiry": inquiry, "dedupe": dedupe}).scalar()


def of_inquiry(connection: Connection, inquiry: int) -> tuple[MessageRow, ...]:
    """Return all messages of an inquiry, oldest first."""
    return tuple(fetch(connection, project(Message, MessageRow, _message.c.inquiry == inquiry), MessageRow))


def held(connection: Connection) -> tuple[MessageRow, ...]:
    """Return every message that waits for a yes, oldest first."""
    return tuple(fetch(connection, project(Message, MessageRow, _message.c.state == MessageState.HELD), MessageRow))


def _candidates() -> Select[Any]:
    inquiry: BindParameter[int] = bindparam("inquiry")
    named = select(_delivery.c.message).where(
        _delivery.c.inquiry == inquiry, _delivery.c.token.in_(bindparam("tokens", expanding=True))
    )
    newest = select(_message.c.seq).where(_message.c.inquiry == inquiry).order_by(_message.c.seq.desc())
    return project(
        Message,
        MessageRow,
        _message.c.inquiry == inquiry,
        or_(
            _message.c.seq.in_(named),
            _message.c.message_id.in_(bindparam("ids", expanding=True)),
            _message.c.seq.in_(newest.limit(bindparam("recent")).scalar_subquery()),
        ),
    )


_CANDIDATES = _candidates()


def candidates(
    connection: Connection, inquiry: int, tokens: Collection[str], ids: Collection[str], recent: int
) -> tuple[MessageRow, ...]:
    """Return the messages of an inquiry that one of our tokens or a writer's Message-ID names, and the last ones."""
    given = {"inquiry": inquiry, "tokens": list(tokens), "ids": list(ids), "recent": recent}
    return tuple(fetch(connection, _CANDIDATES, MessageRow, **given))


_SAID_SINCE = (
    select(*(_message.c[name] for name in ("subject", "text", "parent_by")))
    .where(_message.c.inquiry == bindparam("inquiry"), _message.c.from_email == bindparam("writer"))
    .where(_message.c.channel == "mail", _message.c.at > bindparam("since"))
)


def said_since(connection: Connection, inquiry: int, writer: str, since: datetime) -> tuple[Said, ...]:
    """Return what came by mail from an address to an inquiry after `since`, held mails too."""
    return tuple(fetch(connection, _SAID_SINCE, Said, inquiry=inquiry, writer=writer, since=since))


_LAST_SAID = (
    select(_message.c.text, _message.c.signature)
    .where(_message.c.inquiry == bindparam("inquiry"), _message.c.from_email == bindparam("writer"))
    .where(_message.c.channel == "mail")
    .order_by(_message.c.seq.desc())
    .limit(bindparam("most"))
)


def last_said(connection: Connection, inquiry: int, writer: str, most: int) -> tuple[Worded, ...]:
    """Return the last mails of an address in an inquiry, newest first."""
    return tuple(fetch(connection, _LAST_SAID, Worded, inquiry=inquiry, writer=writer, most=most))


_FIRST_OF = select(func.min(_message.c.seq)).where(_message.c.inquiry == bindparam("inquiry"))


def first_of(connection: Connection, inquiry: int) -> int:
    """Return the sequence number of the inquiry's first message. Raises LookupError."""
    found = connection.execute(_FIRST_OF, {"inquiry": inquiry}).scalar()
    if found is None:
        raise LookupError(f"inquiry {inquiry} has no message")
    return int(found)


_SENT_AS = (
    select(*(_delivery.c[name] for name in ("message", "recipient", "kind", "token")))
    .where(_delivery.c.message.in_(bindparam("messages", expanding=True)))
    .order_by(_delivery.c.seq)
)


def sent_as(connection: Connection, messages: Collection[int]) -> tuple[SentAs, ...]:
    """Return the ids of ours under which these messages went out."""
    return tuple(fetch(connection, _SENT_AS, SentAs, messages=list(messages)))


@dataclass(frozen=True, slots=True)
class Ancestor:
    """A message above another one: as much of it as its readers' clients thread by."""

    seq: int
    parent: int | None
    author: int | None
    channel: str
    message_id: str

    @classmethod
    def of(cls, message: MessageRow) -> Self:
        """Return as much of a message."""
        return cls(message.seq, message.parent, message.author, message.channel, message.message_id)


def _walk() -> Executable:
    picked = [_message.c[field.name] for field in fields(Ancestor)]
    start = select(*picked, literal(1).label("depth")).where(_message.c.seq == bindparam("parent"))
    line = start.cte("line", recursive=True)
    above = select(*picked, line.c.depth + 1).join(line, _message.c.seq == line.c.parent)
    line = line.union_all(above.where(line.c.depth < bindparam("most")))
    return select(*(line.c[field.name] for field in fields(Ancestor))).order_by(line.c.depth)


_ANCESTORS = _walk()


def ancestors(connection: Connection, parent: int, limit: int) -> tuple[Ancestor, ...]:
    """Return the message `parent` and what is above it, nearest first, up to `limit`. A cycle ends the walk."""
    found = fetch(connection, _ANCESTORS, Ancestor, parent=parent, most=limit)
    return tuple({one.seq: one for one in found}.values())


_ATTACHMENTS = project(Attachment, AttachmentRow, _attachment.c.message.in_(bindparam("messages", expanding=True)))


def attachments(connection: Connection, messages: Sequence[int]) -> tuple[AttachmentRow, ...]:
    """Return the attachments of these messages in their order."""
    return tuple(fetch(connection, _ATTACHMENTS, AttachmentRow, messages=list(messages)))


_SET_STATE = (
    update(_message)
    .where(_message.c.seq == bindparam("of"), _message.c.state.in_(bindparam("before", expanding=True)))
    .values(state=bindparam("new_state"))
)


def set_state(connection: Connection, seq: int, state: MessageState, before: Collection[MessageState]) -> bool:
    """Move a message to `state` if it is in one of `before`; False otherwise."""
    return connection.execute(_SET_STATE, {"of": seq, "before": list(before), "new_state": state}).rowcount == 1


_LOCK = select(_message.c.seq).where(_message.c.seq == bindparam("of")).with_for_update()


def lock(connection: Connection, seq: int) -> None:
    """Let nobody else write about this message until the transaction ends (SQLite has one writer anyway)."""
    connection.execute(_LOCK, {"of": seq})


_DELIVER = (
    update(_message)
    .where(_message.c.seq.in_(bindparam("those", expanding=True)), _message.c.state == MessageState.ACCEPTED)
    .values(state=MessageState.DELIVERED)
)


def deliver(connection: Connection, those: Sequence[int]) -> None:
    """Mark messages that somebody's server took; those that failed elsewhere, and the delivered ones, stay so."""
    if those:
        connection.execute(_DELIVER, {"those": list(those)})


def release(connection: Connection, seq: int, author: int) -> bool:
    """Give a held message its author and accept it; False when it was not held any more."""
    statement = update(_message).where(_message.c.seq == seq, _message.c.state == MessageState.HELD)
    return connection.execute(statement.values(state=MessageState.ACCEPTED, author=author)).rowcount == 1


def wait_for(connection: Connection, seq: int, why: str, ask: int | None) -> None:
    """A held message waits for another yes than before."""
    statement = update(_message).where(_message.c.seq == seq, _message.c.state == MessageState.HELD)
    connection.execute(statement.values(why_held=why, ask=ask))

"""Which messages of an inquiry a mail may answer, and what is above a message, with the ids they are known by."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from hashlib import sha256
from operator import attrgetter

from sqlalchemy import Connection, Executable, and_, bindparam, literal, select, union

from .statements import Query
from .tables import Delivery, Message, table

_message, _delivery = table(Message), table(Delivery)


def message_key(message_id: str) -> int | None:
    """Return 64 bits by which a Message-ID is looked up, None for none; two may share them, so the text decides.

    An index of these is a fifth of one of the texts, and entries of any length cost the same.
    """
    if not message_id:
        return None
    return int.from_bytes(sha256(message_id.encode("utf-8", "replace")).digest()[:8], "big", signed=True)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A message that another one may answer: as much of it as answers are known by."""

    seq: int
    message_id: str
    thread_index: str
    subject: str
    from_email: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Copy(Candidate):
    """A message, and to whom it went under which token of ours."""

    recipient: int | None
    token: str


_CANDIDATE = [_message.c[field.name] for field in fields(Candidate)]
_OF_INQUIRY = _message.c.inquiry == bindparam("inquiry")

_COPIES = Query(
    select(*_CANDIDATE, _delivery.c.recipient, _delivery.c.token)
    .join(_delivery, _delivery.c.message == _message.c.seq)
    .where(_delivery.c.token.in_(bindparam("tokens", expanding=True)), _OF_INQUIRY)
    .order_by(_message.c.seq, _delivery.c.seq),
    Copy,
)


def copies(connection: Connection, inquiry: int, tokens: Collection[str]) -> list[Copy]:
    """Return the messages of an inquiry that went out under one of these tokens, in their order."""
    return _COPIES.all(connection, inquiry=inquiry, tokens=list(tokens)) if tokens else []


_NAMED = Query(
    select(*_CANDIDATE).where(
        _message.c.message_key.in_(bindparam("keys", expanding=True)),
        _message.c.message_id.in_(bindparam("ids", expanding=True)),
        _message.c.inquiry + 0 == bindparam("inquiry"),  # so that SQLite takes the index of the keys
    ),
    Candidate,
)


def named(connection: Connection, inquiry: int, ids: Collection[str]) -> list[Candidate]:
    """Return the messages of an inquiry whose writer's Message-ID is one of these, in their order."""
    keys = [message_key(id) for id in ids]
    found = _NAMED.all(connection, inquiry=inquiry, keys=keys, ids=list(ids)) if ids else []
    return sorted(found, key=attrgetter("seq"))


def _first_and_last() -> Executable:
    of_inquiry = select(_message.c.seq).where(_OF_INQUIRY)
    first = of_inquiry.order_by(_message.c.seq).limit(1).subquery()
    last = of_inquiry.order_by(_message.c.seq.desc()).limit(bindparam("most")).subquery()
    found = union(select(first.c.seq), select(last.c.seq))
    return select(*_CANDIDATE).where(_message.c.seq.in_(found)).order_by(_message.c.seq)


_FIRST_AND_LAST = Query(_first_and_last(), Candidate)


def first_and_last(connection: Connection, inquiry: int, most: int) -> list[Candidate]:
    """Return the first message of an inquiry and its last `most`, in their order."""
    return _FIRST_AND_LAST.all(connection, inquiry=inquiry, most=most)


@dataclass(frozen=True, slots=True)
class Ancestor:
    """A message on the way up from another one: as much of it as its readers' clients thread by."""

    seq: int
    author: int | None
    channel: str
    message_id: str
    copy: str | None  # the token under which it went to the one reader who was asked about


def _walk() -> Executable:
    picked = [_message.c[name] for name in ("seq", "author", "channel", "message_id", "parent")]
    start = select(*picked, literal(1).label("depth")).where(_message.c.seq == bindparam("start"))
    line = start.cte("line", recursive=True)
    above = select(*picked, line.c.depth + 1).join(line, _message.c.seq == line.c.parent)
    line = line.union_all(above.where(line.c.depth < bindparam("most")))
    to_him = (_delivery.c.recipient == bindparam("reader"), _delivery.c.token != bindparam("but"))
    joined = line.outerjoin(_delivery, and_(_delivery.c.message == line.c.seq, *to_him))
    names = [line.c[name] for name in ("seq", "author", "channel", "message_id")]
    return select(*names, _delivery.c.token).select_from(joined).order_by(line.c.depth, _delivery.c.seq)


_ANCESTORS = Query(_walk(), Ancestor)


def ancestors(connection: Connection, start: int, limit: int, reader: int | None, but: str) -> tuple[Ancestor, ...]:
    """Return the message `start` and what is above it, nearest first, up to `limit`. A cycle ends the walk.

    Each with the token of the last mail in which it went to the participant `reader`, other than the mail `but`.
    """
    found = _ANCESTORS.all(connection, start=start, most=limit, reader=reader, but=but)
    return tuple({one.seq: one for one in found}.values())

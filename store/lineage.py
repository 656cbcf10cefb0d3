"""Which messages of an inquiry a mail may answer, and what is above a message, with the ids they are known by."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import BindParameter, Connection, Executable, and_, bindparam, literal, select, union

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
    sent: tuple[tuple[int | None, str], ...]  # to whom it went under which token of ours


_CANDIDATE = [field.name for field in fields(Candidate)][:-1]


def _candidates() -> Executable:
    inquiry: BindParameter[int] = bindparam("inquiry")
    by_token = select(_delivery.c.message).where(
        _delivery.c.inquiry == inquiry, _delivery.c.token.in_(bindparam("tokens", expanding=True))
    )
    by_id = select(_message.c.seq).where(
        _message.c.inquiry == inquiry,
        _message.c.message_key.in_(bindparam("keys", expanding=True)),
        _message.c.message_id.in_(bindparam("ids", expanding=True)),
    )
    of_inquiry = select(_message.c.seq).where(_message.c.inquiry == inquiry)
    first = of_inquiry.order_by(_message.c.seq).limit(1).subquery()
    last = of_inquiry.order_by(_message.c.seq.desc()).limit(bindparam("recent")).subquery()
    found = union(by_token, by_id, select(first.c.seq), select(last.c.seq))
    picked = [_message.c[name] for name in _CANDIDATE]
    statement = select(*picked, _delivery.c.recipient, _delivery.c.token)
    joined = statement.outerjoin(_delivery, _delivery.c.message == _message.c.seq)
    return joined.where(_message.c.seq.in_(found)).order_by(_message.c.seq, _delivery.c.seq)


_CANDIDATES = Query(_candidates(), lambda *row: row)


def candidates(
    connection: Connection, inquiry: int, tokens: Collection[str], ids: Collection[str], recent: int
) -> tuple[Candidate, ...]:
    """Return the messages of an inquiry that one of our tokens or a writer's Message-ID names, its first and last ones.

    They come in their order, so the first is the inquiry's first message.
    """
    given = {"inquiry": inquiry, "tokens": list(tokens), "ids": list(ids), "keys": [message_key(id) for id in ids]}
    rows = _CANDIDATES.all(connection, **given, recent=recent)
    groups = [list(group) for _, group in groupby(rows, key=itemgetter(0))]
    return tuple([Candidate(*group[0][:-2], sent=_sent(group)) for group in groups])


def _sent(rows: Sequence[tuple[Any, ...]]) -> tuple[tuple[int | None, str], ...]:
    return tuple([(recipient, token) for *_, recipient, token in rows if token is not None])


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

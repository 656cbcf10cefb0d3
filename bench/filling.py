"""Fills a new SQLite store with inquiries that were answered once, as a gateway would have recorded them.

Straight through the tables, without doors and without fsync. Some thousands are made one by one; a million are copies
of those, made by the database itself, with ids, tokens and hashes of their own: a minute or two. The personal links are
of no secret, so the pages of these inquiries cannot be opened, and the keys of copied Message-IDs are not theirs.
"""

import hashlib
import math
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from parley.bench.letters import DOMAIN, SELLER, Letters
from parley.relay.clock import new_id
from parley.relay.mail.masks import mask_address, new_token
from parley.relay.record import Cause, due_at_once, event_row
from parley.store.engine import open_engine
from parley.store.lineage import message_key
from parley.store.place import in_folder
from parley.store.rows import add_all
from parley.store.schema import require_schema
from parley.store.statements import Statement
from parley.store.tables import (
    Attempt,
    Blob,
    Delivery,
    DeliveryState,
    Event,
    Inquiry,
    Link,
    Mask,
    Message,
    MessageState,
    Participant,
    table,
)
from parley.store.values import AttemptRow, DeliveryRow, EventRow, MessageRow
from sqlalchemy import Column, ColumnElement, Connection, case, func, insert, select
from sqlmodel import SQLModel

REPLY_DOMAIN = "reply.market.example"
_SPAN = timedelta(days=730)  # over which the inquiries came in
_SOON = timedelta(seconds=1)  # from a mail to its delivery
_PER_BATCH = 2000
_ONE_BY_ONE = 8000
_TABLES = [table(one) for one in (Inquiry, Mask, Participant, Link, Blob, Message, Delivery, Attempt, Event)]

Row = dict[str, object]
_TEXT = "We need twelve of them by the end of March; please quote for delivery to Lyon, with the data sheet. " * 3
_SPEED = ("synchronous=OFF", "journal_mode=OFF", "cache_size=-1000000", "foreign_keys=OFF")


def fill(folder: Path, count: int) -> None:
    """Make a store with at least so many inquiries in `folder`, which has none."""
    engine = open_engine(in_folder(folder))
    require_schema(engine)
    doublings = max(0, math.ceil(math.log2(count / _ONE_BY_ONE)))
    begun, made = datetime.now(UTC) - _SPAN, math.ceil(count / 2**doublings)
    body = Letters(1500).letter(0, "")
    with engine.connect() as connection:
        for pragma in _SPEED:
            connection.exec_driver_sql(f"PRAGMA {pragma}").close()
        connection.exec_driver_sql("BEGIN")
        for first in range(0, made, _PER_BATCH):
            numbers = range(first, min(made, first + _PER_BATCH))
            _write(connection, [(number, begun + number * (_SPAN / made)) for number in numbers], body)
        for generation in range(doublings):
            _double(connection, generation)
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA journal_mode=WAL").close()
    engine.dispose()


def masks(folder: Path, count: int) -> list[str]:
    """Return the addresses that sellers write to, of `count` inquiries evenly spread over the store."""
    engine, mask = open_engine(in_folder(folder), read_only=True), table(Mask)
    with engine.connect() as connection:
        tokens = connection.execute(select(mask.c.token).where(mask.c.side == "buyer").order_by(mask.c.inquiry))
        found = tokens.scalars().all()
    engine.dispose()
    return [mask_address("buyer", token, REPLY_DOMAIN) for token in found[:: max(1, len(found) // count)][:count]]


def _double(connection: Connection, generation: int) -> None:
    """Copy every row of every table; what rows refer to each other by is moved on by as many as there are."""
    counted = [one for one in _TABLES if "seq" in one.c]
    sizes = {one.name: connection.execute(select(func.max(one.c.seq))).scalar_one() for one in counted}
    for one in _TABLES:
        copied = select(*(_copy(column, sizes, generation) for column in one.c))
        connection.execute(insert(one).from_select(one.c.keys(), copied))


def _copy(column: Column[Any], sizes: Mapping[str, int], generation: int) -> ColumnElement[Any]:
    own = [column] if column.name == "seq" else []
    target = next((str(one.table) for one in (*own, *(key.column for key in column.foreign_keys))), "")
    if target in sizes:
        return column + sizes[target]
    if column.name in ("hash", "raw"):  # both ends of a reference, so no random text
        place = 64 - generation
        return func.substr(column, 1, place - 1) + "x" + func.substr(column, place + 1)
    if column.name == "token":  # of the letters that our tokens have
        replaced = func.replace(func.replace(_random(8), "0", "g"), "1", "h")
        return func.replace(replaced, "7", "k")
    if column.name in ("dedupe", "token_hash"):
        return _random(32)
    if column.name == "id":  # later ones are greater
        return func.printf("%016d", column.table.c.seq + sizes[str(column.table)])
    if column.name == "message_id":
        return case((column == "", ""), else_=_random(12) + f"@{DOMAIN}")
    return case((column.is_(None), None), else_=func.random()) if column.name == "message_key" else column


def _random(size: int) -> ColumnElement[str]:
    return func.lower(func.hex(func.randomblob(size)))


# Numbers are the database's to give; in an empty store they are known beforehand: two of everything but inquiries.


def _write(connection: Connection, inquiries: Sequence[tuple[int, datetime]], body: bytes) -> None:
    """Write everything about these inquiries: (number from 0, time)."""
    _insert(connection, Inquiry, [_inquiry(number, at) for number, at in inquiries])
    _insert(connection, Mask, [row for number, _ in inquiries for row in _masks(number)])
    people = [row for number, at in inquiries for row in _people(number, at)]
    _insert(connection, Participant, people)
    _insert(connection, Link, [_link(2 * inquiries[0][0] + 1 + place, row) for place, row in enumerate(people)])
    raws = [b"X-Number: %d\r\n" % number + body for number, _ in inquiries]
    blobs: list[Row] = [{"hash": hashlib.sha256(raw).hexdigest(), "size": len(raw), "data": raw} for raw in raws]
    _insert(connection, Blob, blobs)
    hashes = [str(blob["hash"]) for blob in blobs]
    pairs = [_messages(*one, raw) for one, raw in zip(inquiries, hashes, strict=True)]
    add_all(connection, [row for pair in pairs for row in pair])
    deliveries = [row for (number, _), pair in zip(inquiries, pairs, strict=True) for row in _deliveries(number, *pair)]
    add_all(connection, deliveries)
    first = 2 * inquiries[0][0] + 1
    add_all(connection, [_attempt(first + place, row) for place, row in enumerate(deliveries)])
    add_all(connection, [row for number, at in inquiries for row in _events(number, at)])


def _insert(connection: Connection, model: type[SQLModel], rows: Sequence[Row]) -> None:
    Statement(insert(table(model)), tuple(rows[0])).run_all(connection, rows)


def _inquiry(number: int, at: datetime) -> Row:
    return {
        "id": new_id(at),
        "marketplace": "market",
        "reference": f"B-{number}",
        "subject": "Price",
        "wishes": ["quote"],
        "product_name": "Gripper",
        "product_url": "",
        "company_name": "Werk",
        "state": "open",
        "created_at": at,
    }


def _masks(number: int) -> list[Row]:
    return [{"token": new_token(), "inquiry": number + 1, "side": side} for side in ("buyer", "seller")]


def _people(number: int, at: datetime) -> list[Row]:
    named = (("buyer", f"buyer{number}@acheteur.example", "Jean"), ("seller", SELLER, "Anna"))
    empty: Row = dict.fromkeys(("company", "phone", "language", "timezone"), "")
    return [
        empty
        | {"id": new_id(at), "inquiry": number + 1, "side": side, "email": email, "email_key": email, "name": name}
        | {"state": "active", "joined_by": "inquiry", "joined_at": at, "link": 0, "copies": True}
        for side, email, name in named
    ]


def _link(participant: int, row: Row) -> Row:
    return {"token_hash": secrets.token_hex(32), "participant": participant, "created_at": row["joined_at"]}


def _messages(number: int, at: datetime, raw: str) -> tuple[MessageRow, MessageRow]:
    """Return the request and its answer."""
    request = _message(number, at, "buyer", f"buyer{number}@acheteur.example", "inquiry", None)
    return request, _message(number, at + timedelta(hours=3), "seller", SELLER, "mail", raw)


def _message(number: int, at: datetime, side: str, email: str, channel: str, raw: str | None) -> MessageRow:
    first = 2 * number + 1  # of the two messages, and of the two participants
    answers = channel == "mail"
    message_id = f"{secrets.token_hex(12)}@{DOMAIN}" if answers else ""
    return MessageRow(
        seq=0,
        id=new_id(at),
        mail=new_id(at),
        inquiry=number + 1,
        author=first + answers,
        side=side,
        channel=channel,
        state=MessageState.DELIVERED if answers else MessageState.ANSWERED,
        at=at,
        dated=at,
        zone=0,
        mail_from=email if answers else "",
        from_email=email,
        from_name="",
        subject="Re: Price" if answers else "Price",
        message_id=message_id,
        message_key=message_key(message_id),
        thread_index="",
        parent=first if answers else None,
        parent_by="subject" if answers else "",
        text=_TEXT,
        html="",
        quoted=_TEXT if answers else "",
        signature="",
        disclaimer="",
        split_by="",
        language="",
        seal="",
        disguised=False,
        raw=raw,
        size=1500 if answers else 0,
        authentication="",
        may_tell=False,
        wants_receipt=False,
        why_held="",
        ask=None,
        dedupe=secrets.token_hex(32),
    )


def _deliveries(number: int, request: MessageRow, answer: MessageRow) -> tuple[DeliveryRow, DeliveryRow]:
    to_seller = _delivery(request, "request", 2 * number + 1, 2 * number + 2, SELLER)
    return to_seller, _delivery(answer, "relayed", 2 * number + 2, 2 * number + 1, request.from_email)


def _delivery(message: MessageRow, kind: str, seq: int, recipient: int, to: str) -> DeliveryRow:
    row = due_at_once(
        Cause(message.mail, message.at), kind, to, inquiry=message.inquiry, message=seq, recipient=recipient
    )
    finished, remote = message.at + _SOON, "250 2.0.0 queued"
    return replace(row, state=DeliveryState.SENT, attempts=1, finished_at=finished, remote=remote)


def _attempt(delivery: int, row: DeliveryRow) -> AttemptRow:
    began, ended = row.created_at, row.finished_at
    return AttemptRow(0, delivery, 1, began, ended, "127.0.0.1:1025", "data", 250, "2.0.0", "queued")


def _events(number: int, at: datetime) -> list[EventRow]:
    """Return the history: asked, delivered, read and answered, and that the answer was delivered."""
    buyer, seller = 2 * number + 1, 2 * number + 2
    request, answer = buyer, seller  # two of both
    later = at + timedelta(hours=3)
    told = (
        (at, "inquiry.created", None, None, {"reference": f"B-{number}"}),
        (at + _SOON, "message.delivered", seller, request, {"by": "remote", "reply": "250 2.0.0"}),
        (later, "message.read", seller, request, {"by": "answered"}),
        (later, "message.received", seller, answer, {"channel": "mail"}),
        (later, "message.relayed", seller, answer, {"recipients": 1}),
        (later, "message.answered", seller, request, {"by": "mail", "parent": "subject"}),
        (later + _SOON, "message.delivered", buyer, answer, {"by": "remote", "reply": "250 2.0.0"}),
    )
    return [event_row(number + 1, *one) for one in told]

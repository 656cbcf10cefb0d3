"""`parley leakscan`: does anything that was sent hold a real address of the other side? Composes each mail anew.

What may stay is told apart: words that its writer typed about himself, and documents, which are passed on as they are
unless `masking.documents` is set.
"""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from ..store import inquiries, messages, outbox
from ..store.values import DeliveryRow, MessageRow, ParticipantRow
from .compose.parts_kinds import kind_of
from .control import ControlError
from .job import NothingToSend
from .mail import read
from .mail.unpacked import holds
from .mail.write import File
from .prepare import prepare
from .world import World

_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Found:
    """One address of the other side in a mail. `where`: leak | typed | document | signed."""

    delivery: str
    kind: str
    to: str
    address: str
    where: str


async def leakscan(world: World, argument: object) -> object:
    """Argument: {"seconds": how far back, None for all}. Answers what was scanned and found."""
    match argument:
        case {"seconds": int() | float() | None as seconds}:
            since = None if seconds is None else world.clock() - timedelta(seconds=seconds)
        case _:
            raise ControlError("leakscan needs a time")
    scanned, found = 0, list[Found]()
    async for delivery in _sent(world, since):
        scanned += 1
        found += await _scan(world, delivery)
    return {
        "scanned": scanned,
        "leaks": sum(one.where == "leak" for one in found),
        "found": [
            {"delivery": one.delivery, "kind": one.kind, "to": one.to, "address": one.address, "where": one.where}
            for one in found
        ],
    }


async def _sent(world: World, since: datetime | None) -> AsyncIterator[DeliveryRow]:
    """Every delivery of an inquiry since then, in order."""
    after = 0
    while True:
        rows = await world.store.read(partial(outbox.after, seq=after, limit=_AT_ONCE))
        if not rows:
            return
        after = rows[-1].seq
        for row in rows:
            if row.inquiry is not None and (since is None or row.created_at >= since):
                yield row


async def _scan(world: World, delivery: DeliveryRow) -> list[Found]:
    def query(connection: Connection) -> tuple[tuple[ParticipantRow, ...], MessageRow | None]:
        message = messages.get(connection, delivery.message) if delivery.message is not None else None
        return inquiries.participants(connection, delivery.inquiry or 0), message

    people, message = await world.store.read(query)
    try:
        data = (await prepare(world, delivery)).data
    except NothingToSend:
        return []
    found = where_found(data, strangers_to(people, delivery), message)
    return [Found(delivery.id, delivery.kind, delivery.to, address, where) for address, where in found]


def strangers_to(people: Iterable[ParticipantRow], delivery: DeliveryRow) -> tuple[str, ...]:
    """Return the addresses that the reader of a delivery must not see: those of the other side."""
    people = [one for one in people if one.side != "observer"]
    own = {one.side for one in people if one.seq == delivery.recipient}
    sides = own or {one.side for one in people if one.email == delivery.to}
    kept = {one.email for one in people if one.side in sides} | {delivery.to}
    return tuple(one.email for one in people if one.side not in sides and one.email not in kept)


def where_found(data: bytes, addresses: tuple[str, ...], message: MessageRow | None) -> list[tuple[str, str]]:
    """Return which addresses an outgoing mail holds, and whether they may be where they are."""
    found = holds(data, addresses)
    return [(address, _place(data, address, message)) for address in sorted(found)]


def _place(data: bytes, address: str, message: MessageRow | None) -> str:
    """Say where an address stands that is known to be in the mail."""
    mail = read(data)
    words = " ".join((mail.text, mail.first("Subject")))
    typed = message is not None and message.from_email == address
    if any(holds(b"%b: %b" % (name.encode(), value), [address]) for name, value in mail.raw_headers):
        return "typed" if typed and address in mail.first("Subject") else "leak"
    files = [file for file in mail.attachments if holds(file.data + b"\n" + file.name.encode(), [address])]
    if any(kind_of(File(file.name, file.type, file.data)) != "other" for file in files):
        return "leak"
    if typed and address.lower() in words.lower():
        return "typed"
    return "document" if files else "leak"

"""What comes back to a return path: a report about a mail we sent (RFC 3464, RFC 5965) becomes an event.

A failure marks the message and tells its writer; a delay is only noted, for the other server goes on trying. Nothing
is ever answered: notices leave with the null sender, so there is no bounce of a bounce.
"""

import asyncio
from dataclasses import dataclass

from sqlalchemy import Connection

from ..store import blobs, events, outbox
from ..store.blobs import SMALL, StoredBlob
from ..store.values import DeliveryRow
from ..threading.dsn import Failure, read
from .about import of_delivery
from .arrival import Arrival, BounceHit
from .errors import NOT_FOR_PEOPLE, Reply, kept
from .record import Cause, add_event, cause_word, fail_message
from .recording import store_raw
from .understand import Understood
from .world import World

_KINDS = {
    "bounce": "bounce.received",
    "complaint": "complaint.received",
    "auto_reply": "auto_reply.received",
    "list": "auto_reply.received",
    "receipt": "auto_reply.received",  # it proves nothing here
}


@dataclass(frozen=True, slots=True)
class _Report:
    """A mail at a return path: the event it makes, and what it says of the mail that was sent."""

    kind: str
    failure: Failure | None  # that the mail will not arrive; None where it only tells of a delay, or of nothing
    action: str  # RFC 3464 2.3.3, "" where it tells none
    status: str  # RFC 3463


async def record_bounce(world: World, arrival: Arrival, understood: Understood, hit: BounceHit) -> Reply:
    """Record what came back to `bounce-<token>@`; a person's own words are refused here, they would reach nobody."""
    kind = _KINDS.get(understood.kind.name, "" if arrival.mail_from else "bounce.received")
    if not kind:
        return NOT_FOR_PEOPLE
    # A large one takes a second to read; what was odd in it was found before (reading.py).
    told = await asyncio.to_thread(lambda: read(arrival.data)) if arrival.size > SMALL else read(arrival.data)
    report = _report(kind, told)
    raw = await store_raw(world, arrival)
    of = await of_delivery(world, hit.delivery)
    inquiry = await world.store.write(lambda connection: _record(connection, arrival, hit, report, raw), of)
    world.journal.noted(id=arrival.id, inquiry=str(inquiry or ""), event=kind, about=str(hit.delivery))
    return kept(arrival.id)


def _report(kind: str, told: list[Failure]) -> _Report:
    """Return what counts of a report: the first recipient that failed, else the first of which it speaks."""
    failed = next((one for one in told if one.hard or one.action == "failed"), None)
    said = failed or (told[0] if told else None)
    bounced = failed if kind == "bounce.received" else None
    return _Report(kind, bounced, said.action if said else "", said.status if said else "")


def _record(connection: Connection, arrival: Arrival, hit: BounceHit, report: _Report, raw: StoredBlob) -> int | None:
    """Write the event and what follows from it; a report that comes twice changes nothing. Returns the inquiry."""
    delivery = outbox.get(connection, hit.delivery)
    if delivery.inquiry is None or _known(connection, delivery, report.kind, raw.hash):
        return delivery.inquiry
    blobs.record(connection, [raw])
    proof = {"mail": arrival.id, "status": report.status, "action": report.action, "delivery": delivery.id}
    if report.failure:
        proof["hard"] = "yes" if report.failure.hard else "no"
    kind, at = report.kind, arrival.at
    add_event(connection, delivery.inquiry, at, kind, delivery.recipient, delivery.message, proof, raw.hash)
    if report.failure and outbox.fail_later(connection, delivery.seq, at, f"bounced {report.status}".strip()):
        word = cause_word(0, report.status)
        fail_message(connection, Cause(arrival.id, at), delivery, word, proof | {"why": word, "by": "bounce"})
    return delivery.inquiry


def _known(connection: Connection, delivery: DeliveryRow, kind: str, raw: str) -> bool:
    """True when the same report about the same delivery was recorded before."""
    return delivery.inquiry is not None and any(
        event.raw == raw and event.message == delivery.message
        for event in events.of_kinds(connection, delivery.inquiry, (kind,))
    )

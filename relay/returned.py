"""What comes back to a return path: a bounce of something we sent becomes an event, and its writer is told."""

from sqlalchemy import Connection

from ..store import blobs, outbox
from ..threading.dsn import read
from .arrival import Arrival, BounceHit
from .errors import Reply, kept
from .record import Cause, add_event, cause_word, fail_message
from .recording import store_raw
from .understand import Understood
from .world import World


async def record_bounce(world: World, arrival: Arrival, understood: Understood, hit: BounceHit) -> Reply:
    """Record what came back to `bounce-<token>@`. A dead address marks the message and tells its writer."""
    failure = next((found for found in read(arrival.data) if found.hard or found.action == "failed"), None)
    raw = await store_raw(world, arrival)
    kind = "complaint.received" if understood.kind.name == "complaint" else "bounce.received"

    def unit(connection: Connection) -> None:
        delivery = outbox.get(connection, hit.delivery)
        if delivery.inquiry is None:
            return
        blobs.record(connection, [raw])
        proof = {"mail": arrival.id, "status": failure.status if failure else ""}
        cause = Cause(arrival.id, arrival.at)
        add_event(connection, delivery.inquiry, arrival.at, kind, delivery.recipient, delivery.message, proof, raw.hash)
        if failure is None or kind != "bounce.received":
            return
        if outbox.fail_later(connection, delivery.seq, arrival.at, f"bounced {failure.status}"):
            fail_message(connection, cause, delivery, cause_word(0, failure.status), proof)

    await world.store.write(unit)
    world.journal.noted(id=arrival.id, inquiry="", event=kind, about=str(hit.delivery))
    return kept(arrival.id)

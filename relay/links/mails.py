"""A message as a mail: as it came for the side that wrote it, as it was passed on for the other."""

from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection

from ...store import messages, outbox
from ...store.tables import DeliveryState
from ...store.values import DeliveryRow, MessageRow
from ..job import Job, load_job
from ..prepare import fetched, render
from ..world import World
from .desk import Desk
from .visit import Visit

_CARRIES = ("request", "confirmation", "relayed", "colleague")  # kinds of deliveries that bring a message to a reader


async def mail_of(desk: Desk, found: Visit, message: MessageRow) -> bytes:
    """Return a message that the reader may see as a mail, byte for byte the same each time it is asked for.

    Of the other side's it is what the gateway sent or would have sent to this reader: nothing else is hidden in it.
    Raises BlobMissing, NothingToSend.
    """
    world = desk.world
    digest = message.raw
    if message.side == found.side and digest is not None:
        return await world.store.bytes_of(digest)

    def query(connection: Connection) -> tuple[DeliveryRow, Job]:
        delivery = _delivery(connection, found, message)
        return delivery, load_job(connection, world, delivery)

    delivery, job = await world.store.read(query)
    job = await fetched(world, job)
    return await world.store.in_thread(lambda: _bytes(world, delivery, job))


def _bytes(world: World, delivery: DeliveryRow, job: Job) -> bytes:
    return render(world, delivery, job).data


def _delivery(connection: Connection, found: Visit, message: MessageRow) -> DeliveryRow:
    """Return the delivery that brought the message to the reader; for one that came before him, what it would be."""
    for copy in messages.sent_as(connection, [message.seq]):
        if copy.recipient == found.person.seq and copy.kind in _CARRIES:
            known = outbox.by_token(connection, copy.token)
            if known is not None:
                return known
    first = message.seq == messages.first_of(connection, found.inquiry.seq)
    own = message.side == found.side
    kind = ("confirmation" if own else "request") if first else ("colleague" if own else "relayed")
    token = sha256(f"{message.id}.{found.person.id}".encode()).hexdigest()[:16]
    return _as_if(found, message, kind, token, message.at)


def _as_if(found: Visit, message: MessageRow, kind: str, token: str, at: datetime) -> DeliveryRow:
    return DeliveryRow(
        seq=0,
        id=message.id,
        token=token,
        mail=message.mail,
        kind=kind,
        inquiry=message.inquiry,
        message=message.seq,
        recipient=found.person.seq,
        to=found.person.email,
        cause="",
        about=None,
        raw=None,
        event=None,
        state=DeliveryState.SENT,
        attempts=0,
        created_at=at,
        next_attempt_at=at,
        finished_at=at,
        remote="",
    )

"""What is late: writers are told, once, that a message is still on its way; attempts planned too far away come near."""

from datetime import datetime

from sqlalchemy import Connection

from ..store import inquiries, lateness, messages
from ..store.values import DeliveryRow
from .record import Cause, Notice, queue_delivery
from .world import World

_LONGEST = 1.2  # times the longest delay: more than the spread of outbound/backoff.py
_AT_ONCE = 500  # looked at in one round; the next round takes the rest


async def warn_late(world: World) -> int:
    """Queue a notice for each message that is later than `outbound.delay_warning`; returns how many."""
    after = world.settings.outbound.delay_warning
    now = world.clock()
    late = await world.store.read(lambda connection: lateness.late(connection, now - after, _AT_ONCE))
    if not late or not after:
        return 0
    of = {one.inquiry for one in late if one.inquiry is not None}
    warned = await world.store.write(lambda connection: sum(_warn(connection, one, now) for one in late), of)
    if warned:
        world.wake()
    return warned


async def pull_in(world: World) -> int:
    """Bring attempts near that a clock which was put back left far away; returns how many."""
    latest = world.clock() + max(world.settings.outbound.retry) * _LONGEST
    if not await world.store.read(lambda connection: lateness.is_far(connection, latest)):
        return 0
    return await world.store.write(lambda connection: lateness.pull_in(connection, latest), of=())


def _warn(connection: Connection, delivery: DeliveryRow, now: datetime) -> bool:
    """Tell the writer of one message; False when he knows, or there is nobody to tell."""
    if delivery.message is None or lateness.is_told(connection, delivery.message):
        return False
    message = messages.get(connection, delivery.message)
    if message.author is None:
        return False
    author = inquiries.participant(connection, message.author)
    if author.state != "active":
        return False
    notice = Notice("delayed", about=delivery.recipient)
    queue_delivery(connection, Cause(delivery.mail, now), "delayed", author, message.seq, notice)
    return True

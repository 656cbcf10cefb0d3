"""Tells a writer that his message is still on its way, once, when it has been for longer than people expect."""

from datetime import datetime

from sqlalchemy import Connection

from ..store import inquiries, lateness, messages
from ..store.values import DeliveryRow
from .record import Cause, Notice, queue_delivery
from .world import World

_AT_ONCE = 500  # looked at in one round; the next round takes the rest


async def warn_late(world: World) -> int:
    """Queue a notice for each message that is later than `outbound.delay_warning`; returns how many."""
    after = world.settings.outbound.delay_warning
    now = world.clock()
    late = await world.store.read(lambda connection: lateness.late(connection, now - after, _AT_ONCE))
    if not late or not after:
        return 0
    warned = await world.store.write(lambda connection: sum(_warn(connection, one, now) for one in late))
    if warned:
        world.wake()
    return warned


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

"""Which inquiry a unit of work is about, where its caller knows only a part of it: one look-up by key.

On PostgreSQL a unit that says so lets the units of other inquiries run beside it (`Store.write`). What does not exist
is about none: its unit finds that out by itself.
"""

from ..store import inquiries, messages, outbox
from .world import World


async def of_participant(world: World, seq: int) -> tuple[int, ...]:
    """Return the inquiry of a participant."""
    return _known(await world.store.look(lambda connection: inquiries.inquiry_of(connection, seq)))


async def of_message(world: World, id: str) -> tuple[int, ...]:
    """Return the inquiry of a message, by its id or that of its mail."""
    row = await world.store.look(lambda connection: messages.find(connection, id))
    return _known(row.inquiry if row else None)


async def of_delivery(world: World, seq: int) -> tuple[int, ...]:
    """Return the inquiry of a delivery that is known to exist."""
    return _known((await world.store.look(lambda connection: outbox.get(connection, seq))).inquiry)


def _known(inquiry: int | None) -> tuple[int, ...]:
    return () if inquiry is None else (inquiry,)

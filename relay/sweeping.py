"""Removes large mails that no row names: a crash between file and transaction leaves them."""

from datetime import datetime
from itertools import islice

from ..store import blobs
from .world import World

_AT_ONCE = 5000  # names looked up in one go


async def sweep(world: World, now: datetime) -> int:
    """Remove orphans older than `[store] sweep_after`; returns how many. Raises OSError, StoreFailed.

    `now` is the file system's time, not the gateway's. What a mail under way puts again becomes young and stays.
    """
    before = now - world.settings.store.sweep_after
    names, gone = world.store.blobs.keep.old(before), 0
    while some := await world.store.in_thread(lambda: list(islice(names, _AT_ONCE))):
        gone += await _sweep(world, some, before)
    if gone:
        world.journal.swept(blobs=gone)
    return gone


async def _sweep(world: World, names: list[str], before: datetime) -> int:
    orphans = await world.store.read(lambda connection: blobs.orphans(connection, names))
    keep = world.store.blobs.keep
    return await world.store.in_thread(lambda: sum(keep.remove_old(name, before) for name in orphans))

"""What has to be done now and then, while the gateway runs. A stumble is logged and tried again next time."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from .clock import new_id
from .holding import expire
from .late import pull_in, warn_late
from .sweeping import sweep
from .world import World

_EVERY = 60.0  # seconds
_SWEEP_EVERY = 60  # rounds


async def keep_house(world: World) -> None:
    """Do the rounds once a minute until cancelled."""
    rounds = 0
    while True:
        await _do(world, lambda: expire(world))
        await _do(world, lambda: warn_late(world))
        await _do(world, lambda: pull_in(world))
        if rounds % _SWEEP_EVERY == 0:
            await _do(world, lambda: sweep(world, datetime.now(UTC)))
        rounds += 1
        await asyncio.sleep(_EVERY)


async def _do(world: World, work: Callable[[], Awaitable[object]]) -> None:
    try:
        await work()
    except Exception:  # noqa: BLE001 (logged; the next round tries again)
        reference = new_id(world.clock())
        world.journal.fault(reference=reference, where="housekeeping", cause=traceback.format_exc())

"""What has to be done now and then, while the gateway runs. A stumble is logged and tried again next time."""

import asyncio
import traceback

from .clock import new_id
from .holding import expire
from .world import World

_EVERY = 60.0  # seconds


async def keep_house(world: World) -> None:
    """Do the rounds once a minute until cancelled."""
    while True:
        try:
            await expire(world)
        except Exception:  # noqa: BLE001 (logged; the next round tries again)
            reference = new_id(world.clock())
            world.journal.fault(reference=reference, where="housekeeping", cause=traceback.format_exc())
        await asyncio.sleep(_EVERY)

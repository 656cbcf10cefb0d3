"""Time in tests: nothing is measured by it, and hours pass in a moment."""

import asyncio
from collections.abc import Callable

LIMIT = 60.0  # seconds until a test gives up what it waits for: a machine may be slow
MINUTE, HOUR = 60.0, 3600.0  # seconds


async def jump(seconds: float = HOUR) -> None:
    """Put the running loop's clock forward, so that each time limit of less than `seconds` that runs now is over.

    What is under way between two sockets of this process arrives before that.
    """
    await asyncio.sleep(0.05)
    loop = asyncio.get_running_loop()
    before: Callable[[], float] = loop.time
    loop.time = lambda: before() + seconds  # type: ignore[method-assign]

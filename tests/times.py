"""Time in tests: nothing is measured by it, and hours pass in a moment."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

LIMIT = 60.0  # seconds until a test gives up what it waits for: a machine may be slow
MINUTE, HOUR = 60.0, 3600.0  # seconds


class Clock:
    """A clock that a test sets."""

    def __init__(self, now: datetime = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


async def jump(seconds: float = HOUR) -> None:
    """Put the running loop's clock forward, so that each time limit of less than `seconds` that runs now is over.

    What is under way between two sockets of this process arrives before that.
    """
    await asyncio.sleep(0.05)
    loop = asyncio.get_running_loop()
    before: Callable[[], float] = loop.time
    loop.time = lambda: before() + seconds  # type: ignore[method-assign]

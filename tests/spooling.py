"""Waiting for the threads that write large mails, and a look at what they have left."""

import asyncio
import threading
from pathlib import Path

from parley.relay.inbound import spill


async def written() -> None:
    """Wait until the writing threads have done what they were given, and what follows from it."""
    loop = asyncio.get_running_loop()
    for _ in range(2):
        both = threading.Barrier(2)
        await asyncio.gather(*(loop.run_in_executor(spill.WRITERS, both.wait) for _ in range(2)))
        await asyncio.sleep(0)


def left(folder: Path) -> list[Path]:
    """The files below `folder` of mails that were not kept."""
    return [path for path in folder.rglob("in/*") if path.is_file()]

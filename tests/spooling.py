"""Waiting for the threads that write large mails, and a look at what they have left."""

import asyncio
import threading
from pathlib import Path

import pytest
from parley.relay.inbound import spill
from parley.relay.mail.raw import SpoolFile
from parley.tests.times import LIMIT


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


def disk(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Return what the disk of all doors waits for before it takes anything; it is set."""
    ready = threading.Event()
    ready.set()
    write = SpoolFile.write

    def slow(file: SpoolFile, octets: bytes) -> None:
        assert ready.wait(LIMIT)
        write(file, octets)

    monkeypatch.setattr(SpoolFile, "write", slow)
    return ready

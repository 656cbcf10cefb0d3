"""How long the server takes for the page of an inquiry with 1, 51 and 2,001 messages, and for what hangs on it.

    .venv/bin/python bench/pages.py [repetitions]

The whole way is measured: request over a socket, store, view, template, answer read. Server and reader share one
process here, so the figures are a little too high. CPU tells of the page alone where the machine has other work.
"first" is the time until the first bytes are there, "pause" the longest time that the event loop was kept from
everything else, of all repetitions.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from parley.tests.conversations import messages
from parley.tests.gateway import SELLER
from parley.tests.pages import Visitor, open_web

PATHS = ("", "/live", "?order=oldest", "/history", "/print")
BLOCK = 65_536


@dataclass(frozen=True, slots=True)
class Took:
    """What one answer took, in milliseconds, and its bytes."""

    first: float
    whole: float
    cpu: float
    pause: float
    size: int


async def took(visitor: Visitor, path: str) -> Took:
    """Fetch one page."""
    start, cpu = time.perf_counter(), time.process_time()
    reader, writer = await asyncio.open_connection(visitor.host, visitor.port)
    watch = asyncio.create_task(longest_pause())
    (cookie,) = visitor.cookies.values()
    head = f"GET {visitor.page_path}{path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode())
    answer = await reader.read(BLOCK)
    first = time.perf_counter()
    size = len(answer)
    while block := await reader.read(BLOCK):
        size += len(block)
    end = time.perf_counter()
    watch.cancel()
    writer.close()
    pause = await watch
    assert answer.startswith(b"HTTP/1.1 200 "), answer
    return Took((first - start) * 1e3, (end - start) * 1e3, (time.process_time() - cpu) * 1e3, pause * 1e3, size)


async def longest_pause() -> float:
    """Watch the event loop until cancelled; return the longest time in seconds until it came round, 1 ms at least."""
    longest, last = 0.0, time.perf_counter()
    with suppress(asyncio.CancelledError):
        while True:
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            longest, last = max(longest, now - last), now
    return longest


def line(count: int, path: str, runs: Sequence[Took]) -> str:
    """Return one line of the table."""
    middle = [statistics.median(getattr(one, name) for one in runs) for name in ("first", "whole", "cpu")]
    pause, size = max(one.pause for one in runs), runs[-1].size / 1000
    return f"{count:>9} {path or 'page':16} {' '.join(f'{one:>8.1f}' for one in (*middle, pause, size))}"


async def main(times: int) -> None:
    """Print one line for each page."""
    print(f"{'messages':>9} {'page':16} {'first':>8} {'whole':>8} {'CPU':>8} {'pause':>8} {'kB':>8}")
    for count in (0, 50, 2000):
        with tempfile.TemporaryDirectory() as folder:
            async with open_web(Path(folder)) as web:
                made = await web.inquiry()
                await web.world.store.write(messages(count, web.clock()))
                visitor, _ = await web.visit(made, SELLER)
                for path in PATHS:
                    print(line(count + 1, path, [await took(visitor, path) for _ in range(times)]))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20))

"""How long the server takes for the page of an inquiry with 1, 51 and 2,001 messages, and for what hangs on it.

    .venv/bin/python bench/pages.py [repetitions]

The whole way is measured: request over a socket, store, view, template, answer read. Server and reader share one
process here, so the figures are a little too high. CPU tells of the page alone where the machine has other work.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from parley.store.rows import add
from parley.store.tables import Event, Message, MessageState
from parley.tests.gateway import SELLER
from parley.tests.pages import Visitor, open_web
from sqlalchemy import Connection

KINDS = ("message.received", "message.relayed", "message.delivered", "message.read")
PATHS = ("", "/live", "?order=oldest", "?history=all", "/print")
TEXT = "Dear Anna,\n\nthank you for the offer, message %d.\n\n" + "Some more words about pumps and pipes. " * 20


def messages(count: int, at: datetime) -> Callable[[Connection], None]:
    """Return a unit of work that adds messages of both sides to the first inquiry, with the events of each."""

    def unit(connection: Connection) -> None:
        for number in range(count):
            row = Message(
                id=f"message{number:09}",
                mail=f"mail{number:012}",
                inquiry=1,
                author=1 + number % 2,
                side=("buyer", "seller")[number % 2],
                channel="mail",
                state=MessageState.DELIVERED,
                at=at,
                dated=at,
                from_email=SELLER,
                subject="Re: Price for 12 pumps",
                dedupe=str(number),
                text=TEXT % number,
                quoted="> Hello\n> we need pumps",
                signature="Anna Weber\nanna@werk.example",
            )
            seq = add(connection, row)
            for kind in KINDS:
                add(connection, Event(inquiry=1, at=at, kind=kind, actor=2 - number % 2, message=seq, proof={}))

    return unit


async def took(visitor: Visitor, path: str, times: int) -> tuple[float, float, int]:
    """Return the medians of milliseconds passed and of CPU milliseconds, and the bytes, of one page."""
    spent: list[tuple[float, float]] = []
    size = 0
    for _ in range(times):
        start, cpu = time.perf_counter(), time.process_time()
        answer = await visitor.get(visitor.page_path + path)
        spent.append(((time.perf_counter() - start) * 1000, (time.process_time() - cpu) * 1000))
        size = len(answer.body)
    return statistics.median(one for one, _ in spent), statistics.median(one for _, one in spent), size


async def main(times: int) -> None:
    """Print one line for each page."""
    print(f"{'messages':>9} {'page':16} {'p50 ms':>8} {'CPU ms':>8} {'kB':>6}")
    for count in (0, 50, 2000):
        with tempfile.TemporaryDirectory() as folder:
            async with open_web(Path(folder)) as web:
                made = await web.inquiry()
                await web.world.store.write(messages(count, web.clock()))
                visitor, _ = await web.visit(made, SELLER)
                for path in PATHS:
                    passed, cpu, size = await took(visitor, path, times)
                    print(f"{count + 1:>9} {path or 'page':16} {passed:>8.1f} {cpu:>8.1f} {size / 1000:>6.0f}")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20))

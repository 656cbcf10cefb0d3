"""Mails a second, CPU and latency of the whole relay beside a private Postfix: the table of docs/performance.md.

    .venv/bin/python -m parley.bench.relay [--rounds 5] [--only WORD] [--alone]

`parley serve` runs as a user would run it – SQLite with synchronous=FULL, proof with warm DNS, threading, rewriting,
DKIM RSA-2048, journal – with the copy to the writer off. Every mail comes on a connection of its own. Rounds alternate,
each figure is the median of the rounds, each ratio that of the pairs; only ratios mean something on another machine.
"""

import argparse
import asyncio
import statistics
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from parley.bench.relays import Relay, Sink, start_parley, start_postfix, start_sink, temporary
from parley.bench.rounds import Pairs, Shape, measure, pairs, percentile
from parley.bench.slow_disk import POSTFIX, can_be_made, slow_disk

INQUIRIES = 500


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table: what is sent, and what the ratio is to be."""

    shape: Shape
    goal: float


def lines(signing_key: Path) -> list[Line]:
    """Return the rows of throughput."""
    return [
        Line(Shape("2 kB, 10 connections", 2048, 10, 1000), 1.25),
        Line(Shape("2 kB signed, 10 connections", 2048, 10, 1000, key=str(signing_key)), 1.25),
        Line(Shape("2 kB, 50 connections", 2048, 50, 1000), 1.5),
        Line(Shape("2 kB, 1 connection", 2048, 1, 300), 1.0),
        Line(Shape("50 kB, 10 connections", 51_200, 10, 500), 1.25),
        Line(Shape("5 MB, 10 connections", 5_000_000, 10, 40), 0.8),
    ]


def slow_lines() -> list[Line]:
    """Return the rows on a disk whose fsync takes 5 ms."""
    return [
        Line(Shape(f"2 kB, {SLOW}, 10 connections", 2048, 10, 1000), 1.25),
        Line(Shape(f"2 kB, {SLOW}, 50 connections", 2048, 50, 1000), 2.0),
    ]


SLOW = "fsync of 5 ms"
BESIDE = "small beside 5 mails of 5 MB a second, start → sink, p99"
PACED = Shape("20 mails a second", 2048, 10, 200, rate=20)


def throughput(line: Line, found: Pairs) -> str:
    """Return a row: mails a second of both, the ratio and its goal, CPU of both."""
    ours, theirs = found.middle("delivered")
    cpu, their_cpu = found.middle("cpu")
    ratio = found.ratio("delivered")
    cells = (f"{ours:.0f}", _or_dash(theirs, ".0f"), _or_dash(ratio, ".2f"), f"≥ {line.goal}", f"{cpu:.2f}")
    return _row(line.shape.name, *cells, _or_dash(their_cpu, ".2f"))


def latency(found: Pairs) -> Iterator[str]:
    """Yield the rows of the waits from the 250 to the sink."""
    for name, share, goal in (("p50", 0.5, 0.7), ("p99", 0.99, 1.2)):
        ours, theirs = found.middle("after", share)
        cells = (f"{ours:.1f} ms", _or_dash(theirs, ".1f"), _or_dash(found.ratio("after", share), ".2f"), f"≤ {goal}")
        yield _row(f"250 → sink, {PACED.name}, {name}", *cells, "", "")


async def beside(relay: Relay, other: Relay | None, sink: Sink, rounds: int) -> str:
    """Return the row of a small mail's whole way while mails of 5 MB come in, by what it takes alone."""
    relays = [one for one in (relay, other) if one]
    found = [[await _beside(one, sink) for one in relays] for _ in range(rounds)]
    ours, *theirs = [f"{statistics.median(times):.2f} ×" for times in zip(*found, strict=True)]
    return _row(BESIDE, ours, *(theirs or ["–"]), "", "≤ 2 ×", "", "")


async def _beside(relay: Relay, sink: Sink) -> float:
    small, large = PACED, Shape("5 mails of 5 MB a second", 5_000_000, 2, 50, rate=5)
    alone, busy = await measure(relay, sink, small), await measure(relay, sink, small, large)
    return percentile(busy.whole, 0.99) / percentile(alone.whole, 0.99)


def _or_dash(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="rows whose name holds this")
    parser.add_argument("--alone", action="store_true", help="without Postfix")
    options = parser.parse_args()
    async with AsyncExitStack() as stack:
        sink = await start_sink(stack)
        folder = temporary(stack)
        ours, theirs = await _start(stack, sink, folder, alone=options.alone)
        print(_row("", "parley /s", "postfix /s", "ratio", "goal", "CPU ms", "postfix CPU ms"))
        print(_row(*["---"] * 7))
        for line in lines(folder / "seller.pem"):
            if options.only in line.shape.name:
                print(throughput(line, await pairs(ours, theirs, sink, line.shape, options.rounds)), flush=True)
        if options.only in PACED.name:
            for row in latency(await pairs(ours, theirs, sink, PACED, options.rounds)):
                print(row, flush=True)
        if options.only in BESIDE:
            print(await beside(ours, theirs, sink, options.rounds))
        slow = [line for line in slow_lines() if options.only in line.shape.name]
        if slow and can_be_made():
            with slow_disk(temporary(stack), 5):
                ours, theirs = await _start(stack, sink, temporary(stack), alone=options.alone)
            for line in slow:
                print(throughput(line, await pairs(ours, theirs, sink, line.shape, options.rounds)), flush=True)


async def _start(stack: AsyncExitStack, sink: Sink, folder: Path, *, alone: bool) -> tuple[Relay, Relay | None]:
    """Start ours and the other, and warm them up: caches, connections, processes."""
    ours = await start_parley(stack, sink, folder, INQUIRIES)
    theirs = None if alone else await start_postfix(stack, sink, POSTFIX)
    for relay in filter(None, (ours, theirs)):
        await measure(relay, sink, Shape("", 2048, 10, 200))
    return ours, theirs


if __name__ == "__main__":
    asyncio.run(main())

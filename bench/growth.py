"""Does it matter how much a gateway has seen? The same mails to a store with few inquiries and to one with a million.

    .venv/bin/python -m parley.bench.growth [--inquiries 1000000] [--rounds 5] [--keep FOLDER]

Both stores are SQLite, filled straight through the tables (bench/filling.py), and written to by a gateway of their own
with everything on. Rounds alternate; the mails of a round go to 1,000 inquiries, in the large store evenly spread over
all. Also: how long a start takes, the look at the store's soundness among it. With `--keep` the large store is made
once, a few minutes and 6 GB, and used again.
"""

import argparse
import asyncio
import time
from contextlib import AsyncExitStack
from pathlib import Path

from parley.bench.filling import fill, masks
from parley.bench.relays import Relay, Sink, start_parley, start_sink, temporary
from parley.bench.rounds import Pairs, Shape, measure, pairs

_FEW = 1000


async def _start(stack: AsyncExitStack, sink: Sink, folder: Path, count: int) -> Relay:
    """Start a gateway on a store with `count` inquiries, made where there is none; tells how long it took."""
    kept = folder / "var"
    if not (kept / "parley.db").exists():
        fill(kept, count)
    size = (kept / "parley.db").stat().st_size / 1e9
    to = masks(kept, _FEW)
    begun = time.monotonic()
    relay = await start_parley(stack, sink, folder, to)
    print(f"{count} inquiries, {size:.2f} GB: ready after {time.monotonic() - begun:.1f} s", flush=True)
    await measure(relay, sink, Shape("", 2048, 10, _FEW))
    return relay


def _row(name: str, found: Pairs) -> str:
    large, small = found.middle(name)
    ratio = found.ratio(name) or 0.0
    return f"| {name} | {small:.2f} | {large:.2f} | {ratio:.2f} |"


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inquiries", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    async with AsyncExitStack() as stack:
        sink = await start_sink(stack)
        small = await _start(stack, sink, temporary(stack), _FEW)
        large = await _start(stack, sink, options.keep or temporary(stack), options.inquiries)
        found = await pairs(large, small, sink, Shape("", 2048, 10, _FEW), options.rounds)
        print(f"| 2 kB, 10 connections | {_FEW} | {options.inquiries} | ratio |\n| --- | --- | --- | --- |")
        print(_row("delivered", found))
        print(_row("cpu", found))


if __name__ == "__main__":
    asyncio.run(main())

"""One round of a relay benchmark: a driver sends, the sink receives, the clock and the system's count of CPU run."""

import asyncio
import itertools
import json
import statistics
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from parley.bench import processes
from parley.bench.driver import Job
from parley.bench.processes import Program
from parley.bench.relays import Relay, Sink

_SETTLE = 0.3  # seconds after the last mail in which results are recorded
_numbers = itertools.count(0, 1_000_000)  # each round's mails have numbers of their own


@dataclass(frozen=True, slots=True)
class Shape:
    """What a round sends. `rate` in mails a second, 0 for as fast as it goes; `key`: path of what signs the mails."""

    name: str
    size: int
    connections: int
    mails: int
    rate: float = 0
    key: str = ""


@dataclass(frozen=True, slots=True)
class Round:
    """What a round measured: mails a second, milliseconds of CPU for each, waits in milliseconds, sorted."""

    accepted: float
    delivered: float
    cpu: float
    after: list[float]  # from the 250 to the sink
    whole: list[float]  # from the client's first step to the sink


async def measure(relay: Relay, sink: Sink, shape: Shape, beside: Shape | None = None) -> Round:
    """Run one round, with other mails coming in `beside` it that are not measured. Raises TimeoutError."""
    shapes = [shape, beside] if beside else [shape]
    async with AsyncExitStack() as stack:
        drivers = [await _ready(stack, relay, one) for one in shapes]
        before = relay.cpu()
        sent = json.loads((await asyncio.gather(*(driver.ask("go") for driver in drivers)))[0])
        await sink.wait(sum(one.mails for one in shapes))
        await asyncio.sleep(_SETTLE)
        used = relay.cpu() - before
        came = await sink.take()
    begun = min(start for _, start, _ in sent)
    return Round(
        accepted=shape.mails / (max(at for _, _, at in sent) - begun),
        delivered=shape.mails / (max(came[number] for number, _, _ in sent) - begun),
        cpu=1000 * used / shape.mails,
        after=sorted(1000 * (came[number] - at) for number, _, at in sent),
        whole=sorted(1000 * (came[number] - at) for number, at, _ in sent),
    )


async def _ready(stack: AsyncExitStack, relay: Relay, shape: Shape) -> Program:
    """Start a driver that has made its mails and waits for the word."""
    first = next(_numbers)
    driver = await processes.start(stack, "-m", "parley.bench.driver")
    numbers = (first, first + shape.mails)
    await driver.ask(Job(relay.port, relay.to, numbers, shape.connections, shape.size, shape.rate, shape.key).json())
    return driver


def percentile(waits: Sequence[float], share: float) -> float:
    """Return the value below which `share` of the sorted waits lie."""
    return waits[min(len(waits) - 1, int(len(waits) * share))]


async def pairs(one: Relay, other: Relay | None, sink: Sink, shape: Shape, count: int) -> "Pairs":
    """Run rounds of both in turn, so that a noisy neighbour meets both."""
    ours: list[Round] = []
    theirs: list[Round] = []
    for _ in range(count):
        ours.append(await measure(one, sink, shape))
        if other:
            theirs.append(await measure(other, sink, shape))
    return Pairs(ours, theirs)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Rounds of ours, and of the other relay (none where there is no other)."""

    ours: list[Round]
    theirs: list[Round]

    def ratio(self, figure: str, share: float = 0) -> float | None:
        """Return the median of the pairs' ratios of one figure; of waits, of the one at `share`."""
        found = [
            _figure(a, figure, share) / _figure(b, figure, share) for a, b in zip(self.ours, self.theirs, strict=False)
        ]
        return statistics.median(found) if found else None

    def middle(self, figure: str, share: float = 0) -> tuple[float, float | None]:
        """Return the median of one figure, ours and theirs."""
        values = [[_figure(one, figure, share) for one in side] for side in (self.ours, self.theirs)]
        return statistics.median(values[0]), statistics.median(values[1]) if values[1] else None


def _figure(one: Round, name: str, share: float) -> float:
    value: float | list[float] = getattr(one, name)
    return percentile(value, share) if isinstance(value, list) else value

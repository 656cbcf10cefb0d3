"""The two engines side by side: one gateway on SQLite, one and two on PostgreSQL, all durable (docs/performance.md).

    .venv/bin/python -m parley.bench.engines [--rounds 5] [--mails 600]

The server is the machine's own, private to the run, with fsync. Rounds alternate; figures are medians, ratios those of
the pairs. "PostgreSQL CPU" is what its server processes used for each mail, beside the gateway's own.
"""

import argparse
import asyncio
import statistics
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from parley.bench import processes
from parley.bench.relays import Relay, Sink, start_parley, start_sink, temporary
from parley.bench.rounds import Round, Shape, measure
from parley.tests.postgres import Server, serving

_OPTIONS = "-c max_connections=200 -c shared_buffers=256MB"
_INQUIRIES = 100


@dataclass(slots=True)
class Column:
    """A gateway, and what its rounds gave."""

    name: str
    relay: Relay
    server: Server | None
    rounds: list[Round] = field(default_factory=list[Round])
    server_cpu: list[float] = field(default_factory=list[float])

    async def run(self, sink: Sink, shape: Shape) -> None:
        """Measure one round."""
        before = self._server_seconds()
        self.rounds.append(await measure(self.relay, sink, shape))
        self.server_cpu.append(1000 * (self._server_seconds() - before) / shape.mails)

    def _server_seconds(self) -> float:
        return processes.cpu(processes.family(self.server.pid)) if self.server else 0.0


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mails", type=int, default=600)
    options = parser.parse_args()
    async with AsyncExitStack() as stack:
        server = stack.enter_context(serving(_OPTIONS))
        sink = await start_sink(stack)
        columns = [await _column(stack, sink, *one) for one in _columns(server)]
        print("| 2 kB | " + " | ".join(column.name for column in columns) + " |")
        for connections in (10, 50):
            shape = Shape("", 2048, connections, options.mails)
            await _run(columns, sink, shape, options.rounds)
            _print(connections, columns)


def _columns(server: Server) -> list[tuple[str, Server | None, str, str]]:
    """Return name, server, more of [smtp], more settings of each."""
    one, two = (f'[store]\nurl = "{server.database().render_as_string()}"\n' for _ in range(2))
    return [
        ("SQLite", None, "", ""),
        ("PostgreSQL", server, "", one),
        ("PostgreSQL, 2 processes", server, "processes = 2", two),
    ]


async def _column(stack: AsyncExitStack, sink: Sink, name: str, server: Server | None, smtp: str, more: str) -> Column:
    relay = await start_parley(stack, sink, temporary(stack), _INQUIRIES, tls=smtp, extra=more)
    column = Column(name, relay, server)
    await measure(relay, sink, Shape("", 2048, 10, 200))
    return column


async def _run(columns: Sequence[Column], sink: Sink, shape: Shape, rounds: int) -> None:
    for column in columns:
        column.rounds, column.server_cpu = [], []
    for _ in range(rounds):
        for column in columns:
            await column.run(sink, shape)
            last = column.rounds[-1]
            print(f"  {column.name}: {last.delivered:.0f}/s, {last.cpu:.2f} ms", file=sys.stderr, flush=True)


def _print(connections: int, columns: Sequence[Column]) -> None:
    base = columns[0].rounds
    rates, cpus = list[str](), list[str]()
    for column in columns:
        rate = statistics.median(one.delivered for one in column.rounds)
        ratio = statistics.median(one.delivered / b.delivered for one, b in zip(column.rounds, base, strict=True))
        rates.append(f"{rate:.0f}/s ({ratio:.2f})")
        own = statistics.median(one.cpu for one in column.rounds)
        cpus.append(f"{own:.2f} + {statistics.median(column.server_cpu):.2f} ms")
    print(f"| {connections} connections | " + " | ".join(rates) + " |")
    print("| CPU: gateway + PostgreSQL | " + " | ".join(cpus) + " |", flush=True)


if __name__ == "__main__":
    asyncio.run(main())

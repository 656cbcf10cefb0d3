"""CPU of the delivery of a mail: all from its commit to the recorded 250 of the remote, without the doors.

    .venv/bin/python bench/delivery.py [--mails 500] [--rounds 5] [--at-once 10] [--sign] [--profile FILE]

A gateway without doors runs in this process, a sink in another one. Each round hands mails to the flow twice, once with
the deliverer running and once without it; the difference is what the delivery costs. `--sign` has a DKIM RSA-2048 key.
`--profile` writes what cProfile saw of the event loop.
"""

import argparse
import asyncio
import cProfile
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from parley.relay import flow  # noqa: E402
from parley.relay.actions.create import create  # noqa: E402
from parley.relay.app import Gateway  # noqa: E402
from parley.relay.arrival import Arrival, Peer  # noqa: E402
from parley.relay.clock import new_id  # noqa: E402
from parley.relay.compose.dkim import new_key  # noqa: E402
from parley.relay.order import read_order  # noqa: E402
from parley.relay.resolve import resolve  # noqa: E402
from parley.relay.settings import parse  # noqa: E402
from relay import SELLER, SETTINGS, Sink, letter  # noqa: E402

DOMAIN = "reply.market.example"


class Bench:
    """A gateway, its masks, and the numbers of its mails."""

    def __init__(self, gateway: Gateway, masks: Sequence[str], sink: Sink, options: argparse.Namespace) -> None:
        self.gateway, self.masks, self.sink, self.options = gateway, masks, sink, options
        self.number = 0

    async def feed(self) -> None:
        """Hand one round of mails to the flow, some at once."""
        world = self.gateway.world
        numbers = iter(range(self.number, self.number + self.options.mails))
        self.number += self.options.mails

        async def one() -> None:
            for number in numbers:
                mask = self.masks[number % len(self.masks)]
                hit = await resolve(world, mask.partition("@")[0], DOMAIN)
                now = world.clock()
                data = letter(number, mask, 2048)
                reply = await flow.receive(world, Arrival(new_id(now), now, Peer("127.0.0.1"), SELLER, (hit,), data))
                if not reply.accepted:
                    raise SystemExit(str(reply))

        await asyncio.gather(*(one() for _ in range(self.options.at_once)))

    async def delivered(self) -> None:
        """Wait until nothing waits."""
        from parley.store import outbox

        while await self.gateway.world.store.read(lambda c: outbox.waiting(c, 1)):
            await asyncio.sleep(0.02)


def settings_of(folder: Path, sink: Sink, sign: bool) -> str:
    """The settings of the whole benchmark, with a key where it signs."""
    text = SETTINGS.format(smtp=0, sink=sink.port, links=0)
    if sign:
        (folder / "key.pem").write_bytes(new_key()[0])
        text = text.replace("[log]", '[dkim]\nselector = "b"\nkey_file = "key.pem"\n[log]')
    return text


async def run(folder: Path, sink: Sink, options: argparse.Namespace, *, deliver: bool) -> float:
    """Return the median CPU of a mail in milliseconds, with its delivery or without."""
    folder.mkdir()
    gateway = Gateway(parse(settings_of(folder, sink, options.sign), "bench", folder, {}), roles=("deliver",) * deliver)
    profile = cProfile.Profile()
    async with gateway:
        masks = [await _open(gateway, number) for number in range(50)]
        bench = Bench(gateway, masks, sink, options)
        rounds: list[float] = []
        for _ in range(options.rounds + 1):
            began = time.process_time()
            if options.profile and deliver and bench.number:
                profile.enable()
            await bench.feed()
            if deliver:
                await bench.delivered()
            profile.disable()
            rounds.append(1000 * (time.process_time() - began) / options.mails)
    if options.profile and deliver:
        profile.dump_stats(options.profile)
    return statistics.median(rounds[1:])


async def _open(gateway: Gateway, number: int) -> str:
    order = {
        "marketplace": "market",
        "reference": f"B-{number}",
        "subject": "Price",
        "message": "How much?",
        "buyer": {"email": f"buyer{number}@acheteur.example", "name": "Jean"},
        "sellers": [{"email": SELLER, "name": "Anna"}],
    }
    return (await create(gateway.world, read_order(order), quiet=True)).masks["buyer"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mails", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--at-once", type=int, default=10)
    parser.add_argument("--sign", action="store_true")
    parser.add_argument("--profile", default="")
    options = parser.parse_args()
    with ExitStack() as stack:
        sink = Sink(stack)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        whole = asyncio.run(run(folder / "with", sink, options, deliver=True))
        accepted = asyncio.run(run(folder / "without", sink, options, deliver=False))
    print(f"CPU of a mail: {whole:.2f} ms, without its delivery {accepted:.2f} ms, delivery {whole - accepted:.2f} ms")


if __name__ == "__main__":
    main()

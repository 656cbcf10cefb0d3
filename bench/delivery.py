"""CPU of the delivery of a mail: all from its commit to the recorded 250 of the remote, without the doors.

    .venv/bin/python -m parley.bench.delivery [--mails 500] [--rounds 5] [--at-once 10] [--sign] [--profile FILE]

A gateway without doors runs in this process, a sink in another one. The same mails go through the flow twice, once with
a deliverer and once without; the difference is what the delivery costs. `--sign` has a DKIM RSA-2048 key. `--profile`
writes what cProfile saw of the event loop.
"""

import argparse
import asyncio
import cProfile
import statistics
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from parley.bench.letters import SELLER, Letters
from parley.bench.relays import Sink, start_sink, temporary
from parley.relay import flow
from parley.relay.actions.create import create
from parley.relay.app import Gateway
from parley.relay.arrival import Arrival, Hit, Peer
from parley.relay.clock import new_id
from parley.relay.compose.dkim import new_key
from parley.relay.errors import Reply
from parley.relay.order import read_order
from parley.relay.resolve import resolve
from parley.relay.settings import parse
from parley.store import outbox

DOMAIN = "reply.market.example"
_SETTINGS = """
[outbound]
port = {sink}
tls = "off"
[sender]
authentication = "off"
[log]
stderr = false
[notices]
copy_to_writer = false
{dkim}
[[marketplace]]
id = "market"
name = "Market"
reply_domain = "reply.market.example"
"""
_DKIM = '[dkim]\nselector = "b"\nkey_file = "key.pem"'


@dataclass(frozen=True, slots=True)
class Options:
    """What is measured."""

    mails: int
    rounds: int
    at_once: int
    inquiries: int
    sign: bool
    profile: str


async def feed(gateway: Gateway, masks: list[str], first: int, options: Options) -> None:
    """Hand one round of mails to the flow, some at once."""
    world, letters = gateway.world, Letters(2048)
    numbers = iter(range(first, first + options.mails))

    async def one() -> None:
        for number in numbers:
            mask = masks[number % len(masks)]
            hit = await resolve(world, mask.partition("@")[0], DOMAIN)
            reply = await flow.receive(world, _arrival(gateway, hit, letters.letter(number, mask)))
            if not reply.accepted:
                raise SystemExit(reply.line)

    await asyncio.gather(*(one() for _ in range(options.at_once)))


def _arrival(gateway: Gateway, hit: Hit | Reply, data: bytes) -> Arrival:
    if isinstance(hit, Reply):
        raise SystemExit(hit.line)
    now = gateway.world.clock()
    return Arrival(new_id(now), now, Peer("127.0.0.1"), SELLER, (hit,), data)


async def delivered(gateway: Gateway) -> None:
    """Wait until nothing waits."""
    while await gateway.world.store.read(lambda c: outbox.waiting(c, 1)):  # noqa: ASYNC110 (it is measured, not changed)
        await asyncio.sleep(0.02)


async def run(folder: Path, sink: Sink, options: Options, *, deliver: bool) -> float:
    """Return the median CPU of a mail in milliseconds, with its delivery or without."""
    text = _SETTINGS.format(sink=sink.port, dkim=_DKIM if options.sign else "")
    gateway = Gateway(parse(text, "bench", folder, {}), roles=("deliver",) * deliver)
    profile = cProfile.Profile()
    rounds: list[float] = []
    async with gateway:
        masks = [await _open(gateway, number) for number in range(options.inquiries)]
        for number in range(options.rounds + 1):
            began = time.process_time()
            if options.profile and deliver and number:
                profile.enable()
            await feed(gateway, masks, number * options.mails, options)
            if deliver:
                await delivered(gateway)
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


async def measure(options: Options) -> tuple[float, float]:
    """Return the CPU of a mail with its delivery and without, in milliseconds."""
    async with AsyncExitStack() as stack:
        sink = await start_sink(stack)
        found: list[float] = []
        for deliver in (True, False):
            folder = temporary(stack)
            (folder / "key.pem").write_bytes(new_key()[0])
            found.append(await run(folder, sink, options, deliver=deliver))
    return found[0], found[1]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mails", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--at-once", type=int, default=10)
    parser.add_argument("--inquiries", type=int, default=200)
    parser.add_argument("--sign", action="store_true")
    parser.add_argument("--profile", default="")
    whole, accepted = asyncio.run(measure(Options(**vars(parser.parse_args()))))
    print(f"CPU of a mail: {whole:.2f} ms, without its delivery {accepted:.2f} ms, delivery {whole - accepted:.2f} ms")


if __name__ == "__main__":
    main()

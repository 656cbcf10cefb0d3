"""Mails a second and latency of the whole relay, beside an aiosmtpd that does nothing, in one run.

    .venv/bin/python bench/relay.py [--mails 500] [--connections 10] [--rounds 5] [--size 2048]

`parley serve` runs as a user would run it (SQLite with synchronous=FULL, threading, rewriting, journal), with the
copy to the writer off; mail comes from this process and goes to a sink in a third one. Every mail is a new
connection. Rounds alternate, figures are medians, and only the ratios mean something on another machine.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

SELLER = "anna@werk.example"
SETTINGS = """
[smtp]
listen = "127.0.0.1:{smtp}"
connections_per_ip = 500
[outbound]
port = {sink}
tls = "off"
[links]
listen = "127.0.0.1:{links}"
[sender]
authentication = "off"
[log]
stderr = false
[notices]
copy_to_writer = false
[[marketplace]]
id = "market"
name = "Market"
reply_domain = "reply.market.example"
"""
NOTHING = """
import asyncio, sys
from aiosmtpd.controller import UnthreadedController
class Nothing:
    async def handle_DATA(self, server, session, envelope):
        return "250 OK"
loop = asyncio.new_event_loop()
UnthreadedController(Nothing(), hostname="127.0.0.1", port=int(sys.argv[1]), loop=loop).begin()
print("ready", flush=True)
loop.run_forever()
"""


@dataclass(frozen=True, slots=True)
class Round:
    """What one round measured; times in seconds."""

    accepted_per_second: float
    delivered_per_second: float
    latencies: tuple[float, ...]


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Sink:
    """The sink's process."""

    def __init__(self, stack: ExitStack) -> None:
        command = [sys.executable, str(Path(__file__).with_name("sink.py"))]
        pipe = subprocess.PIPE
        self._process = stack.enter_context(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True))
        stack.callback(self._process.terminate)
        self.port = int(self._line())

    def _line(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()

    def _ask(self, word: str) -> str:
        assert self._process.stdin
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        return self._line()

    def wait(self, count: int, seconds: float = 120) -> None:
        """Return when `count` mails have come."""
        ends = time.monotonic() + seconds
        while int(self._ask("count")) < count:
            if time.monotonic() > ends:
                raise SystemExit(f"only {self._ask('count')} of {count} mails came")
            time.sleep(0.005)

    def take(self) -> dict[int, float]:
        """Return mail number → when it came, and forget them."""
        return {int(number): float(at) for number, _, at in (pair.partition(":") for pair in self._ask("take").split())}


def start(stack: ExitStack, command: list[str], word: str = "ready") -> None:
    """Start a process and wait until it says that it is ready."""
    process = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
    stack.callback(process.terminate)
    assert process.stdout
    for line in process.stdout:
        if line.strip() == word:
            return
    raise SystemExit(f"{command[0]} did not start")


def start_parley(stack: ExitStack, sink: Sink, inquiries: int) -> tuple[int, list[str]]:
    """Start a gateway with some inquiries; returns its SMTP port and the masks sellers write to."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    port = free_port()
    config = folder / "relay.toml"
    config.write_text(SETTINGS.format(smtp=port, sink=sink.port, links=free_port()))
    orders = [
        {
            "marketplace": "market",
            "reference": f"B-{number}",
            "subject": "Price",
            "message": "How much?",
            "buyer": {"email": f"buyer{number}@acheteur.example", "name": "Jean"},
            "sellers": [{"email": SELLER, "name": "Anna"}],
        }
        for number in range(inquiries)
    ]
    parley = [sys.executable, "-m", "parley", "--config", str(config)]
    start(stack, [*parley, "serve"])
    create = [*parley, "inquiry", "create", "--file", "-", "--quiet-mail"]
    done = subprocess.run(create, input=json.dumps(orders), capture_output=True, text=True, check=True)
    return port, [json.loads(line)["masks"]["buyer"] for line in done.stdout.splitlines()]


def start_nothing(stack: ExitStack) -> int:
    """Start an aiosmtpd that says 250 and forgets."""
    port = free_port()
    start(stack, [sys.executable, "-c", NOTHING, str(port)])
    return port


def letter(number: int, mask: str, size: int) -> bytes:
    """A seller's answer of about `size` bytes."""
    head = (
        f"From: Anna Weber <{SELLER}>\r\nTo: <{mask}>\r\nSubject: Re: Price [b:{number}]\r\n"
        f"Date: Mon, 23 Nov 2026 08:00:00 +0000\r\nMessage-ID: <b{number}.{time.monotonic_ns()}@werk.example>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    )
    line = "We thank you for your request; the price is valid until the end of the month.\r\n"
    return (head + line * max(1, (size - len(head)) // len(line))).encode()


async def deliver(port: int, rcpt: str, data: bytes) -> float:
    """Send one mail on a new connection; returns when the 250 came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await reader.readline()
    writer.write(b"EHLO bench.example\r\n")
    while (await reader.readline())[3:4] == b"-":
        pass
    for command in (f"MAIL FROM:<{SELLER}>", f"RCPT TO:<{rcpt}>", "DATA"):
        writer.write(f"{command}\r\n".encode())
        answer = await reader.readline()
        if answer[:1] not in b"23":
            raise SystemExit(answer.decode())
    writer.write(data + b".\r\n")
    answer = await reader.readline()
    at = time.monotonic()
    if answer[:3] != b"250":
        raise SystemExit(answer.decode())
    writer.write(b"QUIT\r\n")
    writer.close()
    return at


async def send_all(
    port: int, masks: list[str], mails: int, connections: int, size: int
) -> tuple[float, dict[int, float]]:
    """Send `mails` mails over `connections` workers; returns when it began and when each was accepted."""
    numbers = iter(range(mails))
    accepted: dict[int, float] = {}

    async def worker() -> None:
        for number in numbers:
            mask = masks[number % len(masks)]
            accepted[number] = await deliver(port, mask, letter(number, mask, size))

    began = time.monotonic()
    await asyncio.gather(*(worker() for _ in range(connections)))
    return began, accepted


def measure(port: int, masks: list[str], sink: Sink | None, options: argparse.Namespace) -> Round:
    """Run one round."""
    began, accepted = asyncio.run(send_all(port, masks, options.mails, options.connections, options.size))
    rate = options.mails / (max(accepted.values()) - began)
    if sink is None:
        return Round(rate, 0, ())
    sink.wait(options.mails)
    came = sink.take()
    latencies = tuple(came[number] - at for number, at in accepted.items())
    return Round(rate, options.mails / (max(came.values()) - began), latencies)


async def _paced(port: int, masks: list[str], mails: int, rate: float, size: int) -> dict[int, float]:
    accepted: dict[int, float] = {}

    async def one(number: int) -> None:
        await asyncio.sleep(number / rate)
        mask = masks[number % len(masks)]
        accepted[number] = await deliver(port, mask, letter(number, mask, size))

    await asyncio.gather(*(one(number) for number in range(mails)))
    return accepted


def quiet_latency(port: int, masks: list[str], sink: Sink, size: int) -> tuple[float, float]:
    """Return p50 and p99 from the 250 to the sink at 20 mails a second, in milliseconds."""
    accepted = asyncio.run(_paced(port, masks, 200, 20, size))
    sink.wait(200)
    came = sink.take()
    waits = sorted(1000 * (came[number] - at) for number, at in accepted.items())
    return waits[len(waits) // 2], waits[len(waits) * 99 // 100]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mails", type=int, default=500)
    parser.add_argument("--connections", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", type=int, default=2048)
    options = parser.parse_args()
    with ExitStack() as stack:
        sink = Sink(stack)
        port, masks = start_parley(stack, sink, 50)
        nothing = start_nothing(stack)
        measure(port, masks, sink, options)  # warm up
        measure(nothing, masks, None, options)
        pairs = [
            (measure(port, masks, sink, options), measure(nothing, masks, None, options)) for _ in range(options.rounds)
        ]
        p50, p99 = quiet_latency(port, masks, sink, options.size)
    delivered = statistics.median(ours.delivered_per_second for ours, _ in pairs)
    accepted = statistics.median(theirs.accepted_per_second for _, theirs in pairs)
    ratio = statistics.median(ours.delivered_per_second / theirs.accepted_per_second for ours, theirs in pairs)
    loaded = sorted(1000 * wait for ours, _ in pairs for wait in ours.latencies)
    print(f"{options.size} B, {options.connections} connections, {options.mails} mails, {options.rounds} pairs")
    print(f"parley, stored and delivered       {delivered:8.0f} mails/s")
    print(f"aiosmtpd, accepted and forgotten   {accepted:8.0f} mails/s")
    print(f"ratio (median of pairs)            {ratio:8.2f}")
    print(f"250 → sink at 20 mails/s           p50 {p50:.1f} ms, p99 {p99:.1f} ms")
    middle, late = loaded[len(loaded) // 2], loaded[len(loaded) * 99 // 100]
    print(f"250 → sink under full load         p50 {middle:.0f} ms, p99 {late:.0f} ms")


if __name__ == "__main__":
    main()

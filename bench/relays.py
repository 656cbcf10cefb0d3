"""The two relays that are compared: `parley serve` as a user runs it, and a Postfix of our own that passes mail on."""

import asyncio
import json
import shutil
import sys
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from parley.bench import processes
from parley.bench.letters import DOMAIN, SELLER
from parley.bench.processes import Program
from parley.relay.compose.dkim import new_key
from parley.tests.dns_server import DnsServer
from parley.tests.interop.mta import free_port, postfix

_SETTINGS = """
[smtp]
listen = "127.0.0.1:{smtp}"
hostname = "mx.market.example"
connections = 2000
connections_per_ip = 2000
{tls}
[outbound]
port = {sink}
tls = "off"
[links]
listen = "127.0.0.1:{links}"
[dns]
servers = ["{dns}"]
[dkim]
selector = "s"
key_file = "own.pem"
[log]
stderr = false
[notices]
copy_to_writer = false
[[marketplace]]
id = "market"
name = "Market"
reply_domain = "reply.market.example"
"""
_POSTFIX = "debug_peer_list =\nsmtpd_client_connection_count_limit = 0\nsmtpd_error_sleep_time = 0\n"


class Sink:
    """The far end: a process that counts what has come."""

    def __init__(self, program: Program, port: int) -> None:
        self._program = program
        self.port = port

    async def count(self) -> int:
        """Return how many mails have come since the last `take`."""
        return int(await self._program.ask("count"))

    async def wait(self, count: int, seconds: float = 120) -> None:
        """Return when `count` mails have come. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while await self.count() < count:  # noqa: ASYNC110 (another process)
                await asyncio.sleep(0.01)

    async def take(self) -> dict[int, float]:
        """Return mail number → when it came, and forget them."""
        pairs = (pair.partition(":") for pair in (await self._program.ask("take")).split())
        return {int(number): float(at) for number, _, at in pairs}


@dataclass(slots=True)
class Relay:
    """A running relay: where it listens, for whom it takes mail, its first process."""

    name: str
    port: int
    to: list[str]
    pid: int
    of_group: bool = False

    def cpu(self) -> float:
        """Return the seconds of CPU all its processes have used so far."""
        return processes.cpu(processes.group(self.pid) if self.of_group else processes.family(self.pid))


async def start_sink(stack: AsyncExitStack) -> Sink:
    """Start the far end."""
    program = await processes.start(stack, "-m", "parley.bench.sink")
    return Sink(program, int(await program.line()))


async def start_parley(
    stack: AsyncExitStack, sink: Sink, folder: Path, inquiries: int | list[str], tls: str = "", extra: str = ""
) -> Relay:
    """Start a gateway in `folder`. `seller.pem` there signs the seller's mail.

    `inquiries`: how many are opened in it, or the masks of those that are there.
    """
    dns = await _start_dns(stack, folder)
    port, links = free_port(), free_port()
    (folder / "own.pem").write_bytes(new_key()[0])
    config = folder / "relay.toml"
    text = _SETTINGS.format(smtp=port, sink=sink.port, links=links, dns=dns.address, tls=tls)
    config.write_text(text + extra)
    program = await processes.start(stack, "-m", "parley", "--config", config, "serve")
    while await program.line() != "ready":
        pass
    to = await open_inquiries(config, inquiries) if isinstance(inquiries, int) else inquiries
    return Relay("parley", port, to, program.pid)


async def _start_dns(stack: AsyncExitStack, folder: Path) -> DnsServer:
    """Answer for the seller's domain: SPF that lets this machine send, a key, a policy; kept by whoever asks."""
    pem, record = new_key()
    (folder / "seller.pem").write_bytes(pem)
    zone = {
        DOMAIN: [("TXT", "v=spf1 ip4:127.0.0.1 -all")],
        f"s._domainkey.{DOMAIN}": [("TXT", record)],
        f"_dmarc.{DOMAIN}": [("TXT", "v=DMARC1; p=reject")],
    }
    return await stack.enter_async_context(DnsServer(zone, ttl=86_400))


async def open_inquiries(config: Path, count: int) -> list[str]:
    """Open inquiries in a running gateway, mailing nobody; returns the masks that sellers write to."""
    orders = (
        {
            "marketplace": "market",
            "reference": f"B-{number}",
            "subject": "Price",
            "message": "How much?",
            "buyer": {"email": f"buyer{number}@acheteur.example", "name": "Jean"},
            "sellers": [{"email": SELLER, "name": "Anna"}],
        }
        for number in range(count)
    )
    command = ("-m", "parley", "--config", str(config), "inquiry", "create", "--file", "-", "--quiet-mail")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, *command, stdin=pipe, stdout=pipe)
    answer, _ = await process.communicate("\n".join(map(json.dumps, orders)).encode())
    if process.returncode:
        raise SystemExit("the inquiries could not be opened")
    return [str(json.loads(line)["masks"]["buyer"]) for line in answer.decode().splitlines()]


async def start_postfix(stack: AsyncExitStack, sink: Sink, more: str = "") -> Relay | None:
    """Start a Postfix of our own in a temporary folder; None where none is installed or we may not.

    `more`: further lines of its main.cf.
    """
    if not (shutil.which("postfix") and shutil.which("master", path="/usr/lib/postfix/sbin")):
        return None
    try:
        one = await stack.enter_async_context(postfix(free_port(), 1, sink.port, _POSTFIX + more))
    except PermissionError:
        return None
    group = int((one.folder / "queue" / "pid" / "master.pid").read_text())
    return Relay("postfix", one.port, [f"user{number}@acheteur.example" for number in range(100)], group, True)


def temporary(stack: AsyncExitStack) -> Path:
    """Return a folder that is there until `stack` is closed."""
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="parley-bench-")))

"""A real `parley serve` that a test may kill: its folder, its process, its ports, and the recording world outside."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parley.relay import crash
from parley.relay.placing import look
from parley.relay.present import exchange_json
from parley.relay.settings import Settings, load
from parley.store import exchange, inquiries, outbox
from parley.store.values import AttemptRow, DeliveryRow
from parley.tests.gateway import DOMAIN
from parley.tests.ports import Held, hold
from parley.tests.times import LIMIT

SETTINGS = """
[smtp]
listen = "127.0.0.1:{smtp}"
hostname = "mx.market.example"
connections_per_ip = 400
[outbound]
port = {sink}
tls = "off"
retry = {retry}
give_up = "1h"
poll = "1s"
[links]
listen = "127.0.0.1:{links}"
base_url = "http://127.0.0.1:{links}"
[sender]
authentication = "off"
same_an_hour = 0
answers_an_hour = 0
[log]
stderr = false
[notices]
copy_to_writer = false
[operator]
email = "ops@gateway.example"
[[marketplace]]
id = "market"
name = "Market"
reply_domain = "{domain}"
[test]
crash_points = true
"""
_READY = 2 * LIMIT  # seconds a start may take on a busy machine
started: list[Process] = []  # by this test, to be ended with it whatever comes (conftest.py)
ports: list[Held] = []  # kept for this test's gateways while they are down


class Died(Exception):
    """The gateway's process ended before it was ready; the text is what it said."""


@dataclass(slots=True)
class House:
    """One gateway's folder and, while it runs, its process."""

    folder: Path
    sink: int  # the port of the world outside
    retry: str = '["1s"]'
    extra: str = ""
    environment: Mapping[str, str] = field(default_factory=dict[str, str])  # of it and of the command line
    smtp: int = 0
    links: int = 0
    kills: int = 0
    process: Process | None = None

    def __post_init__(self) -> None:
        held = [hold(), hold()]
        self.smtp, self.links = (one.number for one in held)
        ports.extend(held)
        text = SETTINGS.format(smtp=self.smtp, links=self.links, sink=self.sink, retry=self.retry, domain=DOMAIN)
        self.config.write_text(text + self.extra)

    @property
    def config(self) -> Path:
        return self.folder / "relay.toml"

    @property
    def settings(self) -> Settings:
        return load(self.config, self.environment)

    @property
    def database(self) -> Path:
        """The SQLite file."""
        found = self.settings.database
        assert found is not None
        return found

    async def up(
        self,
        *,
        crash_at: str = "",
        around: Sequence[str] = (),
        words: Sequence[str] = (),
    ) -> None:
        """Start it and wait until it is ready. Raises Died. `around` is a command that runs it (strace, prlimit),
        `words` follow `serve`.
        """
        command = [*around, sys.executable, "-m", "parley", "--config", str(self.config), "serve", *words]
        given = {**os.environ, **self.environment} | ({crash.VARIABLE: crash_at} if crash_at else {})
        with (self.folder / "stderr.txt").open("ab") as errors:
            self.process = await asyncio.create_subprocess_exec(
                *command, stdin=DEVNULL, stdout=PIPE, stderr=errors, env=given
            )
        started.append(self.process)
        assert self.process.stdout
        async with asyncio.timeout(_READY):
            async for line in self.process.stdout:
                if line.strip() == b"ready":
                    return
            status = await self.process.wait()
        raise Died(f"status {status}: {self.errors()[-2000:]}")

    async def kill(self) -> None:
        """Take the power away."""
        self.kills += 1
        await self._end(signal.SIGKILL)

    async def down(self, seconds: float = 2 * LIMIT) -> int:
        """Ask it to stop; returns its exit status. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            return await self._end(signal.SIGTERM)

    async def ended(self, seconds: float = 2 * LIMIT) -> int:
        """Wait until it has died by itself; returns its exit status, -9 for SIGKILL."""
        assert self.process
        async with asyncio.timeout(seconds):
            status = await self.process.wait()
        self.kills += status == -signal.SIGKILL
        return status

    async def _end(self, number: signal.Signals) -> int:
        assert self.process
        if self.process.returncode is None:
            self.process.send_signal(number)
        return await self.process.wait()

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.returncode is None

    def errors(self) -> str:
        """What it wrote to stderr so far."""
        return (self.folder / "stderr.txt").read_text(errors="replace")

    async def parley(self, *words: str, stdin: str = "") -> str:
        """Run a command of the command line beside it and return what it printed."""
        command = [sys.executable, "-m", "parley", "--config", str(self.config), *words]
        process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env={**os.environ, **self.environment}
        )
        out, errors = await process.communicate(stdin.encode())
        assert process.returncode == 0, errors.decode()
        return out.decode()

    async def open(self, orders: Sequence[Mapping[str, object]]) -> list[dict[str, Any]]:
        """Open inquiries without their first mails; returns what `parley inquiry create` answers."""
        words = ("inquiry", "create", "--file", "-", "--quiet-mail")
        return [json.loads(line) for line in (await self.parley(*words, stdin=json.dumps(orders))).splitlines()]

    # -- what is recorded, read beside the gateway as the command line does

    def shown(self, id: str) -> dict[str, Any]:
        """What `parley inquiry show --json` prints."""

        def query(connection: Any) -> dict[str, Any]:
            found = inquiries.find(connection, id)
            assert found
            return exchange_json(exchange.load(connection, found.seq), self.settings)

        return self._read(query)

    def waiting(self) -> tuple[DeliveryRow, ...]:
        """The queue."""
        return self._read(lambda connection: outbox.waiting(connection, 1_000_000))

    def deliveries(self) -> list[tuple[DeliveryRow, tuple[AttemptRow, ...]]]:
        """Every delivery with its attempts."""
        return self._read(
            lambda connection: [(row, outbox.attempts(connection, row.seq)) for row in outbox.where(connection)]
        )

    def _read(self, query: Any) -> Any:
        return look(self.settings, query)

    async def drained(self, seconds: float = 2 * LIMIT) -> None:
        """Wait until nothing is queued. Raises TimeoutError that names what still waits."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + seconds
        while rows := await asyncio.to_thread(self.waiting):
            if loop.time() > ends:
                raise TimeoutError(f"{len(rows)} deliveries still wait, the first one: {rows[0]}")
            await asyncio.sleep(0.2)  # another process: there is nothing to wait on but its record

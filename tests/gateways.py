"""Real `parley serve` processes for tests: started, spoken to, stopped, killed."""

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiosmtplib
from parley.relay import control
from parley.tests.times import LIMIT

ROOT = Path(__file__).resolve().parents[1]


@dataclass(slots=True)
class Process:
    """A running `parley serve`."""

    process: asyncio.subprocess.Process
    said: list[str]

    @property
    def port(self) -> int:
        """Of its SMTP door."""
        (line,) = [line for line in self.said if line.startswith("smtp listens")]
        return int(line.rpartition(":")[2])

    async def send(self, mail_from: str, to: str, data: bytes) -> aiosmtplib.SMTPResponse:
        """Hand a mail in; raises what aiosmtplib raises."""
        host = "127.0.0.1"
        client = aiosmtplib.SMTP(
            hostname=host, port=self.port, local_hostname="client.example", timeout=LIMIT, start_tls=False
        )
        async with client:
            await client.mail(mail_from)
            await client.rcpt(to)
            return await client.data(data)

    async def kill(self) -> None:
        """A crash: no handler runs."""
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> int:
        """SIGTERM; returns the exit status."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        return await self.process.wait()


async def start(config: Path, *words: str) -> Process:
    """Start `parley serve` and wait until it is ready."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "parley", "--config", str(config), "serve", *words, stdout=asyncio.subprocess.PIPE
    )
    said: list[str] = []
    assert process.stdout is not None
    async with asyncio.timeout(LIMIT):
        async for line in process.stdout:
            said.append(line.decode().strip())
            if said[-1] == "ready":
                return Process(process, said)
    raise AssertionError(f"not ready: {said}, status {await process.wait()}")


async def until(happened: Callable[[], bool], seconds: float = LIMIT) -> None:
    """Wait for what another process does. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not happened():  # noqa: ASYNC110 (another process wakes nobody)
            await asyncio.sleep(0.05)


@asynccontextmanager
async def serving(config: Path, *words: str) -> AsyncGenerator[Process]:
    """A running `parley serve` until the block ends."""
    one = await start(config, *words)
    try:
        yield one
    finally:
        await one.stop()


async def command(config: Path, name: str, argument: object) -> Any:
    """Have the running gateway do what a `parley` command does."""
    return await asyncio.to_thread(control.call, config.parent / "var/parley.sock", name, argument)

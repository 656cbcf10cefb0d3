"""A process that sends mail: each on a connection of its own, as fast as it is taken, or so many a second.

Takes one job (JSON of `Job`) on its input. It makes the mails first, says `ready`, waits for a line, sends, and prints
JSON `[[number, begun, accepted], …]` in seconds of the monotonic clock, which all processes share.
"""

import asyncio
import json
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

from parley.bench.letters import SELLER, Letters
from parley.relay.compose.dkim import Signer, read_key


@dataclass(frozen=True, slots=True)
class Job:
    """What to send where. `rate` in mails a second, 0 for as fast as it goes; `key`: path of what signs them, or ""."""

    port: int
    to: list[str]
    numbers: tuple[int, int]
    connections: int
    size: int
    rate: float = 0
    key: str = ""

    def json(self) -> str:
        """Return it as one line."""
        return json.dumps(asdict(self))


@dataclass(slots=True)
class Sent:
    """One mail under way."""

    number: int
    to: str
    data: bytes
    begun: float = 0
    accepted: float = 0


class Client(asyncio.Protocol):
    """One connection that sends one mail; `done` is set when the server has hung up."""

    def __init__(self, mail: Sent) -> None:
        self._mail = mail
        self._buffer = b""
        self._steps = iter(
            (
                b"EHLO bench.example\r\n",
                f"MAIL FROM:<{SELLER}>\r\n".encode(),
                f"RCPT TO:<{mail.to}>\r\n".encode(),
                b"DATA\r\n",
                mail.data + b".\r\n",
                b"QUIT\r\n",
                b"",
            )
        )
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        cast(socket.socket, transport.get_extra_info("socket")).setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        *lines, self._buffer = (self._buffer + data).split(b"\r\n")
        for line in lines:
            if line[3:4] == b"-":
                continue
            if line[:1] not in (b"2", b"3"):
                self._end(SystemExit(line.decode()))
                return
            step = next(self._steps)
            if step == b"QUIT\r\n":
                self._mail.accepted = time.monotonic()
            if step:
                self._transport.write(step)
            else:
                self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc if self._mail.accepted == 0 else None)

    def _end(self, error: BaseException | None) -> None:
        if self.done.done():
            return
        if error:
            self.done.set_exception(error if isinstance(error, Exception) else ConnectionError(str(error)))
        else:
            self.done.set_result(None)


async def _one(job: Job, mail: Sent) -> None:
    mail.begun = time.monotonic()
    _, client = await asyncio.get_running_loop().create_connection(lambda: Client(mail), "127.0.0.1", job.port)
    await client.done


async def _all(job: Job, mails: Iterator[Sent]) -> None:
    for mail in mails:
        await _one(job, mail)


async def _paced(job: Job, mails: list[Sent]) -> None:
    begun = time.monotonic() + 0.1

    async def later(place: int, mail: Sent) -> None:
        await asyncio.sleep(begun + place / job.rate - time.monotonic())
        await _one(job, mail)

    await asyncio.gather(*(later(place, mail) for place, mail in enumerate(mails)))


async def send(job: Job, mails: list[Sent]) -> None:
    """Send them all."""
    if job.rate:
        await _paced(job, mails)
        return
    rest = iter(mails)
    await asyncio.gather(*(_all(job, rest) for _ in range(job.connections)))


def main() -> None:
    job = Job(**json.loads(sys.stdin.readline()))
    signer = Signer((read_key(Path(job.key).read_bytes(), "s"),)) if job.key else None
    letters = Letters(job.size, signer)
    made: list[Sent] = []
    for number in range(*job.numbers):
        to = job.to[number % len(job.to)]
        made.append(Sent(number, to, letters.letter(number, to)))
    print("ready", flush=True)
    sys.stdin.readline()
    asyncio.run(send(job, made))
    print(json.dumps([(mail.number, mail.begun, mail.accepted) for mail in made]), flush=True)


if __name__ == "__main__":
    main()

"""A real SMTP door on loopback with a small gatekeeper that records, for the tests of the door alone."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from parley.relay.arrival import Arrival, Hit, MaskHit, OperatorHit
from parley.relay.clock import Clock, utc_now
from parley.relay.errors import CLOSED, NO_FROM, NO_SUCH_ADDRESS, Refused, Reply, StoreUnavailable, kept
from parley.relay.inbound.connection import Connection
from parley.relay.inbound.server import SmtpDoor
from parley.relay.journal import Journal
from parley.relay.mail.raw import Spool
from parley.relay.settings import SmtpSettings
from parley.tests.times import LIMIT

DOMAIN = "reply.example"
SECRET = "the-words-of-the-exception"


class Book:
    """A gatekeeper. Local parts say what it does: buyer-*, seller-*, postmaster, abuse are known, and see below."""

    def __init__(self) -> None:
        self.kept: list[Arrival] = []
        self.asked = 0
        self.cancelled = 0
        self.begun = asyncio.Event()  # a mail to hold@ has arrived
        self.release = asyncio.Event()  # and may be kept

    async def resolve(self, local: str, domain: str) -> Hit | Reply:
        self.asked += 1
        local = local.lower().partition("+")[0]
        if local in ("postmaster", "abuse") and domain.lower() in ("", DOMAIN):
            return OperatorHit(local)
        if domain.lower() != DOMAIN:
            return NO_SUCH_ADDRESS
        if local == "fault":
            raise RuntimeError(SECRET)
        if local == "closed":
            return CLOSED
        if local.startswith(("buyer-", "seller-")) or local in ("crash", "full", "refuse", "hold"):
            return MaskHit(f"{local}@{domain.lower()}", 1, local.partition("-")[0])
        return NO_SUCH_ADDRESS

    async def receive(self, arrival: Arrival) -> Reply:
        to = {hit.address.partition("@")[0] for hit in arrival.hits}
        if "crash" in to:
            raise RuntimeError(SECRET)
        if "full" in to:
            raise StoreUnavailable(SECRET)
        if "refuse" in to:
            raise Refused(NO_FROM)
        if "hold" in to:
            await self._hold()
        self.kept.append(replace(arrival, content=arrival.data))  # a large mail is in a file until it is answered
        return kept(arrival.id)

    async def _hold(self) -> None:
        self.begun.set()
        try:
            await self.release.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise


class Client:
    """A client that sends what it is told to and reads replies; a read takes a minute at most."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def line(self) -> str:
        """One line of a reply without its line end, "" when the server has closed."""
        try:
            line = await asyncio.wait_for(self.reader.readline(), LIMIT)
        except ConnectionError:
            return ""
        assert not line or line.endswith(b"\r\n"), line
        return line.decode("ascii").removesuffix("\r\n")

    async def reply(self) -> str:
        """The last line of the next reply."""
        line = await self.line()
        while line[3:4] == "-":
            line = await self.line()
        return line

    async def ask(self, command: str) -> str:
        await self.send(command.encode() + b"\r\n")
        return await self.reply()

    async def begin(self, *recipients: str) -> None:
        """Everything up to the 354."""
        assert (await self.ask("MAIL FROM:<seller@acme.example>")).startswith("250 2.1.0")
        for recipient in recipients:
            assert (await self.ask(f"RCPT TO:<{recipient}@{DOMAIN}>")).startswith("250 2.1.5")
        assert (await self.ask("DATA")).startswith("354 ")

    async def mail(self, *recipients: str, data: bytes = b"From: a@acme.example\r\n\r\nhello\r\n") -> str:
        await self.begin(*recipients)
        await self.send(data + b".\r\n")
        return await self.reply()

    async def start_tls(self, context: ssl.SSLContext) -> None:
        await self.writer.start_tls(context, server_hostname="mx.reply.example")

    async def closed(self) -> bool:
        """Whether the server has closed and everything it said was read."""
        return not await self.line()

    async def close(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except (ConnectionError, ssl.SSLError):
            return


@dataclass(slots=True)
class OpenDoor:
    """What a test sees of a running door."""

    port: int
    book: Book
    door: SmtpDoor
    log: list[str] = field(default_factory=list[str])
    clients: list[Client] = field(default_factory=list[Client])

    async def connect(self) -> Client:
        """A client that has said and heard nothing yet. It is closed with the door at the latest."""
        client = Client(*await asyncio.open_connection("127.0.0.1", self.port, limit=2**20))
        self.clients.append(client)
        return client

    async def greeted(self) -> Client:
        """A client that has said EHLO."""
        client = await self.connect()
        assert (await client.reply()).startswith("220 ")
        assert (await client.ask("EHLO client.example")).startswith("250")
        return client

    async def holding(self) -> Client:
        """A client whose mail is in the gatekeeper's hands until `book.release` is set."""
        client = await self.greeted()
        await client.begin("hold")
        await client.send(b"hello\r\n.\r\n")
        await asyncio.wait_for(self.book.begun.wait(), LIMIT)
        return client

    def accepted(self) -> list[Connection]:
        """The door's own side of the connections that are open."""
        return list(self.door._connections)  # pyright: ignore[reportPrivateUsage]

    def coming(self) -> int:
        """Octets that count as coming in."""
        return self.door._context.admission._coming  # pyright: ignore[reportPrivateUsage]

    def forget_the_room(self) -> None:
        """Let the door look at the disk again now."""
        self.door._context.admission._asked = float("-inf")  # pyright: ignore[reportPrivateUsage]

    async def gone(self, *connections: Connection) -> None:
        """Wait until the door knows that these are over."""
        async with asyncio.timeout(LIMIT):
            await asyncio.wait([connection.finished for connection in connections])

    async def one_gone(self, connections: list[Connection]) -> None:
        """Wait until the door knows that one of these is over."""
        finished = [connection.finished for connection in connections]
        async with asyncio.timeout(LIMIT):
            await asyncio.wait(finished, return_when=asyncio.FIRST_COMPLETED)

    def logged(self, event: str) -> list[str]:
        return [line for line in self.log if f": {event} " in line]


@asynccontextmanager
async def open_door(
    settings: Mapping[str, object] | None = None,
    tls: ssl.SSLContext | None = None,
    clock: Clock = utc_now,
    room: Callable[[], int] = lambda: 10**12,
) -> AsyncGenerator[OpenDoor]:
    """Run a door on a free port; `settings` are those of [smtp]."""
    values: dict[str, object] = {"listen": "127.0.0.1:0", "hostname": "mx.reply.example"}
    if tls:
        values |= {"tls_certificate": "given", "tls_key": "given"}
    values |= settings or {}
    log: list[str] = []
    book = Book()
    with TemporaryDirectory() as folder:
        spool = Spool(Path(folder))
        door = SmtpDoor(SmtpSettings.model_validate(values), book, Journal(log.append), clock, tls, room, spool=spool)
        door._context.admission._patience = LIMIT  # pyright: ignore[reportPrivateUsage]
        _, port = await door.start()
        opened = OpenDoor(port, book, door, log)
        try:
            yield opened
        finally:
            book.release.set()
            await door.stop(grace=0)
            for client in opened.clients:
                await client.close()


async def until(true: Callable[[], object]) -> None:
    """Wait for something that only the door's own values show."""
    async with asyncio.timeout(LIMIT):
        while not true():  # noqa: ASYNC110 (a turn of the loop each)
            await asyncio.sleep(0)


def held_up(connection: Connection) -> bool:
    """Whether nothing is read because the disk is behind."""
    return connection._held_up  # pyright: ignore[reportPrivateUsage]


def unread(connection: Connection) -> bool:
    """Whether more has come than was read."""
    return connection._unread()  # pyright: ignore[reportPrivateUsage]


def come(connection: Connection) -> int:
    """Octets of the mail in DATA that have come."""
    content = connection._content  # pyright: ignore[reportPrivateUsage]
    return content.size if content else 0

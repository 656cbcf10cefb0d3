"""The demo's three mailboxes: one real SMTP server on loopback, which is the gateway's smarthost.

A mailbox keeps the bytes that really came, and the bytes its owner really sent. Each mail is a file in the
demo's folder, so that `--keep` finds them again.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from aiosmtpd.smtp import SMTP, Envelope, Session

from .people import Person

Way = Literal["in", "out"]

_MOST_BYTES = 50_000_000
_LONGEST_LINE = 1_000_000  # real servers take far more than the 1,000 of RFC 5321


@dataclass(frozen=True, slots=True)
class Kept:
    """One mail in a mailbox."""

    number: int  # from 1, in the order of arrival
    way: Way  # in: it came over SMTP; out: its owner sent it
    at: datetime
    raw: bytes


@dataclass(slots=True)
class Mailbox:
    """What one person has."""

    person: Person
    folder: Path
    mails: list[Kept] = field(default_factory=list[Kept])

    def load(self) -> None:
        """Take up the mails of an earlier run."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(self.folder.glob("[0-9]*-*.eml")):
            way: Way = "out" if path.stem.endswith("-out") else "in"
            self.mails.append(Kept(len(self.mails) + 1, way, _written(path), path.read_bytes()))

    def add(self, way: Way, raw: bytes) -> Kept:
        """Keep a mail, in memory and as a file."""
        number = len(self.mails) + 1
        path = self.folder / f"{number:05d}-{way}.eml"
        path.write_bytes(raw)
        kept = Kept(number, way, _written(path), raw)
        self.mails.append(kept)
        return kept

    def get(self, number: int) -> Kept | None:
        """Return a mail by its number."""
        return self.mails[number - 1] if 0 < number <= len(self.mails) else None


def _written(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


Changed = Callable[[Mailbox, Kept], None]


class Mailboxes:
    """The SMTP server and its mailboxes. `changed` is called for every new mail, in the event loop."""

    def __init__(self, people: Sequence[Person], folder: Path, changed: Changed) -> None:
        self._boxes = {person.key: Mailbox(person, folder / person.key) for person in people}
        self._changed = changed
        self._server: asyncio.Server | None = None
        self._open: set[_Connection] = set()
        self._news = asyncio.Event()
        for box in self._boxes.values():
            box.load()

    async def start(self, port: int = 0) -> tuple[str, int]:
        """Listen on loopback and return the address."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self, self._open, loop), "127.0.0.1", port)
        host, used = self._server.sockets[0].getsockname()[:2]
        return str(host), int(used)

    async def stop(self) -> None:
        """Close the server and what is still connected to it."""
        if self._server is not None:
            self._server.close()
            for connection in tuple(self._open):
                connection.cut()
            await asyncio.gather(*(connection.gone.wait() for connection in tuple(self._open)))
            self._server = None

    def all(self) -> tuple[Mailbox, ...]:
        """Every mailbox, in the order of the cast."""
        return tuple(self._boxes.values())

    def of(self, key: str) -> Mailbox | None:
        """Return a mailbox by its person's key."""
        return self._boxes.get(key)

    def at(self, address: str) -> Mailbox | None:
        """Return the mailbox with this address."""
        wanted = address.casefold()
        return next((box for box in self._boxes.values() if box.person.email.casefold() == wanted), None)

    def add(self, box: Mailbox, way: Way, raw: bytes) -> None:
        """Keep a mail and tell it."""
        self._changed(box, box.add(way, raw))
        self._news.set()

    async def received(self, box: Mailbox, count: int, seconds: float) -> Kept:
        """Return the mail that is number `count` of those that came in. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while len(came := [kept for kept in box.mails if kept.way == "in"]) < count:
                self._news.clear()
                await self._news.wait()
        return came[count - 1]

    # -- what aiosmtpd calls

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take mail for the people of the demo only."""
        if self.at(address) is None:
            return "550 5.1.1 There is no such mailbox in this demo"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep the mail as it came, once per mailbox."""
        boxes = {box.person.key: box for box in map(self.at, envelope.rcpt_tos) if box is not None}
        raw = envelope.content
        for box in boxes.values():
            self.add(box, "in", raw if isinstance(raw, bytes) else (raw or "").encode())
        return "250 2.0.0 Kept in the demo's mailbox"


class _Connection(SMTP):
    """One SMTP connection that can be cut when the demo ends."""

    line_length_limit = _LONGEST_LINE

    def __init__(self, mailboxes: Mailboxes, open_ones: "set[_Connection]", loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            mailboxes, hostname="mailboxes.example", enable_SMTPUTF8=True, data_size_limit=_MOST_BYTES, loop=loop
        )
        self._open_ones = open_ones
        self.gone = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the connection."""
        super().connection_made(transport)
        self._open_ones.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        """Forget the connection."""
        super().connection_lost(error)
        self._open_ones.discard(self)
        self.gone.set()

    def cut(self) -> None:
        """Close the connection now."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

"""A whole gateway on loopback for story tests, with a recording peer as its smarthost."""

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path
from typing import Any

import aiosmtplib
from parley.relay.actions.create import Created, create
from parley.relay.app import Gateway
from parley.relay.clock import Clock, utc_now
from parley.relay.journal import Journal
from parley.relay.order import read_order
from parley.relay.present import exchange_json
from parley.relay.settings import Settings, parse
from parley.store import exchange, inquiries, outbox
from parley.tests.peer import Got, Peer
from parley.tests.times import LIMIT

BUYER, SELLER, COLLEAGUE = "jean@acheteur.example", "anna@werk.example", "ben@werk.example"
DOMAIN = "reply.market.example"

ORDER: Mapping[str, object] = {
    "marketplace": "market",
    "reference": "MK-1001",
    "subject": "Price for 12 pumps",
    "message": "Hello,\n\nwhat would twelve P-200 pumps cost?\n\nJean",
    "wishes": ["quote"],
    "product": {"name": "P-200", "url": "https://market.example/p-200"},
    "company": {"name": "Werk GmbH"},
    "buyer": {"email": BUYER, "name": "Jean Dupont", "company": "Acheteur SA", "phone": "+33 1 23 45 67 89"},
    "sellers": [{"email": SELLER, "name": "Anna Weber"}],
}


NO_PROOF = 'authentication = "off"'


def settings_text(peer_port: int, extra: str = "", *, copy: bool = False, sender: str = NO_PROOF) -> str:
    return f"""
[smtp]
listen = "127.0.0.1:0"
hostname = "mx.market.example"
[outbound]
port = {peer_port}
retry = ["1m", "5m", "1h"]
give_up = "2h"
[links]
listen = "127.0.0.1:0"
base_url = "http://127.0.0.1:1"
[sender]
{sender}
[log]
stderr = false
[notices]
copy_to_writer = {"true" if copy else "false"}
[operator]
email = "ops@gateway.example"
[[marketplace]]
id = "market"
name = "Market"
reply_domain = "{DOMAIN}"
{extra}
"""


@dataclass(slots=True)
class Running:
    """A started gateway and what a story asks of it."""

    gateway: Gateway
    peer: Peer
    lines: list[str]
    written: asyncio.Event

    async def open(self, **changes: object) -> Created:
        """Open an inquiry; `changes` replace parts of ORDER."""
        return await create(self.gateway.world, read_order({**ORDER, **changes}))

    async def send(self, mail_from: str, to: str | list[str], data: bytes | str) -> aiosmtplib.SMTPResponse:
        """Hand a mail to the gateway over SMTP; raises what aiosmtplib raises."""
        host, port = self.gateway.smtp_address
        client = aiosmtplib.SMTP(
            hostname=host, port=port, local_hostname="client.example", timeout=LIMIT, start_tls=False
        )
        async with client:
            await client.mail(mail_from)
            for address in [to] if isinstance(to, str) else to:
                await client.rcpt(address)
            return await client.data(data)

    async def show(self, id: str) -> dict[str, Any]:
        """What `parley inquiry show --json` would print."""
        world = self.gateway.world
        found = await world.store.read(lambda c: inquiries.find(c, id))
        assert found is not None
        loaded = await world.store.read(lambda c: exchange.load(c, found.seq))
        return exchange_json(loaded, world.settings)

    def logged(self, event: str) -> list[str]:
        """The journal lines of one event."""
        return [line for line in self.lines if line.split()[2] == event]

    async def wait_for(self, event: str, count: int = 1, seconds: float = LIMIT) -> list[str]:
        """Return the journal lines of one event once there are `count` of them. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while len(self.logged(event)) < count:
                self.written.clear()
                await self.written.wait()
        return self.logged(event)

    async def quiet(self, seconds: float = LIMIT) -> None:
        """Return once nothing waits to be sent. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while True:
                self.written.clear()
                if not await self.gateway.world.store.read(lambda c: outbox.waiting(c, 1)):
                    return
                await self.written.wait()


ENGINE = ""  # the store's URL, "" for SQLite in the gateway's folder; set by the fixture `engines`


def environment() -> dict[str, str]:
    """The environment that says which engine the gateway works on."""
    return {"PARLEY_STORE__URL": ENGINE} if ENGINE else {}


def make_settings(
    folder: Path,
    peer: Peer,
    extra: str = "",
    *,
    copy: bool = False,
    sender: str = NO_PROOF,
    outbound: Mapping[str, str] | None = None,
) -> Settings:
    given = environment() | {f"PARLEY_OUTBOUND__{key.upper()}": value for key, value in (outbound or {}).items()}
    return parse(settings_text(peer.port, extra, copy=copy, sender=sender), "test", folder, given)


@asynccontextmanager
async def running(
    folder: Path,
    peer: Peer,
    *,
    clock: Clock = utc_now,
    extra: str = "",
    copy: bool = False,
    sender: str = NO_PROOF,
    outbound: Mapping[str, str] | None = None,
) -> AsyncGenerator[Running]:
    """Run a gateway in `folder` until the block ends."""
    lines: list[str] = []
    written = asyncio.Event()
    loop = asyncio.get_running_loop()

    def write(line: str) -> None:
        lines.append(line)
        loop.call_soon_threadsafe(written.set)

    journal = Journal(write, clock=clock)
    settings = make_settings(folder, peer, extra, copy=copy, sender=sender, outbound=outbound)
    gateway = Gateway(settings, journal, clock)
    async with gateway:
        yield Running(gateway, peer, lines, written)


def mail(
    sender: str,
    to: str,
    text: str,
    *,
    subject: str = "Re: Price for 12 pumps",
    message_id: str = "",
    references: str = "",
) -> bytes:
    """A small honest mail, as bytes with CRLF line ends."""
    lines = [f"From: {sender}", f"To: {to}", f"Subject: {subject}", "Date: Mon, 23 Nov 2026 09:00:00 +0100"]
    lines += [f"Message-ID: <{message_id}>"] if message_id else []
    lines += [f"In-Reply-To: {references.rsplit(maxsplit=1)[-1]}", f"References: {references}"] if references else []
    lines += ["MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"]
    return "\r\n".join([*lines, "", *text.split("\n"), ""]).encode()


def opened(got: Got) -> Message:
    """A recorded mail, parsed by the standard library (a stranger's parser, on purpose)."""
    return message_from_bytes(got.data)


def header(got: Got, name: str) -> str:
    """A decoded header of a recorded mail, unfolded."""
    value = re.sub(r"\r?\n[ \t]", " ", str(opened(got)[name] or ""))
    return str(make_header(decode_header(value)))


def body(got: Got, kind: str = "text/plain") -> str:
    """The decoded text of the first part of this type."""
    for part in opened(got).walk():
        if part.get_content_type() == kind:
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            return payload.decode().replace("\r\n", "\n")
    return ""


def to(mails: list[Got], address: str) -> list[Got]:
    """The mails whose recipient is `address`."""
    return [got for got in mails if address in got.rcpt]

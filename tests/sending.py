"""What the tests of outgoing SMTP share: a mail, and a transport with a peer as smarthost."""

import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from parley.relay.outbound.transport import Envelope, Outcome, Transport
from parley.relay.settings import OutboundSettings, Settings, SmtpSettings

from .peer import Peer

ENVELOPE = Envelope("bounce-x@reply.example", "ann@b.example")
DATA = b"Subject: hello\r\n\r\nHello.\r\n.\r\n..two\r\n"


def settings(peer: Peer, **outbound: object) -> Settings:
    """Settings with the peer as smarthost."""
    given = {"host": peer.host, "port": peer.port, "tls": "off", "timeout": "1h"} | outbound
    return Settings(
        outbound=OutboundSettings.model_validate(given), smtp=SmtpSettings(hostname="mx.reply.example"), root=Path("/")
    )


@asynccontextmanager
async def to(peer: Peer, trust: ssl.SSLContext | None = None, **outbound: object) -> AsyncGenerator[Transport]:
    """A transport with the peer as smarthost."""
    transport = Transport(settings(peer, **outbound), trust=trust)
    try:
        yield transport
    finally:
        await transport.close()


async def mails(peer: Peer, transport: Transport, n: int) -> list[Outcome]:
    """Send n mails one after the other."""
    return [await transport.send(ENVELOPE, DATA) for _ in range(n)]


def trusting(peer: Peer) -> ssl.SSLContext:
    """What trusts the peer's authority alone."""
    context = ssl.create_default_context()
    assert peer.ca is not None
    peer.ca.configure_trust(context)  # pyright: ignore[reportUnknownMemberType]
    return context

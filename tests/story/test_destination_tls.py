"""TLS by domain, in one route and to one mail host: what a rule asks for holds for its domain and for no other."""

import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from parley.relay.outbound.transport import Envelope, Outcome, Transport
from parley.relay.sections_outbound import OutboundDestination
from parley.relay.settings import OutboundSettings, Settings, SmtpSettings
from parley.tests.peer import Extension, Peer
from parley.tests.sending import DATA
from parley.tests.story.test_transport_tls import trusting
from parley.tests.unit.test_mx import Zone, name_server

DOMAINS = ("required.example", "opportunistic.example", "off.example", "other.example")
ZONE: Zone = {("localhost", "A"): ["127.0.0.1"], **{(domain, "MX"): ["10 localhost."] for domain in DOMAINS}}
RULES = (
    OutboundDestination(domain="Required.example", tls="required"),
    OutboundDestination(domain="opportunistic.example", tls="opportunistic"),
    OutboundDestination(domain="off.example", tls="off"),
)
OFFERED: tuple[Extension, ...] = ("STARTTLS", "PIPELINING", "SIZE")
REQUIRED, OPPORTUNISTIC, OFF, OTHER = (Envelope("bounce-x@reply.example", f"ann@{domain}") for domain in DOMAINS)


@asynccontextmanager
async def sending(peer: Peer, trust: ssl.SSLContext | None = None) -> AsyncGenerator[Transport]:
    """A transport by MX, in the clear but for the domains with rules."""
    async with name_server(ZONE) as (_, dns):
        outbound = OutboundSettings(route="mx", tls="off", private_networks=("127.0.0.0/8",), destination=RULES)
        us = SmtpSettings(hostname="us.example")
        transport = Transport(Settings(outbound=outbound, dns=dns, smtp=us), mx_port=peer.port, trust=trust)
        try:
            yield transport
        finally:
            await transport.close()


def told(peer: Peer) -> dict[str, bool]:
    """Whose mails came, and whether under TLS."""
    return {got.rcpt[0].partition("@")[2].partition(".")[0]: got.tls for got in peer.mails}


def not_sent(outcome: Outcome) -> bool:
    return (outcome.state, outcome.stage, outcome.cause) == ("deferred", "tls", "")


async def test_each_domain_has_what_its_rule_asks_for() -> None:
    async with Peer(offers=OFFERED) as peer, sending(peer, trusting(peer)) as transport:
        for _ in range(2):  # the second time over the connections that were kept
            for envelope in (OFF, REQUIRED, OTHER, OPPORTUNISTIC):
                assert (await transport.send(envelope, DATA)).state == "sent"
        assert told(peer) == {"off": False, "required": True, "other": False, "opportunistic": True}
        assert (len(peer.mails), peer.connections) == (8, 3)  # in the clear both go one way


async def test_a_certificate_that_nobody_vouches_for_is_enough_where_tls_is_not_required() -> None:
    async with Peer(offers=OFFERED) as peer, sending(peer) as transport:
        assert (await transport.send(OPPORTUNISTIC, DATA)).state == "sent"
        assert not_sent(await transport.send(REQUIRED, DATA))
        assert told(peer) == {"opportunistic": True}


@pytest.mark.parametrize("refused", [True, False])
async def test_where_tls_is_not_to_be_had_only_the_domain_that_requires_it_waits(refused: bool) -> None:
    async with Peer(offers=OFFERED) as peer, sending(peer, trusting(peer)) as transport:
        if refused:
            peer.refuse("starttls", 454, "4.7.0 not now")
        else:
            peer.offers = ("PIPELINING", "SIZE")
        assert (await transport.send(OPPORTUNISTIC, DATA)).state == "sent"
        assert not_sent(await transport.send(REQUIRED, DATA))
        assert (await transport.send(OFF, DATA)).state == "sent"
        assert told(peer) == {"opportunistic": False, "off": False}

"""To whom a mail is handed: the smarthost, or the mail hosts of the domain in their order."""

import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from parley.relay.outbound.transport import Envelope, Transport
from parley.relay.settings import OutboundSettings, Settings, SmtpSettings
from parley.tests.peer import Peer
from parley.tests.sending import DATA, ENVELOPE, settings
from parley.tests.unit.test_mx import Zone, name_server


@asynccontextmanager
async def mx_transport(zone: Zone, port: int) -> AsyncGenerator[Transport]:
    async with name_server(zone) as (_, dns):
        outbound = OutboundSettings(
            route="mx",
            tls="off",
            timeout=timedelta(seconds=5),
            username="never-told",
            private_networks=("127.0.0.0/8", "::1"),
        )
        us = SmtpSettings(hostname="us.example")
        transport = Transport(Settings(outbound=outbound, dns=dns, smtp=us), mx_port=port)
        try:
            yield transport
        finally:
            await transport.close()


def loopback6() -> bool:
    """True when ::1 can be listened on."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


ZONE: Zone = {
    ("b.example", "MX"): ["10 one.example.", "20 two.example."],
    ("one.example", "AAAA"): ["::1"],
    ("two.example", "A"): ["127.0.0.1"],
}


async def test_by_mx_a_host_that_is_down_is_passed_over() -> None:
    async with Peer() as peer, mx_transport(ZONE, peer.port) as transport:
        outcome = await transport.send(ENVELOPE, DATA)
        assert (outcome.state, outcome.host) == ("sent", f"two.example[127.0.0.1]:{peer.port}")
        assert transport.describe(ENVELOPE) == "mx of b.example"


@pytest.mark.skipif(not loopback6(), reason="this machine has no IPv6 loopback to put a second mail host on")
async def test_by_mx_a_host_that_is_busy_at_the_greeting_is_passed_over_but_not_its_word_about_the_mail() -> None:
    async with Peer() as peer, Peer(host="::1", port=peer.port) as first, mx_transport(ZONE, peer.port) as out:
        first.refuse("greeting", 421, "busy", times=1)
        assert (await out.send(ENVELOPE, DATA)).state == "sent"
        assert (len(first.mails), len(peer.mails)) == (0, 1)
        first.refuse("rcpt", 451, "later", times=1)
        outcome = await out.send(ENVELOPE, DATA)
        assert (outcome.state, outcome.code, outcome.stage) == ("deferred", 451, "rcpt")
        assert (await out.send(ENVELOPE, DATA)).state == "sent"
        assert (len(first.mails), len(peer.mails)) == (1, 1)


async def test_by_mx_what_dns_says_is_the_outcome() -> None:
    async with mx_transport({("null.example", "MX"): ["0 ."]}, 1) as transport:
        outcome = await transport.send(Envelope("", "ann@null.example"), DATA)
        assert (outcome.state, outcome.enhanced, outcome.stage) == ("failed", "5.1.10", "connect")


async def test_by_mx_hosts_nobody_writes_to_any_more_are_forgotten() -> None:
    zone: Zone = {(f"d{n}.example", "A"): ["127.0.0.1"] for n in range(3, 60)}
    async with mx_transport(zone, 1) as transport:
        for n in range(3, 60):
            assert (await transport.send(Envelope("", f"ann@d{n}.example"), DATA)).stage == "connect"
        assert len(vars(transport)["_pools"]) == 1


def test_the_smarthost_is_described_by_its_address() -> None:
    assert Transport(settings(Peer(port=1234))).describe(ENVELOPE) == "127.0.0.1:1234"

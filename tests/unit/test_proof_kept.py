"""What was concluded from the DNS is not concluded again while its answers hold, and not a moment longer."""

import time
from collections.abc import AsyncGenerator

import dns.rcode
import pytest
from parley.relay.inbound.proof import Proof, Prover
from parley.relay.inbound.proof.kept import MOST, Kept
from parley.relay.mail.addresses import read_from
from parley.relay.nameservers import NameServers, Unavailable, resolver_of
from parley.tests.dns_server import DnsServer
from parley.tests.signing import Letter, arrival

FROM = "Jean <jean@acme.example>"
IP, OTHER_IP = "192.0.2.1", "203.0.113.66"


@pytest.fixture
async def zone() -> AsyncGenerator[DnsServer]:
    """Acme sends from one address and asks for rejection."""
    async with DnsServer() as server:
        server.add("acme.example", "TXT", f"v=spf1 ip4:{IP} -all")
        server.add("_dmarc.acme.example", "TXT", "v=DMARC1; p=reject")
        yield server


async def prove(prover: Prover, local: str = "jean", ip: str = IP) -> Proof:
    author = read_from([FROM.encode()]).address
    return await prover.prove(arrival(Letter(FROM).data, f"{local}@acme.example", ip), author)


async def test_while_the_answers_hold_nobody_is_asked_and_all_is_the_same(zone: DnsServer) -> None:
    prover = Prover(zone.settings, "mx.reply.example")
    first = await prove(prover)
    asked = len(zone.asked)
    zone.remove("acme.example")
    zone.remove("_dmarc.acme.example")
    assert first.proved
    assert await prove(prover) == first
    assert len(zone.asked) == asked


async def test_another_client_is_judged_by_itself(zone: DnsServer) -> None:
    prover = Prover(zone.settings, "mx.reply.example")
    results = [(await prove(prover, ip=ip)).spf.result for ip in (IP, OTHER_IP, IP, OTHER_IP)]
    assert results == ["pass", "fail", "pass", "fail"]


async def test_answers_without_a_time_to_live_are_asked_again(zone: DnsServer) -> None:
    zone.ttl = 0
    prover = Prover(zone.settings, "mx.reply.example")
    assert (await prove(prover)).dmarc.policy == "reject"
    zone.remove("acme.example")
    zone.remove("_dmarc.acme.example")
    zone.add("_dmarc.acme.example", "TXT", "v=DMARC1; p=none")
    after = await prove(prover)
    assert (after.spf.result, after.dmarc.policy) == ("none", "none")


async def test_what_could_not_be_had_is_asked_again(zone: DnsServer) -> None:
    prover = Prover(zone.settings, "mx.reply.example")
    zone.trouble |= {"acme.example": dns.rcode.SERVFAIL, "_dmarc.acme.example": dns.rcode.SERVFAIL}
    unsure = await prove(prover)
    assert (unsure.spf.result, unsure.dmarc.result) == ("temperror", "temperror")
    zone.trouble.clear()
    assert (await prove(prover)).proved


@pytest.mark.parametrize("include", ["", "include:more.example "])
async def test_a_record_that_asks_for_the_sender_speaks_of_this_mail_only(zone: DnsServer, include: str) -> None:
    record = "v=spf1 exists:%{l}.ok.acme.example -all"
    zone.remove("acme.example")
    zone.add("acme.example", "TXT", f"v=spf1 {include}-all" if include else record)
    zone.add("more.example", "TXT", record)
    zone.add("jean.ok.acme.example", "A", "127.0.0.2")
    prover = Prover(zone.settings, "mx.reply.example")
    results = [(await prove(prover, local)).spf.result for local in ("jean", "eve", "jean")]
    assert results == ["pass", "fail", "pass"]


async def test_the_first_answer_that_ends_tells_how_long_a_conclusion_holds(zone: DnsServer) -> None:
    zone.add("brief.example", "TXT", "one")
    resolver = resolver_of(zone.settings)
    servers = NameServers(resolver)
    await servers.texts("acme.example")
    long = servers.until
    assert long > time.time()
    zone.ttl = 0
    await servers.texts("brief.example")
    assert servers.until <= time.time()
    again = NameServers(resolver)
    await again.texts("acme.example")
    assert again.until == long
    zone.trouble["bad.example"] = dns.rcode.SERVFAIL
    with pytest.raises(Unavailable):
        await again.texts("bad.example")
    assert again.until == 0


def test_what_is_over_is_not_told_and_there_is_an_end_to_what_is_kept() -> None:
    kept: Kept[str] = Kept()
    kept.keep("over", "old", time.time() - 1)
    assert kept.get("over") is None
    for number in range(MOST + 1):
        kept.keep(number, "new", time.time() + 3600)
    assert (kept.get("over"), kept.get(0), kept.get(1), kept.get(MOST)) == (None, None, "new", "new")

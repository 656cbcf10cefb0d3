"""The way to the DNS: one cache, bounded times, and trouble that never looks like an answer."""

import time

import dns.rcode
import dns.resolver
import pytest
from parley.relay.inbound.proof.spf import check
from parley.relay.nameservers import NameServers, Records, Unavailable, resolver_of
from parley.tests.dns_server import SILENT, DnsServer


async def test_records_and_their_absence() -> None:
    async with DnsServer({"a.example": [("TXT", (b"one ", b"two")), ("A", "192.0.2.1")]}) as server:
        servers = NameServers(resolver_of(server.settings))
        assert await servers.texts("A.example") == (b"one two",)
        assert await servers.records("a.example", "MX") == Records((), exists=True)
        assert await servers.records("b.example", "TXT") == Records((), exists=False)


@pytest.mark.parametrize(
    "name", ["a..example", "x" * 64 + ".example", "bücher.example", "a.example" * 40, "\\999.example"]
)
async def test_a_name_that_cannot_be_has_no_records(name: str) -> None:
    async with DnsServer() as server:
        assert await NameServers(resolver_of(server.settings)).texts(name) == ()
        assert server.asked == []


@pytest.mark.parametrize("trouble", [dns.rcode.SERVFAIL, dns.rcode.REFUSED, SILENT])
async def test_trouble_is_not_kept(trouble: dns.rcode.Rcode | str) -> None:
    async with DnsServer({"a.example": [("TXT", "one")]}) as server:
        server.trouble["a.example"] = trouble
        servers = NameServers(resolver_of(server.settings))
        with pytest.raises(Unavailable):
            await servers.texts("a.example")
        server.trouble.clear()
        assert await servers.texts("a.example") == (b"one",)


async def test_answers_and_noes_are_kept_but_not_for_ever() -> None:
    async with DnsServer({"a.example": [("TXT", "one")]}, ttl=10_000_000) as server:
        resolver = resolver_of(server.settings)
        servers = NameServers(resolver)
        for _ in range(3):
            await servers.texts("a.example")
            await servers.texts("none.example")
        assert len(server.asked) == 2
        assert isinstance(resolver.cache, dns.resolver.LRUCache)
        no, yes = sorted(node.value.expiration - time.time() for node in resolver.cache.data.values())
        assert 0 < no <= 300
        assert 3500 < yes <= 3600


async def test_a_ttl_of_nothing_is_honoured() -> None:
    async with DnsServer({"a.example": [("TXT", "one")]}, ttl=0) as server:
        servers = NameServers(resolver_of(server.settings))
        for _ in range(3):
            await servers.texts("a.example")
        assert len(server.asked) == 3


async def test_a_long_answer_comes_by_tcp() -> None:
    text = "v=spf1 " + "ip4:203.0.113.9 " * 200 + "ip4:192.0.2.1 -all"
    async with DnsServer({"a.example": [("TXT", text)]}) as server:
        servers = NameServers(resolver_of(server.settings))
        assert await servers.texts("a.example") == (text.encode(),)
        assert (await check("192.0.2.1", "jean@a.example", "", servers)).result == "pass"


async def test_a_hostile_zone_costs_little() -> None:
    """Includes full of addresses, hosts by the dozen, a name of dots: all are cut off."""
    fill = " ".join(f"ip4:203.0.113.{number}" for number in range(200))
    zone: dict[str, list[tuple[str, str]]] = {}
    top = " ".join(f"include:i{number}.example mx:m{number}.example" for number in range(5))
    zone["top.example"] = [("TXT", f"v=spf1 {top} {fill}")]
    for number in range(5):
        zone[f"i{number}.example"] = [("TXT", f"v=spf1 {fill}")]
        zone[f"m{number}.example"] = [("MX", f"10 h{host}.m{number}.example.") for host in range(10)]
        zone |= {f"h{host}.m{number}.example": [("A", "198.51.100.1")] for host in range(10)}
    zone["dots.example"] = [("TXT", f"v=spf1 exists:%{{l}}{'a.' * 1900}example -all")]
    zone["long.example"] = [("TXT", f"v=spf1 {fill} {fill} ip4:192.0.2.1 -all")]
    async with DnsServer(zone) as server:
        servers = NameServers(resolver_of(server.settings))
        start = time.process_time()
        results = [(await check("192.0.2.1", f"a@{name}.example", "", servers)) for name in ("top", "dots", "long")]
        assert time.process_time() - start < 2
        assert [result.result for result in results] == ["neutral", "permerror", "permerror"]
        assert all(len(result.why) < 200 for result in results)
        assert len(server.asked) < 80

"""Where mail goes, as a real (small) name server on loopback says it."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from ipaddress import ip_address, ip_network

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
from parley.relay.outbound.answer import NotSent, Outcome
from parley.relay.outbound.mx import Directory, resolver_of
from parley.relay.outbound.networks import Network, may_reach
from parley.relay.settings import DnsSettings, SettingsError
from parley.tests.times import LIMIT

Zone = dict[tuple[str, str], list[str] | dns.rcode.Rcode | None]  # None: no answer ever
US = "mx.reply.example"


class NameServer(asyncio.DatagramProtocol):
    """Answers from a zone; a name that is nowhere in it does not exist."""

    def __init__(self, zone: Zone) -> None:
        self.zone = zone
        self.asked: list[tuple[str, str]] = []
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        key = question.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(question.rdtype)
        self.asked.append(key)
        found = self.zone.get(key, [] if any(name == key[0] for name, _ in self.zone) else dns.rcode.NXDOMAIN)
        if found is None or self.transport is None:
            return
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        if isinstance(found, dns.rcode.Rcode):
            response.set_rcode(found)
        elif found:
            response.answer.append(dns.rrset.from_text(question.name, 0, "IN", key[1], *found))
        self.transport.sendto(response.to_wire(), addr)


@asynccontextmanager
async def name_server(zone: Zone) -> AsyncGenerator[tuple[NameServer, DnsSettings]]:
    transport, server = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: NameServer(zone), local_addr=("127.0.0.1", 0)
    )
    try:
        host, port = transport.get_extra_info("sockname")
        seconds = 1.0 if None in zone.values() else LIMIT
        yield server, DnsSettings(servers=(f"{host}:{port}",), timeout=timedelta(seconds=seconds))
    finally:
        transport.close()


# Addresses of examples lead nowhere in the world (RFC 5737, RFC 3849), so they count as private.
EXAMPLES = (ip_network("192.0.2.0/24"), ip_network("2001:db8::/32"))


def backwards(names: list[dns.name.Name]) -> None:
    """A shuffle that can be foretold."""
    names.sort(reverse=True)


async def route_of(
    domain: str,
    zone: Zone,
    shuffle: Callable[[list[dns.name.Name]], None] = backwards,
    private: tuple[Network, ...] = EXAMPLES,
) -> list[tuple[str, str]]:
    async with name_server(zone) as (_, settings):
        route = await Directory(resolver_of(settings), US, 2500, shuffle, private).destinations(domain)
    assert all(to.port == 2500 for to in route)
    return [(to.host, to.address) for to in route]


async def refusal(domain: str, zone: Zone) -> Outcome:
    with pytest.raises(NotSent) as raised:
        await route_of(domain, zone)
    assert raised.value.outcome.stage == "connect"
    return raised.value.outcome


async def test_by_preference_and_shuffled_among_equals_ipv4_first() -> None:
    zone: Zone = {
        ("b.example", "MX"): ["20 C.b.example.", "10 a.b.example.", "10 b.b.example."],
        ("a.b.example", "A"): ["192.0.2.1"],
        ("b.b.example", "A"): ["192.0.2.3"],
        ("b.b.example", "AAAA"): ["2001:db8::3"],
        ("c.b.example", "AAAA"): ["2001:db8::4"],
    }
    assert await route_of("B.example", zone) == [
        ("b.b.example", "192.0.2.3"),
        ("b.b.example", "2001:db8::3"),
        ("a.b.example", "192.0.2.1"),
        ("c.b.example", "2001:db8::4"),
    ]


async def test_equals_are_really_shuffled() -> None:
    zone: Zone = {("b.example", "MX"): [f"10 {letter}.b.example." for letter in "abcde"]}
    zone |= {(f"{letter}.b.example", "A"): ["192.0.2.1"] for letter in "abcde"}
    async with name_server(zone) as (_, settings):
        directory = Directory(resolver_of(settings), US, private=EXAMPLES)
        orders = {await directory.destinations("b.example") for _ in range(40)}
    assert len(orders) > 5


async def test_a_domain_without_mx_is_its_own_mail_host() -> None:
    zone: Zone = {("b.example", "A"): ["192.0.2.1"], ("b.example", "AAAA"): ["2001:db8::1"]}
    assert await route_of("b.example", zone) == [("b.example", "192.0.2.1"), ("b.example", "2001:db8::1")]


async def test_null_mx_means_never() -> None:
    outcome = await refusal("b.example", {("b.example", "MX"): ["0 ."], ("b.example", "A"): ["192.0.2.1"]})
    assert (outcome.state, outcome.enhanced) == ("failed", "5.1.10")


@pytest.mark.parametrize(
    ("domain", "zone", "state", "enhanced"),
    [
        ("nowhere.example", {}, "failed", "5.1.2"),
        ("b.example", {("b.example", "TXT"): ['"no mail"']}, "failed", "5.1.2"),
        ("b.example", {("b.example", "MX"): ["10 gone.b.example."]}, "failed", "5.4.4"),
        ("b.example", {("b.example", "MX"): dns.rcode.SERVFAIL}, "deferred", "4.4.3"),
        ("b.example", {("b.example", "MX"): dns.rcode.REFUSED}, "deferred", "4.4.3"),
        ("b.example", {("b.example", "MX"): None}, "deferred", "4.4.3"),
        (
            "b.example",
            {("b.example", "MX"): ["10 a.b.example."], ("a.b.example", "A"): dns.rcode.SERVFAIL},
            "deferred",
            "4.4.3",
        ),
        ("[192.0.2.1]", {}, "failed", "5.1.2"),
        ("a..b", {}, "failed", "5.1.2"),
        ("x" * 64 + ".example", {}, "failed", "5.1.2"),
    ],
)
async def test_what_cannot_be_reached(domain: str, zone: Zone, state: str, enhanced: str) -> None:
    outcome = await refusal(domain, zone)
    assert (outcome.state, outcome.enhanced) == (state, enhanced)


async def test_one_host_in_trouble_does_not_hide_another() -> None:
    zone: Zone = {
        ("b.example", "MX"): ["10 a.b.example.", "20 c.b.example."],
        ("a.b.example", "A"): dns.rcode.SERVFAIL,
        ("c.b.example", "A"): ["192.0.2.9"],
        ("c.b.example", "AAAA"): None,
    }
    assert await route_of("b.example", zone) == [("c.b.example", "192.0.2.9")]


async def test_we_and_all_that_are_no_better_than_we_are_cut() -> None:
    zone: Zone = {
        ("b.example", "MX"): ["10 a.b.example.", f"20 {US.upper()}.", "20 c.b.example.", "30 d.b.example."],
        **{(f"{letter}.b.example", "A"): ["192.0.2.1"] for letter in "acd"},
    }
    assert await route_of("b.example", zone) == [("a.b.example", "192.0.2.1")]


@pytest.mark.parametrize("zone", [{("b.example", "MX"): [f"10 {US}.", "20 c.example."]}, {(US, "A"): ["192.0.2.1"]}])
async def test_mail_that_comes_to_ourselves_is_a_loop(zone: Zone) -> None:
    outcome = await refusal("b.example" if ("b.example", "MX") in zone else US, zone)
    assert (outcome.state, outcome.enhanced) == ("failed", "5.4.6")


async def test_a_domain_with_very_many_hosts_gets_no_more_of_our_time() -> None:
    zone: Zone = {("b.example", "MX"): [f"{n} h{n}.b.example." for n in range(40)]}
    zone |= {(f"h{n}.b.example", "A"): ["192.0.2.1"] for n in range(40)}
    async with name_server(zone) as (server, settings):
        route = await Directory(resolver_of(settings), US, private=EXAMPLES).destinations("b.example")
        assert [to.host for to in route] == [f"h{n}.b.example" for n in range(5)]
        assert len(server.asked) == 11


PRIVATE = [
    *("127.0.0.1", "10.1.2.3", "192.168.0.9", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "192.0.2.1"),
    *("192.0.0.8", "240.0.0.1", "255.255.255.255"),
]
PRIVATE6 = ["::1", "fe80::1", "fd00::1", "fec0::1", "::", "ff02::1", "4000::1", "64:ff9b:1::808:808", "2001:db8::1"]
HELD = [
    *("::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:100.64.0.1", "64:ff9b::10.0.0.1"),
    *("2002:7f00:1::", "2002:a00:1::1"),  # 6to4
    "2001:0:808:808:0:0:f5ff:fffe",  # Teredo
]


@pytest.mark.parametrize("address", [*PRIVATE, *PRIVATE6, *HELD])
async def test_a_zone_cannot_lead_us_into_our_own_network(address: str) -> None:
    kind = "AAAA" if ":" in address else "A"
    zone: Zone = {("b.example", "MX"): ["10 a.b.example."], ("a.b.example", kind): [address]}
    with pytest.raises(NotSent) as raised:
        await route_of("b.example", zone, private=())
    assert (raised.value.outcome.state, raised.value.outcome.enhanced) == ("failed", "5.4.4")
    listed = (ip_network(address),)
    assert [ip_address(to) for _, to in await route_of("b.example", zone, private=listed)] == [ip_address(address)]


@pytest.mark.parametrize("address", ["::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "2002:a00:1::1"])
def test_a_listed_network_may_be_reached_by_ipv6_too(address: str) -> None:
    assert may_reach(ip_address(address), [ip_network("10.0.0.0/8")])
    assert not may_reach(ip_address(address), [ip_network("10.1.0.0/16"), ip_network("fd00::/8")])


@pytest.mark.parametrize("address", ["8.8.8.8", "2a00:1450:4001::1a", "64:ff9b::8.8.8.8", "2002:808:808::1"])
def test_what_leads_out_into_the_world_may_be_reached(address: str) -> None:
    assert may_reach(ip_address(address))


async def test_a_private_host_does_not_hide_a_public_one() -> None:
    zone: Zone = {
        ("b.example", "MX"): ["10 a.b.example.", "20 c.b.example."],
        ("a.b.example", "A"): ["127.0.0.1"],
        ("c.b.example", "A"): ["8.8.8.8"],
    }
    assert await route_of("b.example", zone, private=()) == [("c.b.example", "8.8.8.8")]


@pytest.mark.parametrize("server", ["localhost:53", "192.0.2.1", "192.0.2.1:x", ""])
def test_a_wrong_name_server_is_named(server: str) -> None:
    with pytest.raises(SettingsError, match="ADDRESS:PORT"):
        resolver_of(DnsSettings(servers=(server,)))


def test_an_ipv6_name_server_stands_in_brackets() -> None:
    (server,) = resolver_of(DnsSettings(servers=("[2001:db8::53]:5353",))).nameservers
    assert "2001:db8::53" in str(server)

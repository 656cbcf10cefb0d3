"""DMARC: what a record says, where the organisation begins, and what is aligned with the domain of From."""

import dns.rcode
import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley.relay.inbound.proof.dmarc import check, organisation, parse, walk
from parley.relay.inbound.proof.values import Dkim, Dmarc, Spf
from parley.relay.mail.domains import registered, related
from parley.relay.nameservers import NameServers, resolver_of
from parley.tests.dns_server import SILENT, DnsServer, Zone


def records(**policies: str) -> Zone:
    """A zone of DMARC records; `_` in a name stands for a dot, `__` for a hyphen."""
    names = {name.replace("__", "-").replace("_", "."): text for name, text in policies.items()}
    return {f"_dmarc.{name}": [("TXT", f"v=DMARC1; {text}")] for name, text in names.items()}


async def decide(author: str, zone: Zone, spf: str = "", dkim: str = "") -> Dmarc:
    async with DnsServer(zone) as server:
        return await check(author, spf_pass(spf), dkim_pass(dkim), NameServers(resolver_of(server.settings)))


def spf_pass(domain: str) -> Spf:
    return Spf("pass", domain) if domain else Spf("fail", "elsewhere.example")


def dkim_pass(domain: str) -> tuple[Dkim, ...]:
    return (Dkim(domain, "s1", "pass"),) if domain else ()


@pytest.mark.parametrize(
    ("author", "by_dkim", "aligned"),
    [
        ("acme.example", "acme.example", True),
        ("acme.example", "mail.acme.example", True),
        ("news.acme.example", "mail.acme.example", True),
        ("bank-secure.example", "bank.example", False),
        ("bank.example", "bank-secure.example", False),
        ("acme.example", "notacme.example", False),
        ("a.co.uk", "b.co.uk", False),
        ("x.a.co.uk", "a.co.uk", True),
        ("one.github.io", "two.github.io", False),
        ("co.uk", "a.co.uk", False),
        ("xn--bcher-kva.example", "mail.xn--bcher-kva.example", True),
        ("xn--bcher-kva.example", "bcher-kva.example", False),
    ],
)
async def test_alignment_needs_no_record(author: str, by_dkim: str, aligned: bool) -> None:
    assert (await decide(author, {}, dkim=by_dkim)) == Dmarc("none", aligned_by="dkim" if aligned else "")
    assert (await decide(author, {}, spf=by_dkim)) == Dmarc("none", aligned_by="spf" if aligned else "")


@pytest.mark.parametrize(
    ("tags", "spf", "dkim", "result"),
    [
        ("p=reject", "m.acme.example", "", "pass"),
        ("p=reject", "", "m.acme.example", "pass"),
        ("p=reject; aspf=s", "m.acme.example", "", "fail"),
        ("p=reject; aspf=s", "acme.example", "", "pass"),
        ("p=reject; adkim=s", "", "m.acme.example", "fail"),
        ("p=reject; adkim=S", "", "acme.example", "pass"),
        ("p=reject; adkim=s", "m.acme.example", "m.acme.example", "pass"),
        ("p=reject", "", "", "fail"),
        ("p=reject", "evil.example", "evil.example", "fail"),
    ],
)
async def test_relaxed_and_strict(tags: str, spf: str, dkim: str, result: str) -> None:
    found = await decide("acme.example", records(acme_example=tags), spf, dkim)
    assert (found.result, found.policy, found.domain) == (result, "reject", "acme.example")


@pytest.mark.parametrize(
    ("author", "zone", "policy", "place"),
    [
        ("acme.example", records(acme_example="p=quarantine; sp=reject"), "quarantine", "acme.example"),
        ("a.acme.example", records(acme_example="p=quarantine; sp=reject"), "reject", "acme.example"),
        ("a.acme.example", records(acme_example="p=quarantine"), "quarantine", "acme.example"),
        ("gone.acme.example", records(acme_example="p=none; sp=quarantine; np=reject"), "reject", "acme.example"),
        (
            "here.acme.example",
            {**records(acme_example="p=none; sp=quarantine; np=reject"), "here.acme.example": [("A", "192.0.2.1")]},
            "quarantine",
            "acme.example",
        ),
        ("a.acme.example", records(acme_example="p=reject", a_acme_example="p=none"), "none", "a.acme.example"),
        ("a.b.acme.example", records(acme_example="p=reject", b_acme_example="p=none"), "reject", "acme.example"),
        ("a.b.acme.example", records(b_acme_example="p=reject; psd=n"), "reject", "b.acme.example"),
        ("acme.bank", records(bank="p=reject; psd=y; sp=quarantine"), "quarantine", "bank"),
        ("acme.example", records(acme_example="p=reject; t=y"), "quarantine", "acme.example"),
        ("acme.example", records(acme_example="p=quarantine; pct=0"), "none", "acme.example"),
        ("acme.example", records(acme_example="p=reject; pct=20"), "reject", "acme.example"),
        ("a.b.c.d.e.f.g.h.acme.example", records(acme_example="p=reject"), "reject", "acme.example"),
        ("one.github.io", records(github_io="p=reject; sp=none"), "none", "github.io"),
        ("acme.example", {}, "", ""),
    ],
)
async def test_whose_policy_holds(author: str, zone: Zone, policy: str, place: str) -> None:
    found = await decide(author, zone)
    assert (found.policy, found.domain) == (policy, place)


async def test_psd_n_makes_an_organisation_of_its_own() -> None:
    zone = records(acme_example="p=reject", lab_acme_example="p=reject; psd=n")
    assert (await decide("lab.acme.example", zone, dkim="acme.example")).result == "fail"
    assert (await decide("acme.example", zone, dkim="lab.acme.example")).result == "fail"
    assert (await decide("x.lab.acme.example", zone, dkim="lab.acme.example")).result == "pass"


async def test_no_record_makes_strangers_relatives() -> None:
    """A record without psd=y at a public suffix would make all below it one organisation by the tree walk alone."""
    zone = records(github_io="p=reject", co_uk="p=reject")
    assert not (await decide("one.github.io", zone, dkim="two.github.io")).aligned_by
    assert not (await decide("one.co.uk", zone, dkim="two.co.uk")).aligned_by
    assert not (await decide("one.co.uk", zone, dkim="co.uk")).aligned_by


async def test_psd_y_ends_the_walk() -> None:
    async with DnsServer(records(example="p=none; psd=y")) as server:
        servers = NameServers(resolver_of(server.settings))
        found = await walk("a.acme.example", servers)
        assert organisation("a.acme.example", found) == "acme.example"
        assert organisation("example", await walk("example", servers)) == "example"


async def test_the_walk_asks_eight_questions_at_most() -> None:
    async with DnsServer() as server:
        await walk(".".join("abcdefghijkl"), NameServers(resolver_of(server.settings)))
        assert len(server.asked) == 8
        assert ("_dmarc.a.b.c.d.e.f.g.h.i.j.k.l", "TXT") in server.asked
        assert ("_dmarc.f.g.h.i.j.k.l", "TXT") in server.asked


@pytest.mark.parametrize("trouble", [dns.rcode.SERVFAIL, SILENT])
async def test_dns_trouble_proves_nothing(trouble: dns.rcode.Rcode | str) -> None:
    async with DnsServer(records(acme_example="p=reject")) as server:
        server.trouble["_dmarc.acme.example"] = trouble
        servers = NameServers(resolver_of(server.settings))
        assert await check("acme.example", Spf(), dkim_pass("acme.example"), servers) == Dmarc("temperror")
        server.trouble.clear()
        assert (await check("acme.example", Spf(), dkim_pass("acme.example"), servers)).result == "pass"


async def test_trouble_of_a_public_suffix_is_not_the_writers() -> None:
    async with DnsServer(records(acme_example="p=reject")) as server:
        server.trouble["_dmarc.example"] = dns.rcode.SERVFAIL
        servers = NameServers(resolver_of(server.settings))
        assert (await check("m.acme.example", Spf(), dkim_pass("acme.example"), servers)).result == "pass"


async def test_a_temporary_failure_is_no_failure() -> None:
    async with DnsServer(records(acme_example="p=reject")) as server:
        servers = NameServers(resolver_of(server.settings))
        unsure = await check("acme.example", Spf("temperror", "acme.example"), (), servers)
        assert (unsure.result, unsure.policy) == ("temperror", "reject")
        unsure = await check("acme.example", Spf(), (Dkim("acme.example", "s", "temperror"),), servers)
        assert unsure.result == "temperror"
        sure = await check("acme.example", Spf("temperror", "x.example"), dkim_pass("acme.example"), servers)
        assert (sure.result, sure.aligned_by) == ("pass", "dkim")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"v=DMARC1",
        b"v=DMARC1; p=maybe",
        b"p=reject; v=DMARC1",
        b"v=DMARC2; p=reject",
        b"v=dmarc1; p=reject",
        b"v=spf1 -all",
        b"\xff\xfe",
    ],
)
def test_what_is_no_record(text: bytes) -> None:
    assert parse("acme.example", text) is None


def test_a_record_is_read_kindly() -> None:
    record = parse("acme.example", b"v = DMARC1 ; nonsense; P=Reject; p=none; sp=QUARANTINE; adkim = s; new=1;")
    assert record
    assert (record.policy, record.subdomains, record.missing) == ("reject", "quarantine", "quarantine")
    assert (record.strict_dkim, record.strict_spf) == (True, False)
    report_only = parse("acme.example", b"v=DMARC1; p=maybe; rua=mailto:d@acme.example")
    assert report_only
    assert report_only.policy == "none"


async def test_two_records_are_none() -> None:
    zone = {"_dmarc.acme.example": [("TXT", "v=DMARC1; p=reject"), ("TXT", "v=DMARC1; p=none"), ("TXT", "other")]}
    assert (await decide("acme.example", zone)) == Dmarc()
    assert (await decide("acme.example", {"_dmarc.acme.example": zone["_dmarc.acme.example"][1:]})).policy == "none"


@given(st.binary(max_size=200))
def test_no_record_raises(text: bytes) -> None:
    parse("acme.example", b"v=DMARC1;" + text)
    parse("acme.example", text)


def test_public_suffixes() -> None:
    assert registered("a.b.co.uk") == "b.co.uk"
    assert registered("co.uk") == "co.uk"
    assert registered("a.acme-corp.example") == "acme-corp.example"
    assert not related("a.github.io", "b.github.io")

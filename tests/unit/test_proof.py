"""Mails proved as a whole: what `Prover` says of honest and of forged ones, with a name server on loopback."""

from collections.abc import AsyncGenerator
from ipaddress import ip_network
from pathlib import Path

import dns.rcode
import pytest
from parley.relay.inbound.proof import Proof, Prover, Trusted
from parley.relay.mail.addresses import read_from
from parley.relay.mail.headers import split
from parley.tests.dns_server import SILENT, DnsServer
from parley.tests.signing import Letter, arrival, rsa_record, seal, sign
from parley.tests.times import HOUR, LIMIT

SPOOFS = Path(__file__).parents[2].parent / "shared" / "data" / "hostile" / "spoof"
US = "mx.reply.example"
ACME, ACME_IP, EVIL_IP = "Jean <jean@acme.example>", "192.0.2.1", "203.0.113.66"
RELAY_IP = "198.51.100.25"
LETTER = Letter(ACME)


@pytest.fixture
async def zone() -> AsyncGenerator[DnsServer]:
    """Acme signs, sends from one address and asks for rejection; so does Evil, for itself."""
    async with DnsServer() as server:
        for domain, ip in (("acme.example", ACME_IP), ("evil.example", EVIL_IP)):
            server.add(domain, "TXT", f"v=spf1 ip4:{ip} -all")
            server.add(f"s1._domainkey.{domain}", "TXT", rsa_record())
            server.add(f"_dmarc.{domain}", "TXT", "v=DMARC1; p=reject")
        yield server


async def prove(
    zone: DnsServer,
    data: bytes,
    mail_from: str = "",
    ip: str = EVIL_IP,
    helo: str = "mail.evil.example",
    trusted: Trusted | None = None,
    seconds: float = LIMIT,
) -> Proof:
    block = split(data, 0, len(data), whole_mail=True)
    author = read_from([value for name, value in block.fields if name.lower() == "from"]).address
    prover = Prover(zone.settings, US, trusted, seconds)
    return await prover.prove(arrival(data, mail_from, ip, helo), author)


async def test_signed_and_sent_from_its_own_host(zone: DnsServer) -> None:
    proof = await prove(zone, sign(LETTER.data, "acme.example"), "jean@acme.example", ACME_IP)
    assert (proof.proved, proof.domain_spoke) == (True, True)
    assert (proof.spf.result, proof.dkim[0].result, proof.dmarc.result) == ("pass", "pass", "pass")
    assert (proof.dmarc.policy, proof.dmarc.aligned_by) == ("reject", "dkim")
    assert proof.header == (
        f"{US}; spf=pass smtp.mailfrom=acme.example; dkim=pass header.d=acme.example header.s=s1; "
        "dmarc=pass policy.dmarc=reject header.from=acme.example"
    )


async def test_spf_alone_and_dkim_alone(zone: DnsServer) -> None:
    proof = await prove(zone, LETTER.data, "jean@acme.example", ACME_IP)
    assert (proof.proved, proof.dmarc.aligned_by) == (True, "spf")
    forwarded = await prove(zone, sign(LETTER.data, "acme.example"), "list@evil.example", EVIL_IP)
    assert (forwarded.proved, forwarded.dmarc.aligned_by, forwarded.spf.domain) == (True, "dkim", "evil.example")


async def test_the_null_sender_speaks_by_helo(zone: DnsServer) -> None:
    proof = await prove(zone, LETTER.data, "", ACME_IP, helo="acme.example")
    assert (proof.proved, proof.spf.identity) == (True, "helo")
    assert "smtp.helo=acme.example" in proof.header


async def test_a_domain_without_records_of_policy(zone: DnsServer) -> None:
    zone.remove("_dmarc.acme.example")
    proof = await prove(zone, sign(LETTER.data, "acme.example"))
    assert (proof.proved, proof.dmarc.result, proof.dmarc.aligned_by) == (True, "none", "dkim")
    assert not (await prove(zone, LETTER.data)).proved


async def test_a_domain_without_anything(zone: DnsServer) -> None:
    proof = await prove(zone, Letter("a@quiet.example").data, "a@quiet.example")
    assert (proof.proved, proof.domain_spoke, proof.spf.result, proof.dmarc.result) == (False, False, "none", "none")


@pytest.mark.parametrize(
    "data",
    [
        LETTER.data,
        sign(LETTER.data, "evil.example"),
        sign(LETTER.data, "acme.example").replace(b"March", b"April"),
        sign(LETTER.data, "acme.example", length=True) + b"PS: pay to another account\r\n",
        b"Subject: pay now\r\n" + sign(LETTER.data, "acme.example"),
        b"From: <x@evil.example>\r\n" + sign(LETTER.data, "acme.example"),
        b"Authentication-Results: mx.reply.example; dkim=pass header.d=acme.example; dmarc=pass\r\n" + LETTER.data,
        b"ARC-Seal: i=1; cv=none; d=acme.example; s=s1; a=rsa-sha256; b=AAAA\r\n" + LETTER.data,
        Letter("<jean@acme.example>", extra="Sender: <x@evil.example>\r\nReply-To: <x@evil.example>\r\n").data,
        Letter('"jean@acme.example" <x@acme-example.evil.example>').data,
        Letter("<jean@acme.example>, <x@evil.example>").data,
    ],
)
async def test_forged_mails_from_a_stranger(zone: DnsServer, data: bytes) -> None:
    """Sent by Evil in its own name, which SPF allows: it proves nothing for Acme."""
    proof = await prove(zone, data, "x@evil.example")
    assert not proof.proved or b"acme-example.evil" in data
    assert proof.spf.result == "pass"


@pytest.mark.parametrize(
    "sender", ['"x@evil.example"@acme.example', "jean@acme.example", "x@evil.example@acme.example"]
)
async def test_quoted_senders_are_of_their_real_domain(zone: DnsServer, sender: str) -> None:
    proof = await prove(zone, LETTER.data, sender)
    assert (proof.proved, proof.spf.result in {"fail", "none"}) == (False, True)
    own = await prove(zone, LETTER.data, sender, ACME_IP)
    assert (own.proved, own.spf.domain) == (
        (False, "") if sender.count("@") > 1 and '"' not in sender else (True, "acme.example")
    )


@pytest.mark.skipif(not SPOOFS.is_dir(), reason="the spoof mails are not on this machine")
async def test_the_open_spoof_set_proves_nothing(zone: DnsServer) -> None:
    for path in sorted(SPOOFS.glob("*.eml")):
        text = path.read_bytes().replace(b"{BUYER}", b"jean@acme.example").replace(b"{MASKED_SELLER}", b"m@r.example")
        data = text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        proof = await prove(zone, data, "ok@attacker.example")
        assert not proof.proved, path.name
        assert proof.arc.result != "pass", path.name


@pytest.mark.parametrize("trouble", [dns.rcode.SERVFAIL, SILENT])
@pytest.mark.parametrize("name", ["acme.example", "s1._domainkey.acme.example", "_dmarc.acme.example"])
async def test_dns_trouble_is_unproved_and_passes(zone: DnsServer, name: str, trouble: dns.rcode.Rcode | str) -> None:
    data = LETTER.data if name == "acme.example" else sign(LETTER.data, "acme.example")
    ip = ACME_IP if name == "acme.example" else EVIL_IP
    zone.trouble[name] = trouble
    proof = await prove(zone, data, "jean@acme.example", ip)
    assert (proof.proved, proof.dmarc.result) == (False, "temperror")
    zone.trouble.clear()
    assert (await prove(zone, data, "jean@acme.example", ip)).proved


async def test_a_slow_zone_has_so_much_time(zone: DnsServer) -> None:
    for name in ("acme.example", "s1._domainkey.acme.example", "_dmarc.acme.example"):
        zone.trouble[name] = SILENT
    zone.patience = HOUR
    proof = await prove(zone, sign(LETTER.data, "acme.example"), "jean@acme.example", ACME_IP, seconds=0.1)
    assert (proof.proved, proof.spf.result, proof.dkim[0].result) == (False, "temperror", "temperror")
    assert proof.dmarc.result == "temperror"


async def test_a_warm_cache_asks_nothing(zone: DnsServer) -> None:
    prover = Prover(zone.settings, US)
    author = read_from([ACME.encode()]).address
    mail = arrival(sign(LETTER.data, "acme.example"), "jean@acme.example", ACME_IP)
    first = await prover.prove(mail, author)
    asked = len(zone.asked)
    assert await prover.prove(mail, author) == first
    assert (first.proved, len(zone.asked)) == (True, asked)


BEHIND = Trusted((ip_network("198.51.100.0/24"),), frozenset({"gate.reply.example"}))


@pytest.mark.parametrize(
    ("field", "proved", "result"),
    [
        ("gate.reply.example; dmarc=pass (p=reject) header.from=acme.example", True, "pass"),
        ("gate.reply.example 1; spf=pass smtp.mailfrom=jean@acme.example", True, "pass"),
        ('gate.reply.example; dkim=pass reason="good; key" header.i="@acme.example" header.s=s1', True, "pass"),
        ("gate.reply.example; dmarc=fail header.from=acme.example; spf=pass smtp.mailfrom=acme.example", False, "fail"),
        ("gate.reply.example; dmarc=pass header.from=evil.example", False, "fail"),
        ("gate.reply.example; spf=pass smtp.mailfrom=evil.example; dkim=pass header.d=evil.example", False, "fail"),
        ("other.example; dmarc=pass header.from=acme.example", False, "fail"),
        ("gate.reply.example; dmarc=none header.from=acme.example; dkim=pass header.d=acme.example", True, "pass"),
        ("gate.reply.example; dmarc=temperror header.from=acme.example", False, "temperror"),
        ('gate.reply.example; dkim=pass header.d=acme.example\\; header.s="a b"', False, "fail"),
        ("gate.reply.example; none", False, "fail"),
        ("gate.reply.example (; dmarc=pass header.from=acme.example", False, "fail"),
        ("", False, "fail"),
    ],
)
async def test_the_word_of_a_trusted_mta(zone: DnsServer, field: str, proved: bool, result: str) -> None:
    forged = b"Authentication-Results: gate.reply.example; dmarc=pass header.from=acme.example\r\n"
    top = f"Authentication-Results: {field}\r\n".encode()
    proof = await prove(zone, top + forged + LETTER.data, "x@evil.example", RELAY_IP, trusted=BEHIND)
    assert (proof.proved, proof.dmarc.result) == (proved, result)
    stranger = await prove(zone, top + LETTER.data, "x@evil.example", EVIL_IP, trusted=BEHIND)
    assert not stranger.proved


GATE = "gate.list.example; dkim=pass header.d=acme.example; dmarc=pass header.from=acme.example"
SEALED = seal(LETTER.data, "list.example", GATE)


@pytest.mark.parametrize(
    ("data", "sealers", "arc", "proved"),
    [
        (SEALED, {"list.example"}, "pass", True),
        (SEALED, set[str](), "pass", False),
        (SEALED, {"other.example"}, "pass", False),
        (seal(SEALED, "hop.example", "hop.example; arc=pass", 2), {"list.example", "hop.example"}, "pass", True),
        (seal(SEALED, "evil.example", "evil.example; arc=pass", 2), {"list.example"}, "pass", False),
        (
            seal(LETTER.data, "list.example", "list.example; dkim=fail header.d=acme.example"),
            {"list.example"},
            "pass",
            False,
        ),
        (
            seal(LETTER.data, "list.example", "list.example; dkim=pass header.d=evil.example"),
            {"list.example"},
            "pass",
            False,
        ),
        (SEALED.replace(b"March", b"April"), {"list.example"}, "fail", False),
        (SEALED.replace(b"header.d=acme", b"header.d=acne"), {"list.example"}, "fail", False),
        (SEALED.replace(b"cv=none", b"cv=pass"), {"list.example"}, "fail", False),
        (SEALED[SEALED.index(b"ARC-Mess") :], {"list.example"}, "fail", False),
        (b"From: <x@evil.example>\r\n" + SEALED, {"list.example"}, "pass", False),
    ],
)
async def test_sealed_by_a_list(zone: DnsServer, data: bytes, sealers: set[str], arc: str, proved: bool) -> None:
    for domain in ("list.example", "hop.example"):
        zone.add(f"s1._domainkey.{domain}", "TXT", rsa_record())
    proof = await prove(zone, data, "x@evil.example", trusted=Trusted(sealers=frozenset(sealers)))
    assert (proof.arc.result, proof.proved) == (arc, proved)
    assert proof.dmarc.aligned_by == ("arc" if proved else "")
    assert not proof.domain_spoke


async def test_dns_trouble_with_a_chain(zone: DnsServer) -> None:
    zone.trouble["s1._domainkey.list.example"] = dns.rcode.SERVFAIL
    proof = await prove(zone, SEALED, trusted=Trusted(sealers=frozenset({"list.example"})))
    assert (proof.arc.result, proof.proved) == ("temperror", False)


async def test_our_own_field_cannot_be_broken_into(zone: DnsServer) -> None:
    data = sign(LETTER.data, "acme.example").replace(b"s=s1", b's="a; dmarc=pass"')
    proof = await prove(zone, data, "jean@acme.example", helo='x"; dmarc=pass')
    assert "\n" not in proof.header
    assert proof.header.count("; dmarc=") == 1


async def test_no_author_no_verdict(zone: DnsServer) -> None:
    proof = await prove(zone, b"To: x@y.example\r\n\r\nhello\r\n", "x@evil.example")
    assert (proof.proved, proof.domain_spoke, proof.spf.result, proof.dmarc.result) == (False, False, "pass", "none")


@pytest.mark.parametrize("ip", ["", "unknown", "fe80::1%eth0", "::ffff:192.0.2.1", "2001:db8::1"])
async def test_every_kind_of_client_address(zone: DnsServer, ip: str) -> None:
    proof = await prove(zone, LETTER.data, "jean@acme.example", ip)
    assert proof.proved == (ip == "::ffff:192.0.2.1")

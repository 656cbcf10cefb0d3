"""Which DKIM signatures count: made by another program, asked of a real name server on loopback."""

import base64
import re
from collections.abc import AsyncGenerator

import dns.rcode
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from parley.relay.inbound.proof.canonical import relaxed_body, take_apart
from parley.relay.inbound.proof.dkim import check
from parley.relay.inbound.proof.values import Dkim
from parley.relay.nameservers import NameServers, resolver_of
from parley.tests.dns_server import SILENT, DnsServer
from parley.tests.signing import NOON, Letter, ed25519_record, rsa_key, rsa_record, sign, sign_ed25519

LETTER = Letter("Jean <jean@acme.example>")
NOW = NOON.timestamp()


@pytest.fixture
async def zone() -> AsyncGenerator[DnsServer]:
    async with DnsServer({"s1._domainkey.acme.example": [("TXT", rsa_record())]}) as server:
        yield server


async def results(zone: DnsServer, data: bytes, now: float = NOW) -> tuple[Dkim, ...]:
    return await check(take_apart(data), now, NameServers(resolver_of(zone.settings)))


async def one(zone: DnsServer, data: bytes, now: float = NOW) -> tuple[str, str]:
    (result,) = await results(zone, data, now)
    return result.result, result.why


@pytest.mark.parametrize("form", ["relaxed/relaxed", "simple/simple", "relaxed/simple", "simple/relaxed"])
@pytest.mark.parametrize("text", ["", "one\r\n", " a  b \t\r\n\r\n c\t\r\n \r\n\r\n", "\r\n\r\n", "é 漢\r\n" * 20_000])
async def test_every_form_of_another_signer(zone: DnsServer, form: str, text: str) -> None:
    letter = Letter("Jean <jean@acme.example>", subject="a  b\r\n\t c ", text=text)
    assert await one(zone, sign(letter.data, "acme.example", form=form)) == ("pass", "")


async def test_ed25519(zone: DnsServer) -> None:
    key = Ed25519PrivateKey.generate()
    zone.add("ed._domainkey.acme.example", "TXT", ed25519_record(key))
    data = sign_ed25519(LETTER, "acme.example", key)
    assert await one(zone, data) == ("pass", "")
    assert (await one(zone, data.replace(b"March", b"April")))[0] == "fail"
    assert (await one(zone, data.replace(b"Valve", b"Pump!")))[0] == "fail"


@pytest.mark.parametrize("domain", ["bank-secure.example", "xn--bcher-kva.example", "a.very-long.sub-domain.example"])
async def test_hyphens_and_idn(zone: DnsServer, domain: str) -> None:
    zone.add(f"s1._domainkey.{domain}", "TXT", rsa_record())
    (result,) = await results(zone, sign(LETTER.data, domain))
    assert (result.result, result.domain) == ("pass", domain)


async def test_a_domain_in_u_labels_is_its_a_labels(zone: DnsServer) -> None:
    zone.add("s1._domainkey.xn--bcher-kva.example", "TXT", rsa_record())
    (result,) = await results(zone, sign(LETTER.data, "bücher.example"))
    assert (result.result, result.domain) == ("pass", "xn--bcher-kva.example")


SIGNED_ONCE = sign(LETTER.data, "acme.example")


@pytest.mark.parametrize(
    ("data", "result", "why"),
    [
        (sign(LETTER.data, "acme.example", length=True) + b"and more\r\n", "policy", "l="),
        (sign(LETTER.data, "acme.example", length=True), "policy", "l="),
        (b"Subject: pay now\r\n" + SIGNED_ONCE, "policy", "subject is there twice"),
        (b"From: <boss@acme.example>\r\n" + SIGNED_ONCE, "policy", "from is there twice"),
        (b"FROM : <boss@acme.example>\r\n" + SIGNED_ONCE, "policy", "from is there twice"),
        (SIGNED_ONCE.replace(b"Subject", b"To: x@y.example\r\nSubject"), "policy", "to is there twice"),
        (b"Content-Type: text/html\r\nContent-Type: text/plain\r\n" + SIGNED_ONCE, "policy", "content-type"),
        (b"no field at all\r\n" + SIGNED_ONCE, "policy", "no fields"),
        (sign(LETTER.data, "acme.example", names=("from", "to")), "policy", "subject is not signed"),
        (SIGNED_ONCE.replace(b"h=from : to", b"h=to"), "permerror", "from is not signed"),
        (SIGNED_ONCE.replace(b"March", b"April"), "fail", "the body was changed"),
        (SIGNED_ONCE.replace(b"Valve", b"Pump!"), "fail", "the signed fields were changed"),
        (SIGNED_ONCE.replace(b"a=rsa-sha256", b"a=rsa-sha1"), "policy", "algorithm"),
        (SIGNED_ONCE.replace(b"a=rsa-sha256", b"a=none"), "permerror", "algorithm"),
        (SIGNED_ONCE.replace(b"v=1", b"v=2"), "permerror", "version"),
        (SIGNED_ONCE.replace(b"v=1;", b"v=1; v=1;"), "permerror", "twice"),
        (SIGNED_ONCE.replace(b"d=acme.example", b"d=acme\\.example"), "permerror", "no domain"),
        (SIGNED_ONCE.replace(b"d=acme.example", b"d=example"), "permerror", "no domain"),
        (SIGNED_ONCE.replace(b"i=@acme.example", b"i=@other.example"), "permerror", "i="),
        (SIGNED_ONCE.replace(b"i=@acme.example", b"i=@notacme.example"), "permerror", "i="),
        (SIGNED_ONCE.replace(b"c=relaxed", b"c=loose"), "permerror", "c="),
        (SIGNED_ONCE.replace(b"q=dns/txt", b"q=carrier/pigeon"), "permerror", "q="),
        (SIGNED_ONCE.replace(b"s=s1", b"s=s2"), "permerror", "there is no key"),
        (re.sub(rb"bh=[^;]*;", b"bh=!;", SIGNED_ONCE), "permerror", "base64"),
        (re.sub(rb"bh=[^;]*;", b"", SIGNED_ONCE), "permerror", "missing"),
        (re.sub(rb"t=\d+", b"t=soon", SIGNED_ONCE), "permerror", "no time"),
        (re.sub(rb"t=\d+", b"t=99999999999", SIGNED_ONCE), "policy", "future"),
        (re.sub(rb"t=\d+", b"t=100; x=200", SIGNED_ONCE), "policy", "expired"),
        (re.sub(rb"t=\d+", b"t=300; x=200", SIGNED_ONCE), "permerror", "before"),
        (b"DKIM-Signature: nonsense\r\n" + LETTER.data, "permerror", "cannot be read"),
        (b"DKIM-Signature: \xff\xfe=1\r\n" + LETTER.data, "permerror", "cannot be read"),
    ],
)
async def test_signatures_that_prove_nothing(zone: DnsServer, data: bytes, result: str, why: str) -> None:
    found = await one(zone, data)
    assert found[0] == result
    assert why in found[1]


async def test_the_time_is_the_mails_own(zone: DnsServer) -> None:
    assert (await one(zone, SIGNED_ONCE, NOW - 2 * 3600))[1] == "the signature is from the future"
    assert (await one(zone, SIGNED_ONCE, NOW + 10 * 365 * 86_400))[0] == "pass"


@pytest.mark.parametrize(
    ("record", "result", "why"),
    [
        ("v=DKIM1; p=", "permerror", "revoked"),
        ("v=DKIM1; k=rsa", "permerror", "no key"),
        ("v=DKIM1; k=rsa; p=AAAA", "permerror", "cannot be read"),
        ("v=DKIM1; k=rsa; p=é", "permerror", "cannot be read"),
        ("anything", "permerror", "cannot be read"),
        (rsa_record(tags="v=DKIM2;"), "permerror", "version"),
        (rsa_record(tags="k=rsa; v=DKIM1;"), "permerror", "version"),
        (rsa_record(tags="k=ed25519;"), "permerror", "another kind"),
        (rsa_record(tags="h=sha1;"), "permerror", "SHA-256"),
        (rsa_record(tags="s=tlsrpt;"), "permerror", "not for mail"),
        (rsa_record(rsa_key(2048)), "fail", "fields"),
        (rsa_record(tags="t=y;"), "neutral", "t=y"),
        (rsa_record(tags=""), "pass", ""),
        (rsa_record(tags="h=sha1:sha256; s=email:other; t=s; n=note; g=*;"), "pass", ""),
    ],
)
async def test_key_records(record: str, result: str, why: str) -> None:
    async with DnsServer({"s1._domainkey.acme.example": [("TXT", record)]}) as zone:
        found = await one(zone, SIGNED_ONCE)
    assert found[0] == result
    assert why in found[1]


async def test_a_strict_key_signs_for_its_very_domain(zone: DnsServer) -> None:
    data = sign(LETTER.data, "acme.example", identity="@mail.acme.example")
    assert (await one(zone, data))[0] == "pass"
    zone.remove("s1._domainkey.acme.example")
    zone.add("s1._domainkey.acme.example", "TXT", rsa_record(tags="t=s;"))
    assert (await one(zone, data))[1].endswith("(t=s)")


async def test_several_keys_are_none(zone: DnsServer) -> None:
    zone.add("s1._domainkey.acme.example", "TXT", rsa_record())
    zone.add("s1._domainkey.acme.example", "TXT", "v=DKIM1; p=")
    assert await one(zone, SIGNED_ONCE) == ("permerror", "there are several keys")


def der(tag: int, content: bytes) -> bytes:
    return bytes([tag, len(content)]) + content


async def test_a_short_key_proves_nothing(zone: DnsServer) -> None:
    modulus, exponent = (1 << 511) + 1, 65537
    numbers = b"".join(der(2, number.to_bytes(number.bit_length() // 8 + 1)) for number in (modulus, exponent))
    zone.remove("s1._domainkey.acme.example")
    zone.add("s1._domainkey.acme.example", "TXT", f"v=DKIM1; p={base64.b64encode(der(48, numbers)).decode()}")
    found = await one(zone, SIGNED_ONCE)
    assert found[0] in {"policy", "permerror"}
    assert found[1] in {"a key of 512 bits", "the key cannot be read"}


@pytest.mark.parametrize("trouble", [dns.rcode.SERVFAIL, dns.rcode.REFUSED, SILENT])
async def test_dns_trouble_is_temporary(zone: DnsServer, trouble: dns.rcode.Rcode | str) -> None:
    zone.trouble["s1._domainkey.acme.example"] = trouble
    assert (await one(zone, SIGNED_ONCE))[0] == "temperror"


async def test_ten_signatures_are_looked_at(zone: DnsServer) -> None:
    junk = b"".join(b"DKIM-Signature: v=1; d=%d.example\r\n" % number for number in range(20))
    found = await results(zone, junk + SIGNED_ONCE)
    assert len(found) == 10
    assert "pass" not in {result.result for result in found}  # the mail's own came after ten others


async def test_good_and_bad_signatures_side_by_side(zone: DnsServer) -> None:
    zone.add("s1._domainkey.list.example", "TXT", rsa_record())
    data = sign(SIGNED_ONCE.replace(b"March", b"April"), "list.example")
    assert [(one.domain, one.result) for one in await results(zone, data)] == [
        ("list.example", "pass"),
        ("acme.example", "fail"),
    ]


async def test_time_is_linear() -> None:
    """A megabyte of blanks: programs that strip line ends by a regular expression need minutes for it."""
    body = b"a" + b" " * 1_000_000 + b"x\r\n" + b"\r\n \t" * 250_000
    assert b"".join(relaxed_body(body)) == b"a x\r\n"
    data = b"From: a@acme.example\r\nDKIM-Signature: v=1; b=" + b"\r\n " * 300_000 + b"!\r\n\r\n" + body
    async with DnsServer() as zone:
        assert (await one(zone, data))[0] == "permerror"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(header=st.binary(max_size=200), body=st.binary(max_size=100))
async def test_nothing_raises(zone: DnsServer, header: bytes, body: bytes) -> None:
    tags = b"DKIM-Signature: v=1; a=rsa-sha256; s=s1; d=acme.example; h=from:subject; "
    for start in (b"", b"DKIM-Signature: ", tags, tags + b"bh=AAAA; b="):
        for result in await results(zone, start + header + b"\r\n" + LETTER.data + body):
            assert result.result != "pass"


def test_the_parts_of_a_mail() -> None:
    parts = take_apart(b"A: 1\r\n 2\r\nb : 3\r\na:\r\n\r\nbody\r\n")
    assert [(field.name, field.value) for field in parts.fields] == [("a", b" 1\r\n 2"), ("b", b" 3"), ("a", b"")]
    assert (parts.body, parts.sound) == (b"body\r\n", True)
    assert take_apart(b"\r\nonly body").body == b"only body"
    assert take_apart(b"A: 1\r\n").body == b""
    assert not take_apart(b" folded first\r\nA: 1\r\n\r\n").sound

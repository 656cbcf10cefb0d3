"""Our signatures hold in another program's eyes, and break when anything that a reader sees is changed."""

import base64
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from time import process_time

import dkim  # pyright: ignore[reportMissingTypeStubs]
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as new_ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from parley.relay.compose.dkim import Key, KeyUnusable, Signer, new_key, read_key, zone_line
from parley.relay.mail.write import File, Letter, Mailbox, write

DOMAIN, NOON = "reply.market.example", datetime(2026, 11, 2, 12, tzinfo=UTC)
HEAD = b"From: a@reply.market.example\r\nTo: b@c.example\r\nSubject:  x  y\r\n\tz\r\nDate: d\r\n\r\n"
MAIL = HEAD + b"Hello  \t\r\n you \r\n\r\n\r\n"


@cache
def keys() -> tuple[Key, Key, Key]:
    """Two RSA keys and an Ed25519 one, made once."""
    kinds = (("s1", "rsa"), ("s2", "rsa"), ("e1", "ed25519"))
    one, two, three = (read_key(new_key("rsa" if kind == "rsa" else "ed25519")[0], name) for name, kind in kinds)
    return one, two, three


def dns(name: bytes, timeout: int = 5) -> bytes:
    """What DNS says of our keys."""
    selector = name.decode().partition("._domainkey.")[0]
    return next((key.record().encode() for key in keys() if key.selector == selector), b"")


verify: Callable[..., bool] = dkim.verify  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def holds(data: bytes) -> bool:
    """The RSA signature on top, by dkimpy."""
    return verify(data, dnsfunc=dns)


def rsa(data: bytes) -> bytes:
    return Signer(keys()[:1]).sign(data, DOMAIN, NOON)


def tags(signature: bytes) -> dict[str, str]:
    """The tags of a DKIM-Signature field, blanks left out."""
    text = re.sub(rb"\s", b"", signature.partition(b":")[2]).decode()
    return dict(tag.split("=", 1) for tag in text.split(";"))


def signatures(data: bytes) -> list[bytes]:
    return re.findall(rb"DKIM-Signature:[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*", data)


def ed25519_holds(data: bytes) -> bool:
    """Verified here on its own, for dkimpy needs another library for it."""
    signature = next(one for one in signatures(data) if b"ed25519" in one)
    told = tags(signature)
    body = data.partition(b"\r\n\r\n")[2]
    lines = [re.sub(rb"[ \t]+", b" ", line).rstrip(b" ") for line in body.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    canonical = b"".join(line + b"\r\n" for line in lines)
    if base64.b64encode(sha256(canonical).digest()).decode() != told["bh"]:
        return False
    head = data.partition(b"\r\n\r\n")[0] + b"\r\n"
    fields = re.findall(rb"([!-9;-~]+):([^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*)", head)
    hashed = b""
    for name in told["h"].lower().encode().split(b":"):
        place = next((n for n in range(len(fields) - 1, -1, -1) if fields[n][0].lower() == name), None)
        if place is not None:
            hashed += name + b":" + b" ".join(fields.pop(place)[1].split()) + b"\r\n"
    own = re.sub(rb"([\s;]b=).*", rb"\1", signature.partition(b":")[2], flags=re.DOTALL)
    hashed += b"dkim-signature:" + b" ".join(own.split())
    record = next(key.record() for key in keys() if key.selector == told["s"])
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(record.partition("p=")[2]))
    try:
        public.verify(base64.b64decode(told["b"]), sha256(hashed).digest())
    except InvalidSignature:
        return False
    return True


def letter() -> bytes:
    """A mail of ours with everything in it."""
    return write(
        Letter(
            Mailbox("Jéan D. via Market", f"seller-abcdefghkmnprstu@{DOMAIN}"),
            (Mailbox("Ann", "ann@webmail.example"),),
            "Größe " * 40,
            NOON,
            f"m.abc@{DOMAIN}",
            "Hello  \n\n.\nFrom me\n" + "x" * 2000,
            "<p>Hello</p>",
            references=tuple(f"m.{number}@{DOMAIN}" for number in range(30)),
            list_unsubscribe="https://market.example/u/x",
            auto_submitted="auto-generated",
            loop=DOMAIN,
            files=(File("Größe.pdf", "application/pdf", b"%PDF" * 1000),),
        )
    )


def test_a_mail_of_ours_verifies() -> None:
    signed = Signer(keys()).sign(letter(), DOMAIN, NOON)
    assert signed.endswith(letter())
    for number, signature in enumerate(signatures(signed)):
        rest = b"".join(one for place, one in enumerate(signatures(signed)) if place != number)
        alone = signature + rest + letter()  # the one that is verified comes first
        assert ed25519_holds(alone) if b"ed25519" in signature else holds(alone)
        assert max(map(len, signature.split(b"\r\n"))) <= 998
    told = tags(signatures(signed)[0])
    assert (told["d"], told["s"], told["a"], told["c"]) == (DOMAIN, "s1", "rsa-sha256", "relaxed/relaxed")
    assert told["t"] == str(int(NOON.timestamp()))
    assert not {"l", "i", "x", "z"} & told.keys()
    names = told["h"].split(":")
    written = {line.partition(b":")[0].decode() for line in letter().partition(b"\r\n\r\n")[0].split(b"\r\n")}
    assert {name for name in written if not name.startswith((" ", "\t"))} <= set(names)
    assert all(names.count(name) == 2 for name in ("From", "To", "Subject"))
    assert names.count("Reply-To") == 1


def test_the_same_mail_has_the_same_signature() -> None:
    assert Signer(keys()).sign(letter(), DOMAIN, NOON) == Signer(keys()).sign(letter(), DOMAIN, NOON)


@pytest.mark.parametrize(
    "body", [b"", b"\r\n", b"\r\n\r\n", b" \r\n", b"a\r\n", b"a \r\n", b" \t a\t\tb \r\n \r\n\r\n"]
)
def test_odd_bodies(body: bytes) -> None:
    signed = rsa(b"From: a@b.example\r\n\r\n" + body)
    assert holds(signed)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"a@reply", b"b@reply"),
        (b"\r\nSubject:  ", b"\r\nSubject: y\r\nSubject:  "),
        (b"Date: d", b"Date: e"),
        (b"To: b", b"To: x@c.example, b"),
        (b"\r\nFrom: a", b"\r\nFrom: x@y.example\r\nFrom: a"),
        (b"Date: d\r\n", b"Date: d\r\nFrom: x@y.example\r\n"),
        (b"Date: d\r\n", b"Date: d\r\nReply-To: x@y.example\r\n"),
        (b"Date: d\r\n", b"Date: d\r\nCc: x@y.example\r\n"),
        (b"Date: d\r\n", b"Date: d\r\nContent-Type: text/html\r\n"),
        (b"Hello", b"hello"),
        (b" you", b" you!"),
        (b"you \r\n", b"you\r\n\r\nmore\r\n"),
        (b"s=s1", b"s=s2"),
        (b"d=reply.", b"d="),
    ],
)
def test_any_change_that_is_seen_breaks_it(old: bytes, new: bytes) -> None:
    for signer in (Signer(keys()[:1]), Signer(keys()[2:])):
        signed = signer.sign(MAIL, DOMAIN, NOON)
        check = holds if signer.sign(MAIL, DOMAIN, NOON).count(b"rsa-sha256") else ed25519_holds
        assert check(signed)
        changed = signed.replace(old, new, 1)
        assert changed == signed or not check(changed)


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"Subject:  x  y\r\n\tz", b"subject: x y z"), (b"Hello  \t\r\n", b"Hello\r\n"), (b"\r\n\r\n\r\n", b"\r\n")],
)
def test_changes_of_blanks_do_not(old: bytes, new: bytes) -> None:
    assert holds(rsa(MAIL).replace(old, new, 1))


def test_trace_headers_above_do_not() -> None:
    assert holds(b"Received: from x by y\r\nX-Spam: no\r\n" + rsa(MAIL))


LINE = st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126)).map(str.encode)
BODY = st.lists(st.one_of(LINE, st.sampled_from([b"", b" ", b"\t ", b"."]))).map(b"\r\n".join)
VALUE = st.text(alphabet=" \tabc:;=.", max_size=40).map(str.encode)


@given(BODY, VALUE, VALUE)
@settings(max_examples=60, deadline=None)
def test_anything_written_verifies(body: bytes, subject: bytes, name: bytes) -> None:
    data = b"From: " + name + b"\r\n <a@b.example>\r\nSubject:" + subject + b"\r\n\r\n" + body + b"\r\n"
    assert holds(rsa(data))
    assert ed25519_holds(Signer(keys()[2:]).sign(data, DOMAIN, NOON))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n",
        b"To: a\r\n\r\nx",
        b"From: a\n\nx",
        b"From: a\r\n\r\nx\ry\r\n",
        b"From: a\r\n\r\nx\n",
        b"From a\r\n\r\n",
        b"From: a",
    ],
)
def test_what_is_no_mail_of_ours_is_not_signed(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"line ends|not a mail"):
        rsa(data)


@pytest.mark.parametrize(
    "domain", ["", "A.example", "a..b", "a.example\r\nX: y", "ü.example", "a.example; l=0", "-a.b"]
)
def test_other_domains_are_refused(domain: str) -> None:
    with pytest.raises(ValueError, match="domain"):
        Signer(keys()).sign(MAIL, domain, NOON)
    with pytest.raises(KeyUnusable):
        Key(domain, keys()[0].private)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        Signer(keys()).sign(MAIL, DOMAIN, NOON.replace(tzinfo=None))


def test_without_keys_nothing_is_signed() -> None:
    assert Signer(()).sign(MAIL, DOMAIN, NOON) == MAIL


def test_keys_as_pem() -> None:
    pem, record = new_key("ed25519")
    key = read_key(pem, "s2026")
    assert (key.record(), key.algorithm) == (record, "ed25519-sha256")
    other = new_ec(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for wrong in (b"", b"x", pem[:-40], other):
        with pytest.raises(KeyUnusable) as raised:
            read_key(wrong, "s")
        assert "BEGIN" not in str(raised.value)


def test_the_record_fits_into_strings_of_dns() -> None:
    pem, record = new_key()
    assert read_key(pem, "s").record() == record
    assert record.startswith("v=DKIM1; k=rsa; p=MIIB")
    line = zone_line("s", DOMAIN, record)
    strings = re.findall('"([^"]*)"', line)
    assert line.startswith(f"s._domainkey.{DOMAIN}. IN TXT (")
    assert "".join(strings) == record
    assert max(map(len, strings)) <= 255


def test_a_large_mail_is_signed_at_once() -> None:
    data = MAIL + b"a  b\t\r\n" * 1_000_000
    start = process_time()
    rsa(data)
    assert process_time() - start < 5

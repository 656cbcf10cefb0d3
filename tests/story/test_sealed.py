"""Signed and encrypted mail through the gateway: the seal holds on the other side, and its writer is warned."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder
from cryptography.x509.oid import NameOID
from parley.relay.clock import utc_now
from parley.tests.gateway import BUYER, SELLER, Running, body, header, opened, running, to
from parley.tests.peer import Got, Peer

OPENSSL = shutil.which("openssl")


@pytest.fixture
async def world(tmp_path: Path, peer: Peer) -> AsyncIterator[Running]:
    async with running(tmp_path, peer, copy=True) as one:
        yield one


def certificate(address: str) -> tuple[x509.Certificate, PKCS7SignatureBuilder]:
    """A certificate for an address, and a builder that signs with its key."""
    key = generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.EMAIL_ADDRESS, address)])
    now = utc_now()
    found = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, SHA256())
    )
    return found, PKCS7SignatureBuilder().add_signer(found, key, SHA256())


def head(mask: str, subject: str = "Re: Price for 12 pumps") -> bytes:
    return f"From: Anna Weber <{SELLER}>\r\nTo: {mask}\r\nSubject: {subject}\r\nX-Mailer: secret\r\n".encode()


def smime(words: str) -> bytes:
    """The header fields and body of a multipart/signed (RFC 8551 section 3.5.3)."""
    part = f"Content-Type: text/plain; charset=utf-8\r\n\r\n{words}\r\n".encode()
    _, builder = certificate(SELLER)
    return (
        builder.set_data(part)
        .sign(Encoding.SMIME, [PKCS7Options.DetachedSignature])
        .replace(b"\r\n", b"\n")
        .replace(b"\n", b"\r\n")
    )


def entity(got: Got, kind: str) -> bytes:
    """The part of this type of a relayed mail, as its octets stand in it."""
    outer = opened(got)
    boundary = b"--" + outer.get_boundary("").encode()
    (piece,) = [piece for piece in got.data.split(b"\r\n" + boundary) if f"Content-Type: {kind}".encode() in piece]
    return piece.removeprefix(b"\r\n")


@pytest.mark.skipif(OPENSSL is None, reason="openssl is not here to verify with")
async def test_a_signature_verifies_on_the_other_side(world: Running, peer: Peer, tmp_path: Path) -> None:
    made = await world.open()
    await peer.wait(2)
    await world.send(
        SELLER, made.masks["buyer"], head(made.masks["buyer"]) + smime("They cost 4,800 EUR.\r\n\r\n> old")
    )
    mails = await peer.wait(4)
    got = to(mails, BUYER)[-1]
    assert got.violations == ()
    file = tmp_path / "signed.eml"
    file.write_bytes(entity(got, "multipart/signed"))
    assert OPENSSL is not None
    command = [OPENSSL, "smime", "-verify", "-noverify", "-in", str(file)]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
    assert b"4,800 EUR" in done.stdout
    assert "exactly as it was signed" in " ".join(body(got).split())
    assert made.links[BUYER] in body(got)
    assert b"X-Mailer" not in got.data

    copy = to(mails, SELLER)[-1]
    warned = " ".join(body(copy).split())
    assert "it names your mail address" in warned
    assert "4,800 EUR" in warned
    shown = (await world.show(made.id))["messages"][-1]
    assert "4,800 EUR" in shown["text"]


PGP = (
    "-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA512\r\n\r\nThey cost 4,800 EUR, ask anna@werk.example.  \r\n"
    "- -- \r\nAnna\r\n-----BEGIN PGP SIGNATURE-----\r\n\r\niHUEARYKAB0WIQ\r\n=abcd\r\n-----END PGP SIGNATURE-----\r\n"
)


async def test_signed_words_in_the_text_pass_octet_for_octet(world: Running, peer: Peer) -> None:
    made = await world.open()
    await peer.wait(2)
    data = head(made.masks["buyer"]) + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + PGP.encode()
    await world.send(SELLER, made.masks["buyer"], data)
    mails = await peer.wait(4)
    assert PGP.encode() in to(mails, BUYER)[-1].data
    assert "it names your mail address" in " ".join(body(to(mails, SELLER)[-1]).split())


async def test_an_encrypted_mail_passes_octet_for_octet(world: Running, peer: Peer) -> None:
    made = await world.open()
    await peer.wait(2)
    inner = (
        "--enc\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n--enc\r\n"
        "Content-Type: application/octet-stream\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n=abcd\r\n"
        "-----END PGP MESSAGE-----\r\n\r\n--enc--\r\n"
    )
    fields = b'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="enc"\r\n\r\n'
    await world.send(SELLER, made.masks["buyer"], head(made.masks["buyer"]) + fields + inner.encode())
    mails = await peer.wait(4)
    got = to(mails, BUYER)[-1]
    part = entity(got, "multipart/encrypted")
    assert part.partition(b"\r\n\r\n")[2].startswith(inner.encode().rstrip(b"\r\n"))
    assert message_from_bytes(part).get_param("protocol") == "application/pgp-encrypted"
    assert "your mail program opens it with your key" in " ".join(body(got).split())
    assert "names your" not in body(to(mails, SELLER)[-1])


@pytest.mark.parametrize(
    "broken",
    [
        b'Content-Type: multipart/signed; boundary="a\r\n b"\r\n\r\n--a b\r\n\r\nHello.\r\n--a b--\r\n',
        b'Content-Type: multipart/signed; boundary="b"\r\n\r\n--b\r\n\r\n' + b"x" * 2000 + b"\r\n--b--\r\n",
    ],
)
async def test_what_cannot_be_written_as_it_is_comes_as_plain_words(world: Running, peer: Peer, broken: bytes) -> None:
    made = await world.open()
    await peer.wait(2)
    await world.send(SELLER, made.masks["buyer"], head(made.masks["buyer"]) + broken)
    got = to(await peer.wait(4), BUYER)[-1]
    assert got.violations == ()
    assert header(got, "From")

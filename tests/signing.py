"""Domains that sign their mail for real: keys, key records, and signatures made by dkimpy (RSA) or here (Ed25519)."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

import dkim
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from parley.relay.arrival import Arrival, Peer
from parley.relay.inbound.proof.canonical import Field, relaxed_field, take_apart

NOON = datetime.now(UTC)  # dkimpy stamps its signatures with the clock of the machine
SIGNED = ("from", "to", "subject", "date", "message-id")


@cache
def rsa_key(bits: int = 1024) -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=bits)


def rsa_record(key: RSAPrivateKey | None = None, tags: str = "v=DKIM1; k=rsa;") -> str:
    """The TXT record of a key."""
    public = (key or rsa_key()).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"{tags} p={base64.b64encode(public).decode()}"


@dataclass(frozen=True)
class Letter:
    """A mail to be signed."""

    sender: str
    subject: str = "Valve DN50"
    text: str = "We can deliver in March.\r\n"
    extra: str = ""  # more header lines, each with its line end

    @property
    def data(self) -> bytes:
        header = f"From: {self.sender}\r\nTo: <buyer-mask@reply.example>\r\nSubject: {self.subject}\r\n"
        header += "Date: Mon, 02 Nov 2026 10:00:00 +0100\r\nMessage-ID: <1@mail.example>\r\n"
        return (header + self.extra + "\r\n" + self.text).encode()


def sign(
    data: bytes,
    domain: str,
    selector: str = "s1",
    key: RSAPrivateKey | None = None,
    names: tuple[str, ...] = SIGNED,
    form: str = "relaxed/relaxed",
    length: bool = False,
    identity: str | None = None,
) -> bytes:
    """The mail with a DKIM-Signature of `domain` on top, made by dkimpy."""
    pem = (key or rsa_key()).private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    signature = dkim.sign(
        data,
        selector.encode(),
        domain.encode(),
        pem,
        (identity or f"@{domain}").encode(),
        canonicalize=tuple(part.encode() for part in form.split("/")),
        include_headers=[name.encode() for name in names],
        length=length,
    )
    return signature + data


def sign_ed25519(letter: Letter, domain: str, key: Ed25519PrivateKey) -> bytes:
    """A mail of one-line fields and a clean body, signed by RFC 8463 in relaxed form."""
    data = letter.data
    head, _, body = data.partition(b"\r\n\r\n")
    bodyhash = base64.b64encode(hashlib.sha256(body).digest()).decode()
    value = f"v=1; a=ed25519-sha256; c=relaxed/relaxed; d={domain}; s=ed; h=from:subject; bh={bodyhash}; b="
    fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n"))
    signed = b"from:" + fields[b"From"] + b"\r\nsubject:" + fields[b"Subject"] + b"\r\ndkim-signature:" + value.encode()
    made = base64.b64encode(key.sign(hashlib.sha256(signed).digest())).decode()
    return f"DKIM-Signature: {value}{made}\r\n".encode() + data


def ed25519_record(key: Ed25519PrivateKey) -> str:
    return f"v=DKIM1; k=ed25519; p={base64.b64encode(key.public_key().public_bytes_raw()).decode()}"


def seal(data: bytes, domain: str, results: str, instance: int = 1, key: RSAPrivateKey | None = None) -> bytes:
    """The mail with one more ARC set of `domain` on top; what stands there already is taken to be good."""
    signer = key or rsa_key()
    parts = take_apart(data)
    common = f"i={instance}; a=rsa-sha256; d={domain}; s=s1;"
    stated = _field(f"ARC-Authentication-Results: i={instance}; {results}")
    bodyhash = base64.b64encode(parts.relaxed_hash).decode()
    draft = f"ARC-Message-Signature: {common} c=relaxed/relaxed; h=from:subject; bh={bodyhash}; b="
    message = _signed(draft, [*parts.named("from"), *parts.named("subject")], signer)
    earlier = {field.name: {} for field in parts.fields if field.name.startswith("arc-")}
    for field in parts.fields:
        if field.name in earlier:
            earlier[field.name][int(field.value.split(b"i=")[1].split(b";")[0])] = field
    names = ("arc-authentication-results", "arc-message-signature", "arc-seal")
    sets = [earlier[name][number] for number in range(1, instance) for name in names]
    status = "pass" if instance > 1 else "none"
    sealed = _signed(f"ARC-Seal: {common} cv={status}; b=", [*sets, stated, message], signer)
    return b"".join(field.raw + b"\r\n" for field in (sealed, message, stated)) + data


def _field(text: str) -> Field:
    return Field(text.partition(":")[0].lower(), text.encode())


def _signed(draft: str, fields: list[Field], key: RSAPrivateKey) -> Field:
    """The field of `draft`, which ends in an empty b=, with the signature over `fields` and itself."""
    signed = b"".join(relaxed_field(field) for field in fields) + relaxed_field(_field(draft)).removesuffix(b"\r\n")
    return _field(draft + base64.b64encode(key.sign(signed, PKCS1v15(), SHA256())).decode())


def arrival(data: bytes, mail_from: str = "", ip: str = "192.0.2.1", helo: str = "mail.nowhere.example") -> Arrival:
    """A mail as the door hands it on."""
    return Arrival("a1", NOON, Peer(ip, 4711, helo), mail_from, (), data)

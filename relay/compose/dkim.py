"""Signs our mails (DKIM: RFC 6376; Ed25519: RFC 8463; key lengths: RFC 8301), relaxed in header and body.

Only mail with CRLF line ends is signed: what is normalised later would break the signature. Every header that our
writer writes is signed, and those that change what a reader sees are named once more than they occur, so that nobody
can add another (RFC 6376 section 8.15). There is never a length tag: nothing can be hung on to a signed body.
"""

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from ..mail.encode import fold
from ..mail.pieces import Content, Piece, Slice, whole_lines
from ..mail.write import HEADERS

KeyKind = Literal["rsa", "ed25519"]
RSA_BITS = 2048  # of new keys; longer ones do not fit into one DNS answer everywhere
LEAST_BITS = 1024  # RFC 8301 section 3.2: verifiers must not believe shorter keys

_SEALED = ("From", "To", "Cc", "Subject", "Date", "Reply-To", "Message-ID", "MIME-Version", "Content-Type")
_DOMAIN = re.compile(r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*")
_SIGNED = tuple((name, name.lower().encode("ascii")) for name in dict.fromkeys((*HEADERS, *_SEALED)))
_NAME = re.compile(rb"[!-9;-~]+")
_CHUNK = 64  # characters of the signature in a line
_STRING = 255  # octets of one string of a TXT record (RFC 1035 section 3.3)


class KeyUnusable(ValueError):
    """A key that cannot sign; the text says why, in words for ops, and holds nothing of the key."""


@dataclass(frozen=True, slots=True)
class Key:
    """A private key and the selector under which DNS tells its public half."""

    selector: str
    private: RSAPrivateKey | Ed25519PrivateKey

    def __post_init__(self) -> None:
        """Raise KeyUnusable for a selector that is no DNS name, and for a short key."""
        if not _DOMAIN.fullmatch(self.selector):
            raise KeyUnusable("the selector is not a DNS name in lower case")
        if isinstance(self.private, RSAPrivateKey) and self.private.key_size < LEAST_BITS:
            raise KeyUnusable(f"the RSA key is shorter than {LEAST_BITS} bits")

    @property
    def algorithm(self) -> str:
        """The value of the tag a=."""
        return "rsa-sha256" if isinstance(self.private, RSAPrivateKey) else "ed25519-sha256"

    def sign(self, data: bytes) -> bytes:
        """The signature of canonical header data. Ed25519 signs its hash (RFC 8463 section 3)."""
        if isinstance(self.private, RSAPrivateKey):
            return self.private.sign(data, PKCS1v15(), SHA256())
        return self.private.sign(sha256(data).digest())

    def record(self) -> str:
        """The text of the DNS record at `selector._domainkey.domain` (RFC 6376 section 3.6.1)."""
        public = self.private.public_key()
        if isinstance(self.private, RSAPrivateKey):
            der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            return f"v=DKIM1; k=rsa; p={b64encode(der).decode()}"
        raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return f"v=DKIM1; k=ed25519; p={b64encode(raw).decode()}"


class Signer:
    """Signs with every key it has: an RSA one that all verifiers know, an Ed25519 one, two selectors in a rotation."""

    def __init__(self, keys: tuple[Key, ...]) -> None:
        self._keys = keys

    def sign(self, data: bytes, domain: str, at: datetime) -> bytes:
        """The mail with one DKIM-Signature field for each key before it; without keys, as it is.

        `domain`: that of the From address, or one above it, in A-labels and lower case, so that DMARC finds it
        aligned. `at`: when it is signed, aware. Raises ValueError for another domain, a time without a zone, and for
        a mail with bare CR or LF, without a last CRLF or without a From.
        """
        return self.fields(data, domain, at) + data

    def fields(self, content: Content, domain: str, at: datetime) -> bytes:
        """The DKIM-Signature fields of a mail, b"" without keys; for the rest see `sign`. Blocks on files."""
        if not self._keys:
            return b""
        if not _DOMAIN.fullmatch(domain) or at.tzinfo is None:
            raise ValueError("not a domain and an aware time")
        first, *rest = (content,) if isinstance(content, bytes) else content.all
        if not isinstance(first, bytes) or not whole_lines(content):
            raise ValueError("line ends other than CRLF")
        fields, body = _split(first)
        names, canonical = _selected(fields)
        body_hash = b64encode(_body_hash([body, *rest])).decode()
        tags = _Tags(domain, int(at.timestamp()), names, canonical, body_hash)
        return b"".join([tags.signature(key) for key in self._keys])


@dataclass(frozen=True, slots=True)
class _Tags:
    """What all signatures of one mail have in common."""

    domain: str
    time: int
    names: tuple[str, ...]  # of the tag h=
    header: bytes  # canonical, of just these
    body_hash: str

    def signature(self, key: Key) -> bytes:
        """One DKIM-Signature field. Blanks and line ends in it count for nothing: see RFC 6376, 3.2 and 3.4.2."""
        *firsts, last = self.names
        pieces = [
            *("v=1;", f"a={key.algorithm};", "c=relaxed/relaxed;", f"d={self.domain};", f"s={key.selector};"),
            *(f"t={self.time};", f"h={firsts[0]}:" if firsts else f"h={last};"),
            *(f"{name}:" for name in firsts[1:]),
            *([f"{last};"] if firsts else []),
            f"bh={self.body_hash};",
        ]
        value = " ".join([*pieces, "b="]).encode("ascii")  # as `fold` writes them, unfolded (RFC 6376 section 3.4.2)
        signed = key.sign(self.header + b"dkim-signature:" + value)
        text = f"b={b64encode(signed).decode()}"
        return fold("DKIM-Signature", [*pieces, *_chunks(text, _CHUNK)])


_Fields = dict[bytes, list[bytes]]  # canonical fields by lower-case name, in order


def _split(data: bytes) -> tuple[_Fields, bytes]:
    """Canonical header fields and body. Raises ValueError where a line of the header is no field, or there is no From.

    RFC 6376 section 3.4.2: unfolded, each run of blanks one blank, none around the colon and at the end.
    """
    header, end, body = data.partition(b"\r\n\r\n")
    fields: _Fields = {}
    for line in header.replace(b"\r\n ", b" ").replace(b"\r\n\t", b"\t").split(b"\r\n"):
        name, colon, value = line.partition(b":")
        name = name.rstrip(b" \t").lower()
        if not (colon and _NAME.fullmatch(name)):
            raise ValueError("not a mail")
        fields.setdefault(name, []).append(name + b":" + _single_blanks(value).strip(b" ") + b"\r\n")
    if not end or b"from" not in fields:
        raise ValueError("not a mail with a From")
    return fields, body


def _selected(fields: _Fields) -> tuple[tuple[str, ...], bytes]:
    """The names for the tag h= and their canonical fields, from the last of each name up (RFC 6376 section 5.4.2)."""
    names: list[str] = []
    canonical: list[bytes] = []
    for name, key in _SIGNED:
        values = fields.get(key, [])
        names += [name] * (len(values) + (name in _SEALED))
        canonical += reversed(values)
    return tuple(names), b"".join(canonical)


def _single_blanks(text: bytes) -> bytes:
    """Each run of blanks and tabs as one blank."""
    text = text.replace(b"\t", b" ")
    while b"  " in text:  # each time round halves the longest run
        text = text.replace(b"  ", b" ")
    return text


def _body_hash(pieces: Sequence[Piece]) -> bytes:
    """The hash of a body. A slice of base64 is its own canonical form; empty lines at the end count for nothing."""
    digest, empty, any_line = sha256(), b"", False
    for piece in pieces:
        if isinstance(piece, Slice):
            digest.update(empty)
            piece.tell(digest.update)
            empty, any_line = b"", True
            continue
        for text in map(_relaxed, (piece,) if isinstance(piece, bytes) else piece.blocks()):
            said = text.rstrip(b"\r\n")
            if said:
                digest.update(empty + said)
            empty, any_line = text[len(said) :] if said else empty + text, any_line or bool(said)
    if any_line:
        digest.update(b"\r\n")
    return digest.digest()


def _relaxed(text: bytes) -> bytes:
    """RFC 6376 section 3.4.4, but for the empty lines at the end. The text has no bare CR or LF."""
    return _single_blanks(text).replace(b" \r\n", b"\r\n")


def _chunks(text: str, size: int) -> Iterator[str]:
    for place in range(0, len(text), size):
        yield text[place : place + size]


def new_key(kind: KeyKind = "rsa") -> tuple[bytes, str]:
    """A new private key as PEM (PKCS 8, not encrypted) and the text of its DNS record."""
    made = generate_private_key(65537, RSA_BITS) if kind == "rsa" else Ed25519PrivateKey.generate()
    pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem, Key("new", made).record()


def read_key(pem: bytes, selector: str) -> Key:
    """The key in `pem`. Raises KeyUnusable for what is no RSA or Ed25519 key without a password."""
    try:
        private = load_pem_private_key(pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyUnusable("the file holds no private key in PEM without a password") from error
    if not isinstance(private, (RSAPrivateKey, Ed25519PrivateKey)):
        raise KeyUnusable("the key is neither RSA nor Ed25519")
    return Key(selector, private)


def zone_line(selector: str, domain: str, record: str) -> str:
    """The record as a line of a zone file, in strings of at most 255 octets."""
    strings = " ".join(f'"{chunk}"' for chunk in _chunks(record, _STRING))
    return f"{selector}._domainkey.{domain}. IN TXT ( {strings} )"

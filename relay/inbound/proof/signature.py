"""One signature field: DKIM-Signature (RFC 6376 section 3.5) or ARC-Message-Signature (RFC 8617 section 4.1.2)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import idna

from . import tags
from .canonical import Field, Parts, relaxed_field, select, simple_field, without_signature
from .keys import ALGORITHMS, Key, Unusable, is_domain, verify

_NUMBER = re.compile(r"[0-9]{1,12}")
_FORMS = ("simple", "relaxed")
_CLOCK = 3600  # seconds that a signer's clock may be ahead of ours

Form = Literal["simple", "relaxed"]


@dataclass(frozen=True, slots=True)
class Signature:
    """What a signature field says, read and checked for itself; nothing of it is proved yet."""

    field: Field
    algorithm: str
    domain: str
    selector: str
    identity: str  # domain of i=, the signing domain where there is none
    signed: tuple[str, ...]  # field names of h=, lower case
    headers: Form
    body: Form
    body_hash: bytes
    value: bytes

    def body_matches(self, parts: Parts) -> bool:
        """True when the body is the one that was signed."""
        return self.body_hash == (parts.simple_hash if self.body == "simple" else parts.relaxed_hash)

    def fields_match(self, parts: Parts, key: Key) -> bool:
        """True when the signed fields are those that were signed (section 3.7)."""
        form = simple_field if self.headers == "simple" else relaxed_field
        signed = b"".join(form(field) for field in select(parts.fields, self.signed))
        own = form(without_signature(self.field)).removesuffix(b"\r\n")
        return verify(key.key, self.value, signed + own)


def read_domains(values: Mapping[str, str]) -> tuple[str, str]:
    """Return the d= and s= of a signature in lower-case A-labels. Raises Unusable."""
    names = [_a_labels(tags.unfolded(values.get(tag, ""))) for tag in ("d", "s")]
    if not all(is_domain(name) for name in names) or "." not in names[0]:
        raise Unusable("permerror", "d= or s= is no domain")
    return names[0], names[1]


def read_tags(field: Field) -> dict[str, str]:
    """Return the tags of a signature field. Raises Unusable."""
    try:
        return tags.read(field.value)
    except ValueError as error:
        raise Unusable("permerror", f"the signature cannot be read: {error}") from error


def read_bytes(values: Mapping[str, str], tag: str) -> bytes:
    """Return the base64 value of a tag that must be there. Raises Unusable."""
    try:
        found = tags.decoded(values.get(tag, ""))
    except ValueError as error:
        raise Unusable("permerror", f"{tag}= is no base64") from error
    if not found:
        raise Unusable("permerror", f"{tag}= is missing")
    return found


def read_algorithm(values: Mapping[str, str]) -> str:
    """Return the algorithm of a signature. Raises Unusable: unknown, or SHA-1 (RFC 8301)."""
    algorithm = tags.unfolded(values.get("a", ""))
    if algorithm not in ALGORITHMS:
        raise Unusable("policy" if algorithm == "rsa-sha1" else "permerror", "an algorithm that proves nothing")
    return algorithm


def read_signature(field: Field, values: Mapping[str, str], form: str = "simple/simple") -> Signature:
    """Return what the tags of a signature say; `form` is the c= where there is none. Raises Unusable."""
    domain, selector = read_domains(values)
    algorithm = read_algorithm(values)
    if "l" in values:
        raise Unusable("policy", "only a part of the body is signed (l=)")
    if "dns/txt" not in tags.unfolded(values.get("q", "dns/txt")).split(":"):
        raise Unusable("permerror", "q= is unknown")
    headers, _, body = tags.unfolded(values.get("c", form)).partition("/")
    if headers not in _FORMS or (body or "simple") not in _FORMS:
        raise Unusable("permerror", "c= is unknown")
    signed = tuple(name.lower() for name in tags.unfolded(values.get("h", "")).split(":"))
    return Signature(
        field=field,
        algorithm=algorithm,
        domain=domain,
        selector=selector,
        identity=_identity(values, domain),
        signed=signed,
        headers="simple" if headers == "simple" else "relaxed",
        body="relaxed" if body == "relaxed" else "simple",
        body_hash=read_bytes(values, "bh"),
        value=read_bytes(values, "b"),
    )


def check_times(values: Mapping[str, str], now: float) -> None:
    """Check t= and x= against `now` in seconds (section 3.5). Raises Unusable."""
    for tag in ("t", "x"):
        if tag in values and not _NUMBER.fullmatch(values[tag]):
            raise Unusable("permerror", f"{tag}= is no time")
    made, until = int(values.get("t", "0")), int(values.get("x", "0"))
    if made > now + _CLOCK:
        raise Unusable("policy", "the signature is from the future")
    if "x" in values and until <= made:
        raise Unusable("permerror", "x= is before t=")
    if "x" in values and until < now:
        raise Unusable("policy", "the signature has expired")


def _identity(values: Mapping[str, str], domain: str) -> str:
    if "i" not in values:
        return domain
    identity = _a_labels(tags.unfolded(values["i"]).rpartition("@")[2])
    if identity != domain and not identity.endswith(f".{domain}"):
        raise Unusable("permerror", "i= is not of d=")
    return identity


def _a_labels(name: str) -> str:
    """The name in lower-case A-labels (RFC 8616 section 4), as it is where it cannot be."""
    if name.isascii():
        return name.lower()
    try:
        return idna.encode(name, uts46=True, std3_rules=True).decode("ascii").lower()
    except UnicodeError:
        return name

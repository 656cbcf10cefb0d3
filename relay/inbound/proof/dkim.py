"""DKIM (RFC 6376, RFC 8301, RFC 8463), stricter than the RFC where its freedom lets a stranger speak.

A signature counts only when all of the body is signed (no l=), From and Subject are signed, the fields that
readers show or read the body by are there once, and the header has one reading.
"""

import asyncio

from ...nameservers import NameServers
from .canonical import Field, Parts
from .keys import Unusable, fetch
from .signature import Signature, check_times, read_signature, read_tags
from .values import Dkim

_MOST_SIGNATURES = 10
_SINGLE = (
    "from",
    "sender",
    "reply-to",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
)
_MUST_BE_SIGNED = ("from", "subject")
_LARGE = 64 * 1024  # bytes of body that are hashed in a thread


async def check(parts: Parts, now: float, servers: NameServers) -> tuple[Dkim, ...]:
    """Say of each of the first ten signatures, from the top, what it proves at the time `now`. Never raises."""
    fields = parts.named("dkim-signature")[:_MOST_SIGNATURES]
    refusal = objection(parts)
    return tuple(await asyncio.gather(*(_result(field, parts, refusal, now, servers) for field in fields)))


def objection(parts: Parts) -> str:
    """Say why no signature of this mail can count, "" where one may."""
    if not parts.sound:
        return "the header holds lines that are no fields"
    return next((f"{name} is there twice" for name in _SINGLE if len(parts.named(name)) > 1), "")


async def body_matches(signature: Signature, parts: Parts) -> bool:
    """Compare the body, a large one in a thread."""
    if len(parts.body) < _LARGE:
        return signature.body_matches(parts)
    return await asyncio.to_thread(signature.body_matches, parts)


async def _result(field: Field, parts: Parts, refusal: str, now: float, servers: NameServers) -> Dkim:
    domain, selector = "", ""
    try:
        values = read_tags(field)
        if values.get("v") != "1":
            raise Unusable("permerror", "another version")
        signature = read_signature(field, values)
        domain, selector = signature.domain, signature.selector
        check_times(values, now)
        _check_coverage(signature, parts, refusal)
        await _verify(signature, parts, servers)
    except Unusable as error:
        return Dkim(domain, selector, error.result, error.why)
    return Dkim(domain, selector, "pass")


def _check_coverage(signature: Signature, parts: Parts, refusal: str) -> None:
    """Raises Unusable where the signature leaves free what a reader takes for the writer's."""
    if refusal:
        raise Unusable("policy", refusal)
    for name in _MUST_BE_SIGNED:
        if name not in signature.signed and (name == "from" or parts.named(name)):
            raise Unusable("permerror" if name == "from" else "policy", f"{name} is not signed")


async def _verify(signature: Signature, parts: Parts, servers: NameServers) -> None:
    """Raises Unusable where key, body or fields do not agree with the signature."""
    key = await fetch(signature.domain, signature.selector, signature.algorithm, servers)
    if key.strict and signature.identity != signature.domain:
        raise Unusable("permerror", "i= must be d= for this key (t=s)")
    if not await body_matches(signature, parts):
        raise Unusable("fail", "the body was changed")
    if not signature.fields_match(parts, key):
        raise Unusable("fail", "the signed fields were changed")
    if key.testing:
        raise Unusable("neutral", "the domain only tries its key (t=y)")  # section 3.6.1: as if unsigned

"""ARC chains (RFC 8617): checked and kept for the record; a chain is believed only where all sealers are trusted."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass

from ...nameservers import NameServers
from . import tags
from .canonical import Field, Parts, relaxed_field, without_signature
from .dkim import body_matches
from .keys import Key, Unusable, fetch, verify
from .signature import read_algorithm, read_bytes, read_domains, read_signature, read_tags
from .values import Arc

_MOST_SETS = 50  # section 4.2.1
_INSTANCE = re.compile(r"[0-9]{1,2}")
_NAMES = ("arc-authentication-results", "arc-message-signature", "arc-seal")


@dataclass(frozen=True, slots=True)
class _Seal:
    """One ARC-Seal with what it says."""

    field: Field
    algorithm: str
    domain: str
    selector: str
    status: str  # cv=
    value: bytes


@dataclass(frozen=True, slots=True)
class _Set:
    """The three fields of one instance."""

    results: Field
    message: Field
    seal: Field

    @property
    def fields(self) -> tuple[Field, Field, Field]:
        return self.results, self.message, self.seal


async def check(parts: Parts, servers: NameServers) -> Arc:
    """Say whether the chain of a mail holds (section 5.2). Never raises."""
    if not any(parts.named(name) for name in _NAMES):
        return Arc()
    sealers: tuple[str, ...] = ()
    try:
        sets = _sets(parts)
        seals = [_seal(one) for one in sets]
        sealers = tuple(seal.domain for seal in seals)
        _check_statuses(seals)
        await _check_message(sets[-1], parts, servers)
        await _check_seals(sets, seals, servers)
    except Unusable as error:
        return Arc("temperror" if error.result == "temperror" else "fail", sealers, "", error.why)
    return Arc("pass", sealers, _printable(sets[0].results.value.partition(b";")[2]))


def _printable(value: bytes) -> str:
    """A value on one line, of printable ASCII only."""
    unfolded = value.replace(b"\r\n", b"").replace(b"\t", b" ").strip()
    return "".join(chr(octet) if 32 <= octet < 127 else "?" for octet in unfolded)


def _sets(parts: Parts) -> list[_Set]:
    """The sets in order. Raises Unusable: one is missing, not whole or there twice."""
    found: dict[tuple[int, str], Field] = {}
    for field in parts.fields:
        if field.name in _NAMES:
            place = _instance(field), field.name
            if place in found:
                raise Unusable("fail", f"{field.name} is there twice in one set")
            found[place] = field
    count = max(instance for instance, _ in found)
    try:
        return [_Set(*(found[instance, name] for name in _NAMES)) for instance in range(1, count + 1)]
    except KeyError as error:
        raise Unusable("fail", "a set is not whole") from error


def _instance(field: Field) -> int:
    """The i= of a field. Raises Unusable."""
    if field.name == "arc-authentication-results":
        tag, _, value = field.value.partition(b";")[0].partition(b"=")
        text = value.decode("ascii", "replace").strip() if tag.strip() == b"i" else ""
    else:
        text = read_tags(field).get("i", "")
    if not _INSTANCE.fullmatch(text) or not 1 <= int(text) <= _MOST_SETS:
        raise Unusable("fail", "i= is no number from 1 to 50")
    return int(text)


def _seal(one: _Set) -> _Seal:
    """Read the seal of a set. Raises Unusable."""
    values = read_tags(one.seal)
    if "h" in values:
        raise Unusable("fail", "a seal with h=")  # section 4.1.3
    domain, selector = read_domains(values)
    status = _status(values)
    return _Seal(one.seal, read_algorithm(values), domain, selector, status, read_bytes(values, "b"))


def _status(values: Mapping[str, str]) -> str:
    return tags.unfolded(values.get("cv", "")).lower()


def _check_statuses(seals: list[_Seal]) -> None:
    """The first seal found no chain, every other a good one (section 5.2 step 3). Raises Unusable."""
    for place, seal in enumerate(seals):
        if seal.status != ("pass" if place else "none"):
            raise Unusable("fail", f"seal {place + 1} does not say that all before it was good")


async def _check_message(newest: _Set, parts: Parts, servers: NameServers) -> None:
    """Check the newest ARC-Message-Signature. Raises Unusable."""
    values = read_tags(newest.message)
    unsigned = {tag: value for tag, value in values.items() if tag != "i"}  # i= is the instance here, nobody's identity
    signature = read_signature(newest.message, unsigned, "relaxed/relaxed")
    if "arc-seal" in signature.signed:
        raise Unusable("fail", "a message signature over a seal")
    key = await fetch(signature.domain, signature.selector, signature.algorithm, servers)
    if not await body_matches(signature, parts) or not signature.fields_match(parts, key):
        raise Unusable("fail", "the newest message signature does not hold")


async def _check_seals(sets: list[_Set], seals: list[_Seal], servers: NameServers) -> None:
    """Check all seals at once. Raises Unusable: that of the first one that does not hold."""
    checks = (_check_seal(sets[: place + 1], seal, servers) for place, seal in enumerate(seals))
    for outcome in await asyncio.gather(*checks, return_exceptions=True):
        if outcome is not None:
            raise outcome


async def _check_seal(sets: list[_Set], seal: _Seal, servers: NameServers) -> None:
    """Check a seal over all sets up to its own (section 5.1.1). Raises Unusable."""
    key: Key = await fetch(seal.domain, seal.selector, seal.algorithm, servers)
    sealed = [relaxed_field(field) for one in sets for field in one.fields][:-1]
    own = relaxed_field(without_signature(seal.field)).removesuffix(b"\r\n")
    if not verify(key.key, seal.value, b"".join(sealed) + own):
        raise Unusable("fail", f"seal {len(sets)} does not hold")

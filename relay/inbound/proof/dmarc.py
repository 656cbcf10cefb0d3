"""DMARC (RFC 9989): does the domain of From answer for this mail, and what does it wish for those it does not?

Policy and organisational domain are found by the tree walk of section 4.10, fenced by the public suffix list: no
record can make two owners under one public suffix relatives (docs/standards.md). `pct=` is gone with RFC 9989;
t=y, and pct=0 which it stands for, lower the policy by one step.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ...mail.domains import registered, related
from ...nameservers import NameServers, Unavailable
from .values import Dkim, Dmarc, Policy, Spf

_MOST_PARENTS = 7  # section 4.10: a longer name is cut to its last seven labels after the first question
_LOWER: dict[Policy, Policy] = {"reject": "quarantine", "quarantine": "none", "none": "none"}


@dataclass(frozen=True, slots=True)
class Record:
    """One DMARC record (section 4.7) and the domain it was found at."""

    domain: str
    policy: Policy
    subdomains: Policy
    missing: Policy  # for subdomains that do not exist
    strict_dkim: bool = False
    strict_spf: bool = False
    suffix: str = "u"  # psd=: y this is a public suffix, n this is an organisation, u unsaid
    testing: bool = False


@dataclass(frozen=True, slots=True)
class Identifier:
    """A domain that SPF or DKIM proved."""

    domain: str
    by: Literal["spf", "dkim"]


def identifiers(spf: Spf, dkim: Sequence[Dkim]) -> tuple[Identifier, ...]:
    """The domains that passed, those of DKIM first."""
    signed = [Identifier(one.domain, "dkim") for one in dkim if one.result == "pass"]
    sent = [Identifier(spf.domain, "spf")] if spf.result == "pass" else []
    return (*signed, *sent)


def spoke(author: str, proved: Sequence[Identifier]) -> bool:
    """True when SPF or DKIM passed for the organisation of `author`, whatever its policy says."""
    return any(related(one.domain, author) for one in proved)


async def check(author: str, spf: Spf, dkim: Sequence[Dkim], servers: NameServers) -> Dmarc:
    """Decide for a mail whose From is at `author` (A-labels). Never raises."""
    try:
        records = await walk(author, servers)
        record = _applying(author, records)
        policy = await _policy(author, record, servers) if record else ""
        aligned = await _aligned(author, records, record, identifiers(spf, dkim), servers)
    except Unavailable:
        return Dmarc("temperror")
    domain = record.domain if record else ""
    if aligned:
        return Dmarc("pass" if record else "none", policy, domain, aligned)
    if spf.result == "temperror" or any(one.result == "temperror" for one in dkim):
        return Dmarc("temperror", policy, domain)
    return Dmarc("fail" if record else "none", policy, domain)


async def walk(domain: str, servers: NameServers) -> tuple[Record, ...]:
    """The records of `domain` and its parents, nearest first, up to one that says where to stop. Raises Unavailable.

    A public suffix that does not answer is passed over: its record could never make anything aligned.
    """
    labels = domain.split(".")
    parents = range(max(1, len(labels) - _MOST_PARENTS), len(labels))
    names = [domain, *(".".join(labels[start:]) for start in parents)]
    answers = await asyncio.gather(*(_record(name, servers) for name in names), return_exceptions=True)
    found: list[Record] = []
    for name, answer in zip(names, answers, strict=True):
        if isinstance(answer, BaseException):
            if not isinstance(answer, Unavailable) or len(name) >= len(registered(domain)):
                raise answer
        elif answer is not None:
            found.append(answer)
            if answer.suffix != "u":
                break
    return tuple(found)


def organisation(domain: str, records: Sequence[Record]) -> str:
    """The organisational domain of `domain`, from the records that its walk found (section 4.10.2).

    Where there is no record at all, the public suffix list says it.
    """
    top = records[-1] if records else None
    if top is None:
        return registered(domain)
    if top.suffix != "y" or top.domain == domain:
        return top.domain
    return ".".join(domain.split(".")[-top.domain.count(".") - 2 :])


def parse(domain: str, text: bytes) -> Record | None:
    """Read the record that stands at `domain`, None where it is none or says nothing (section 4.7)."""
    values = _tags(text.decode("utf-8", "replace"))
    if next(iter(values.items()), None) != ("v", "DMARC1"):
        return None
    policies: list[Policy] = []
    for tag in ("p", "sp", "np"):
        policy = _read_policy(values.get(tag, policies[-1] if policies else "").lower())
        if policy is None:  # such a record is for its reports only
            policies = ["none"] * 3 if "mailto:" in values.get("rua", "").lower() else []
            break
        policies.append(policy)
    if not policies:
        return None
    psd = values.get("psd", "u").lower()
    return Record(
        domain=domain,
        policy=policies[0],
        subdomains=policies[1],
        missing=policies[2],
        strict_dkim=values.get("adkim", "").lower() == "s",
        strict_spf=values.get("aspf", "").lower() == "s",
        suffix=psd if psd in {"y", "n"} else "u",
        testing=values.get("t", "").lower() == "y" or values.get("pct") == "0",
    )


def _tags(text: str) -> dict[str, str]:
    """The tags in order; what is none is passed over, and a tag that comes again counts the first time."""
    found: dict[str, str] = {}
    for piece in text.split(";"):
        name, equals, value = piece.partition("=")
        if equals:
            found.setdefault(name.strip().lower(), value.strip())
    return found


async def _record(domain: str, servers: NameServers) -> Record | None:
    texts = await servers.texts(f"_dmarc.{domain}")
    records = [record for text in texts if (record := parse(domain, text))]
    return records[0] if len(records) == 1 else None  # section 4.7: several are none


def _read_policy(value: str) -> Policy | None:
    return value if value in ("none", "quarantine", "reject") else None


def _applying(author: str, records: Sequence[Record]) -> Record | None:
    """The record whose policy holds: the author domain's own, its organisation's, its public suffix's (4.10.1)."""
    above = organisation(author, records)
    by_place = {record.domain: record for record in records}
    suffix = next((record for record in records if record.suffix == "y"), None)
    return by_place.get(author) or by_place.get(above) or suffix


async def _policy(author: str, record: Record, servers: NameServers) -> Policy:
    """What `record` wishes for failing mail of `author`. Raises Unavailable."""
    policy = record.policy
    if record.domain != author:
        policy = record.subdomains
        if record.missing != record.subdomains and not (await servers.records(author, "A")).exists:
            policy = record.missing
    return _LOWER[policy] if record.testing else policy


async def _aligned(
    author: str, records: Sequence[Record], record: Record | None, proved: Sequence[Identifier], servers: NameServers
) -> Literal["", "spf", "dkim"]:
    """How the author domain is proved, "" where it is not (section 4.4). Raises Unavailable."""
    own = organisation(author, records)
    for one in proved:
        if one.domain == author:
            return one.by
        strict = record is not None and (record.strict_spf if one.by == "spf" else record.strict_dkim)
        if strict or not related(one.domain, author):
            continue
        if organisation(one.domain, await walk(one.domain, servers)) == own:
            return one.by
    return ""

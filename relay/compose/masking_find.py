"""Finds real addresses in text, however they are written: in any case, wrapped, escaped, cut by unseen characters.

All searching is done in folded text: see masking_fold. Pure, linear, never raising.
"""

import re
from binascii import a2b_base64
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import idna

from ..mail.addresses import parse_address
from .masking_fold import JOINT, fold, folded, letters, may_hold

HIDDEN = "***"  # stands for what has no mask

# known: an address of the inquiry. host: an address or name at a host of theirs. other: any address.
Kind = Literal["known", "host", "other"]
# How far to look. known: addresses of the inquiry. hosts: these and whatever names a host of theirs. all: any address.
Reach = Literal["known", "hosts", "all"]


@dataclass(frozen=True, slots=True)
class Names:
    """What must not be seen, and what stands for it. Addresses may come in any spelling."""

    addresses: tuple[tuple[str, str], ...]  # (real, mask) of every participant of the inquiry, of both sides
    hosts: tuple[str, ...] = ()  # domains that belong to participants alone: never those of public providers
    writer: str = ""  # real address of who wrote
    reader: str = ""  # real address of who will read: his calendar must find himself in an invitation
    typed: Literal["keep", "mask"] = "keep"  # of the writer's own address in words that he typed
    documents: bool = False  # take who made them out of documents
    uids: tuple[str, ...] = ()  # calendar UIDs that the reader's side has used: an answer to an invitation names one

    def mask_of(self, real: str) -> str:
        """The mask that stands for an address, "" for one that is not of this inquiry."""
        wanted = set(_forms(real))
        return next((mask for known, mask in self.addresses if wanted & set(_forms(known))), "")

    @property
    def domain(self) -> str:
        """Our own domain, as the masks tell it."""
        return next((mask.rpartition("@")[2] for _, mask in self.addresses), "hidden.invalid")


@dataclass(frozen=True, slots=True)
class Hit:
    """text[start:end] and what goes there instead."""

    start: int
    end: int
    instead: str
    kind: Kind
    own: bool = False  # the writer's own address, in plain letters


@dataclass(frozen=True, slots=True)
class Masked:
    """A text without real addresses, and how many were taken out."""

    text: str
    hidden: int = 0


def mask_text(text: str, names: Names, reach: Reach = "hosts") -> Masked:
    """All of `text` masked, whoever typed it."""
    return replaced(text, find(text, names, reach))


def replaced(text: str, hits: list[Hit]) -> Masked:
    """`text` with its hits replaced; they must be in order."""
    pieces: list[str] = []
    place = 0
    for hit in hits:
        pieces += [text[place : hit.start], hit.instead]
        place = hit.end
    return Masked("".join([*pieces, text[place:]]), len(hits))


def find(text: str, names: Names, reach: Reach = "hosts") -> list[Hit]:
    """What there is in `text`, in order, without overlaps. Masks are not found."""
    wanted = _wanted(names.addresses, names.hosts, reach)
    if wanted is None:
        return []
    packed, written = list(_packed(text, wanted)), list(_written(text, names, wanted))
    if not packed:
        return written
    apart: list[Hit] = []
    for hit in sorted([*packed, *written], key=lambda hit: hit.start):
        if not apart or hit.start >= apart[-1].end:
            apart.append(hit)
    return apart


def _packed(text: str, wanted: "_Wanted") -> Iterator[Hit]:
    """Known addresses in base64: links that tell the sender's computer who follows them hold such."""
    for match in _BASE64.finditer(text):
        run = match[0][:-1] if len(match[0]) % 4 == 1 else match[0]
        whole = a2b_base64(run + "=" * (-len(run) % 4))
        if b"@" in whole and any(one in whole.lower() for one in wanted.packed):
            yield Hit(match.start(), match.end(), HIDDEN, "known")


def _written(text: str, names: Names, wanted: "_Wanted") -> Iterator[Hit]:
    """What is written in letters, escapes and disguises."""
    if not wanted.maybe.search(text) or (wanted.domains and not may_hold(text, wanted.domains)):
        return
    view, places = fold(text)
    if wanted.domains and not _holds_any(view, wanted.domains):
        return
    writer = _forms(names.writer)
    for match in _pattern(wanted).finditer(view):
        if match.lastgroup in (None, "ours"):
            continue
        start, end = places[match.start()], places[match.end()]
        if match.lastgroup == "known":
            address = match[0].replace(JOINT, "")
            own = address in writer and letters(text[start:end]) == address
            yield Hit(start, end, wanted.mask_of(address), "known", own)
        else:
            yield Hit(start, end, HIDDEN, "host" if match.lastgroup == "host" else "other")


@dataclass(frozen=True, slots=True)
class _Wanted:
    maybe: re.Pattern[str]  # for the text as it is: without a match there is nothing to be found
    masks: dict[str, str]  # by folded address
    names: tuple[str, ...]  # folded forms of the hosts
    ours: tuple[str, ...]  # folded domains of the masks
    all: bool  # any address is wanted
    packed: tuple[bytes, ...]  # the same addresses in UTF-8
    domains: tuple[str, ...]  # without one of these nothing is to be found either; () where anything may be

    def mask_of(self, found: str) -> str:
        """The mask for a folded address as it was found: with quotes or a tag, or without."""
        local, _, domain = found.replace('"', "").rpartition("@")
        untagged = f"{local.partition('+')[0]}@{domain}"
        return self.masks.get(f"{local}@{domain}") or self.masks.get(untagged, HIDDEN)


# An address in ASCII comes out of base64 without "+", "/" and their like.
_BASE64 = re.compile(r"[A-Za-z0-9]{16,}")
# An address does not begin here otherwise. Letters of other alphabets may stand right before and behind it, as they
# do in Chinese and Japanese; and no top-level domain has a digit, so one behind it is a note's.
_NOTHING_BEFORE = r"(?<![a-z0-9_])(?<![a-z0-9_][.+-])"
_NOTHING_BEHIND = r"(?![a-z])"
_LOCAL = rf"{_NOTHING_BEFORE}\w[\w.+'-]{{0,100}}+@"
_DOMAIN = r"(?:[\w-]++\.)*+[\w-]++"
_PLAIN_DOMAIN = re.compile(r"[a-z0-9.-]+")
_AT_FORMS = r"[@\uff20\ufe6b]|%40|&#0*64\b|&#x0*40\b|&commat;"
_DOT_FORMS = r"[.\u3002\uff0e\uff61\ufe52]|%2e|&#0*46\b|&#x0*2e\b|&period;"
_AT = re.compile(_AT_FORMS, re.IGNORECASE)
_AT_OR_DOT = re.compile(f"{_AT_FORMS}|{_DOT_FORMS}", re.IGNORECASE)


@lru_cache(maxsize=512)
def _wanted(addresses: tuple[tuple[str, str], ...], hosts: tuple[str, ...], reach: Reach) -> _Wanted | None:
    """The search for one inquiry; None where nothing is wanted."""
    masks = {form: mask for real, mask in addresses for form in _forms(real)}
    names = [form for host in hosts for form in _domain_forms(host)] if reach != "known" else []
    if not (masks or names or reach == "all"):
        return None
    ours = {folded(mask.rpartition("@")[2]) for _, mask in addresses} - {""}
    domains = () if reach == "all" else (*dict.fromkeys([*names, *(form.rpartition("@")[2] for form in masks)]),)
    packed = tuple(form.encode("utf-8", "replace") for form in masks)
    maybe = _AT_OR_DOT if names else _AT
    return _Wanted(maybe, masks, tuple(names), tuple(sorted(ours)), reach == "all", packed, domains)


def _pattern(wanted: _Wanted) -> re.Pattern[str]:
    """The pattern for folded text: made when it is first needed, for that takes a millisecond."""
    return _compiled(tuple(wanted.masks), wanted.names, wanted.ours, wanted.all)


@lru_cache(maxsize=512)
def _compiled(masks: tuple[str, ...], names: tuple[str, ...], ours: tuple[str, ...], every: bool) -> re.Pattern[str]:
    branches: list[str] = []
    if ours:
        branches.append(rf"(?P<ours>{_LOCAL}(?:{_either(list(ours))})(?![\w-]))")
    if masks:
        tags = "|".join(_address_pattern(form) for form in sorted(masks, key=len, reverse=True))
        branches.append(rf"(?P<known>{_NOTHING_BEFORE}(?:{tags}){_NOTHING_BEHIND})")
    if names:
        labels = r"(?<![a-z0-9_.-])(?:[\w-]++\.)*?"
        branches.append(rf"(?P<host>(?:{_LOCAL})?{labels}(?:{_either(list(names))}){_NOTHING_BEHIND})")
    if every:
        branches.append(rf"(?P<other>(?:{_LOCAL}|(?<=\S)@){_DOMAIN})")
    return re.compile("|".join(branches))


def _holds_any(view: str, domains: tuple[str, ...]) -> bool:
    """Whether a domain is in folded text, over lines or not: much quicker than the search itself."""
    whole = view.replace(JOINT, "")
    return any(domain in whole for domain in domains)


@lru_cache(maxsize=4096)
def _forms(real: str) -> list[str]:
    """The folded spellings of an address: its domain in letters of its own language and in A-labels."""
    address = parse_address(real.strip())
    if address is None:
        return [folded(real.strip())] if real.strip() else []
    local = address.local.strip('"')
    return [f"{folded(local)}@{domain}" for domain in _domain_forms(address.domain)]


def _domain_forms(domain: str) -> list[str]:
    """A domain in A-labels and in the letters of its own language (RFC 5890), folded."""
    domain = domain.strip().strip(".").lower()
    if _PLAIN_DOMAIN.fullmatch(domain) and "xn--" not in domain:
        return [domain]
    forms = [folded(domain)]
    with suppress(UnicodeError):
        forms.append(folded(idna.decode(domain)))
    with suppress(UnicodeError):
        forms.append(idna.encode(domain, uts46=True).decode("ascii"))
    return [form for form in dict.fromkeys(forms) if form]


def _address_pattern(form: str) -> str:
    """An address, quoted or not, with or without a tag behind "+" (RFC 5233)."""
    local, _, domain = form.rpartition("@")
    core = rf"{_spread(local)}(?:\+[\w.+-]{{0,64}}+)?"
    return rf'(?:"{core}"|{core}){JOINT}?@{JOINT}?{_spread(domain)}'


def _either(forms: list[str]) -> str:
    return "|".join(map(_spread, sorted(forms, key=len, reverse=True)))


def _spread(form: str) -> str:
    """A pattern for `form` that may be broken over lines anywhere."""
    return f"{JOINT}?".join(map(re.escape, form))

"""Whose domain is it: an organisation's own, or a provider's where everybody may have a mailbox?"""

import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path

import idna
from publicsuffixlist import PublicSuffixList

_PROVIDERS = Path(__file__).with_name("public_providers.txt")


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


@lru_cache(5000)
def registered(domain: str) -> str:
    """The domain one label below the public suffix of `domain` (A-labels); `domain` itself where it is a suffix.

    Suffixes of private owners count (`x.github.io` and `y.github.io` are strangers), and so do labels that the
    list does not know (`acme.example`).
    """
    return _suffixes().privatesuffix(domain) or domain


def related(one: str, other: str) -> bool:
    """True when two domains may be of one organisation."""
    return registered(one) == registered(other)


@cache
def _providers() -> frozenset[str]:
    lines = _PROVIDERS.read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def is_public_provider(domain: str) -> bool:
    """True when anybody can get a mailbox at `domain` (A-labels), so that it says nothing about who one works for."""
    return domain in _providers() or registered(domain) in _providers()


def same_company(domain: str, others: Iterable[str]) -> bool:
    """True when a mailbox at `domain` makes one a colleague of somebody at `others`; open providers are no company."""
    return not is_public_provider(domain) and any(related(domain, other) for other in others)


_LATIN_LOOKALIKES = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0445\u0443\u0456\u0458\u0455\u04bb\u0501\u051b\u0261\u0131\u03bf\u03b1\u03bd\u03c1"
    "01",
    "aeopcxyijshdqgioavpol",
)


def flags(domain: str, known: Iterable[str]) -> tuple[str, ...]:
    """Say what is suspicious about a domain (A-labels): "mixed scripts", "looks like a known one".

    A label of letters of several alphabets is what no honest registrar sells (RFC 5890 4.4, UTS 39 5.1); Japanese
    mixes its own. A domain that people would read as one of `known`, and is not, is another.
    """
    shown = _unicode(domain)
    found = ("mixed scripts",) if any(_is_mixed(label) for label in shown.split(".")) else ()
    skeletons = {_skeleton(_unicode(other)) for other in known if other != domain}
    return (*found, "looks like a known one") if _skeleton(shown) in skeletons and domain not in known else found


def _unicode(domain: str) -> str:
    try:
        return idna.decode(domain)
    except idna.IDNAError:
        return domain


def _is_mixed(label: str) -> bool:
    scripts = {unicodedata.name(char, "?").replace("-", " ").split(" ")[0] for char in label if char.isalpha()}
    return len(scripts - {"CJK", "HIRAGANA", "KATAKANA"}) + bool(scripts & {"CJK", "HIRAGANA", "KATAKANA"}) > 1


def _skeleton(domain: str) -> str:
    """How a hurried reader sees it: without marks, look-alikes as Latin letters."""
    bare = "".join(char for char in unicodedata.normalize("NFKD", domain.lower()) if not unicodedata.combining(char))
    return bare.translate(_LATIN_LOOKALIKES).replace("rn", "m").replace("vv", "w").replace("-", "")

"""Whose domain is it: an organisation's own, or a provider's where everybody may have a mailbox?"""

from functools import cache, lru_cache
from pathlib import Path

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

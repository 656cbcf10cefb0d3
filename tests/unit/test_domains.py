"""Whose domain is it, and does it pretend to be another?"""

import pytest
from parley.relay.mail.domains import flags, is_public_provider, related

KNOWN = {"werk.example", "acheteur.example"}


@pytest.mark.parametrize(
    ("domain", "found"),
    [
        ("werk.example", ()),
        ("elsewhere.example", ()),
        ("b\u00fccher.example", ()),
        ("\u0432\u0435\u0440\u043a.example", ()),  # all Cyrillic
        ("\u6771\u4eac\u30bf\u30ef\u30fc.example", ()),  # Japanese mixes its own scripts
        ("w\u0435rk.example", ("mixed scripts", "looks like a known one")),
        ("w\u00e9rk.example", ("looks like a known one",)),
        ("vverk.example", ("looks like a known one",)),
        ("we-rk.example", ("looks like a known one",)),
        ("acheteur.exarnple", ("looks like a known one",)),
    ],
)
def test_domains_that_pretend_are_flagged(domain: str, found: tuple[str, ...]) -> None:
    import idna

    assert flags(idna.encode(domain, uts46=True).decode(), KNOWN) == found


def test_flags_never_raise() -> None:
    for domain in ("", ".", "xn--", "xn--a.example", "a" * 300, "-", "xn--\u00e9"):
        assert isinstance(flags(domain, KNOWN), tuple)


def test_companies_and_providers() -> None:
    assert related("eu.werk.example", "werk.example")
    assert not related("werk-gmbh.example", "gmbh.example")
    assert not related("a.co.uk", "b.co.uk")
    assert is_public_provider("gmail.com")
    assert is_public_provider("mail.yahoo.co.jp")
    assert not is_public_provider("werk.example")

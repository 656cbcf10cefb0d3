"""Text as it is compared: whatever hides or breaks the letters of an address is undone.

Lower case, compatibility forms and escapes undone, unseen characters left out, each line end with the quote marks of
the next line one sign. Every character of the folded text knows where it came from. Pure, linear.
"""

import re
from array import array
from collections.abc import Iterator
from functools import lru_cache
from html import unescape
from unicodedata import category, normalize
from urllib.parse import unquote

JOINT = "\0"  # a line end, with the quote marks of the next line; it may stand anywhere in an address

# What is not one plain character for one: see _undone.
_SPECIAL = re.compile(
    r"(?P<joint>[\r\n\u2028\u2029\x85][\s>|]*)"
    r"|(?P<percent>%[0-7][0-9A-Fa-f]|(?:%[89A-Fa-f][0-9A-Fa-f])+)"
    r"|(?P<entity>&(?:#[0-9]{1,7};?|#[xX][0-9A-Fa-f]{1,6};?|[A-Za-z][A-Za-z0-9]{1,30};))"
    r"|(?P<wide>[^\x00-\x7f])"
)
_IN_JOINTS = b"\t\n\v\f\r\x1c\x1d\x1e\x1f >|="
_BEGINS = re.compile(r"[\r\n%&\x80-\U0010ffff]")  # one set of characters is searched for much quicker


def folded(text: str) -> str:
    """`text` as it is compared."""
    return fold(text)[0]


def fold(text: str) -> tuple[str, "array[int]"]:
    """The folded text, and for each of its characters, and its end, the place in `text` where it began."""
    pieces: list[str] = []
    places: array[int] = array("q")
    place = 0
    for match in _specials(text):
        start = match.start()
        if start > place:
            plain = text[place:start].lower()
            if match.lastgroup == "joint":
                plain = plain.rstrip(" \t").removesuffix("=")  # "=": the soft break of quoted-printable
            pieces.append(plain)
            places.extend(range(place, place + len(plain)))
        undone = _undone(match)
        pieces.append(undone)
        places.extend([start] * len(undone))
        place = match.end()
    pieces.append(text[place:].lower())
    places.extend(range(place, len(text) + 1))
    return "".join(pieces), places


def may_hold(text: str, words: tuple[str, ...]) -> bool:
    """False where the folded text holds none of `words`, over its line ends or not: a quick no for most texts."""
    if not text.isascii() or "%" in text or "&" in text:
        return True
    joined = _joined(text.lower())
    return any(_joined(word) in joined for word in words)


def _joined(text: str) -> bytes:
    """`text` without all that a line end can be: what stands together when it is folded does so here as well."""
    return text.encode("utf-8", "replace").translate(None, _IN_JOINTS)


def _specials(text: str) -> Iterator[re.Match[str]]:
    """All special pieces of a text, in order."""
    begun = _BEGINS.search(text)
    while begun:
        match = _SPECIAL.match(text, begun.start())
        if match:
            yield match
        begun = _BEGINS.search(text, match.end() if match else begun.end())


def _undone(match: re.Match[str]) -> str:
    """What a special piece of text comes to."""
    if match.lastgroup == "joint":
        return JOINT
    if match.lastgroup == "wide":
        return _plain(match[0])
    shown = unquote(match[0]) if match.lastgroup == "percent" else unescape(match[0])
    return "".join(map(_plain, shown))


@lru_cache(maxsize=65_536)
def _plain(char: str) -> str:
    """One character folded: "" for one that is not seen, its parts for one that is composed."""
    if category(char) == "Cf" or char in _UNSEEN:
        return ""
    return normalize("NFKD", normalize("NFKD", char).casefold())


# Unseen without being format characters: fillers, grapheme joiner, variation selectors.
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0" + "".join(map(chr, range(0xFE00, 0xFE10))))


def letters(text: str) -> str:
    """`text` without blanks and line ends, in the letters of a folded one; disguises stay what they are."""
    return normalize("NFD", "".join(text.split()).casefold())

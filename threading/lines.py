"""The body as lines that know where they stand, so that every part of it can be given back byte for byte."""

import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

MOST_LINES = 10_000  # what comes after is one line
_PLAIN_CHARACTERS = 400

_PREFIX = re.compile(r"[ \t\u00a0]{0,3}(?:[>|»›]{1,200}[ \t\u00a0]{0,2}){1,60}")
_MARKS = ">|»›"
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
_FIGURES = {  # of every script, so that a year is one everywhere
    code: ord("0") + unicodedata.decimal(chr(code))
    for code in range(0x660, 0x11000)
    if unicodedata.category(chr(code)) == "Nd"
}


class Line(NamedTuple):
    """One line of the body."""

    start: int
    end: int  # after its line end
    text: str  # without its line end
    plain: str  # see `plain`
    quoted: bool  # begins with ">" or its like
    blank: bool  # nothing to see on it, whatever stands before


def lines_of(body: str, torn_at: Callable[[str], int]) -> list[Line]:
    """All lines of `body`; laid together they are the body.

    `torn_at` tells where a line is to be two, 0 for nowhere: some programs put what they add behind what was typed.
    """
    out: list[Line] = []
    place = 0
    while place < len(body):
        end = body.find("\n", place) + 1
        if not end or len(out) >= MOST_LINES:
            end = len(body)
        text = body[place:end].rstrip("\r\n")
        if torn := torn_at(text):
            above = text[:torn]
            out.append(Line(place, place + torn, above, plain(above), quoted=False, blank=False))
            place, text = place + torn, text[torn:]
        quoted = _is_quote(text)
        blank = not text.strip() or (quoted and not text.strip(" \t\u00a0>|»›"))
        out.append(Line(place, end, text, plain(text), quoted, blank))
        place = end
    return out


def plain(line: str) -> str:
    """A line without what mail programs put into it that nobody sees, and without emphasis."""
    text = line[:_PLAIN_CHARACTERS]
    if not text.isascii():
        text = _INVISIBLE.sub("", text).translate(_FIGURES)
    if "&lt;" in text:
        text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"')
    return " ".join(text.split()).lstrip(" _*>|-").rstrip(" _*")


def _is_quote(text: str) -> bool:
    """Begins with the mark of a quote, and not with a prompt or a line drawn with "|"."""
    if text.lstrip()[:1] not in _MARKS:
        return False
    return bool(_PREFIX.match(text[:400])) and not text.lstrip().startswith((">>> >>>", "|--", "|=="))

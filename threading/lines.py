"""The body as lines that know where they stand, so that every part of it can be given back byte for byte."""

import re
from collections.abc import Callable
from dataclasses import dataclass

MOST_LINES = 10_000  # what comes after is one line

_PREFIX = re.compile(r"[ \t\u00a0]{0,3}(?:[>|»›]{1,200}[ \t\u00a0]{0,2}){1,60}")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the body."""

    start: int
    end: int  # after its line end
    text: str  # without its line end
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
            out.append(Line(place, place + torn, text[:torn], quoted=False, blank=False))
            place, text = place + torn, text[torn:]
        quoted = _is_quote(text)
        out.append(Line(place, end, text, quoted, not text.strip() or (quoted and not text.strip(" \t\u00a0>|»›"))))
        place = end
    return out


def _is_quote(text: str) -> bool:
    """Begins with the mark of a quote, and not with a prompt or a line drawn with "|"."""
    return bool(_PREFIX.match(text[:400])) and not text.lstrip().startswith((">>> >>>", "|--", "|=="))

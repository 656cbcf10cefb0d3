"""Quotes marked by another sign than ">": a tab as mailx does, a colon, a brace, the initials of who wrote.

Such a sign is known only by standing before every line below an attribution; alone it says nothing, for people set
off prices and addresses in the same way.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .attribution.line import MOST_LINES, Finder
from .lines import Line

_MOST_TRIES = 50
_SIGN = re.compile(r"[ \t]{0,4}(?:[:}%!] ?|[A-Z][A-Za-z]{0,3}> ?)(?=[^\s:}%!])")
_BLANKS = re.compile(r"\t| {2,8}")
_LINE_CHARACTERS = 400


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines that begin with one prefix."""

    start: int
    end: int
    sure: bool  # the prefix is a sign, or stands before blank lines too, which no person writes


def with_foreign_marks(lines: Sequence[Line]) -> list[Line]:
    """The lines, those of such quotes known as quoted. Linear: a bounded number of looks."""
    out = list(lines)
    place = tries = 0
    while place < len(lines) and tries < _MOST_TRIES:
        prefix = _prefix_below(lines, place)
        place += 1
        if prefix:
            tries += 1
            block = _block(lines, place, prefix)
            if block and _is_introduced(lines, place - 1, block):
                out[block.start : block.end] = [one._replace(quoted=True) for one in lines[block.start : block.end]]
                place = block.end
    return out


def _prefix_below(lines: Sequence[Line], intro: int) -> str:
    """What the next filled line, at most one blank line below a colon, begins with; "" where that is no sign."""
    if lines[intro].quoted or lines[intro].text[-3:].rstrip()[-1:] not in (":", "："):
        return ""
    for one in lines[intro + 1 : intro + 3]:
        if not one.blank:
            text = one.text[:_LINE_CHARACTERS]
            found = None if one.quoted else _SIGN.match(text) or _BLANKS.match(text)
            return found[0] if found else ""
    return ""


def _block(lines: Sequence[Line], start: int, prefix: str) -> _Block | None:
    """The lines from `start` on that begin with `prefix`; None where it is one line, or nothing stands below."""
    bare_prefix = prefix.rstrip(" ") or prefix
    filled, bare, end = 0, False, start
    for place in range(start, len(lines)):
        one = lines[place]
        if one.text.startswith(bare_prefix if one.blank else prefix):
            filled, bare, end = filled + (not one.blank), bare or one.blank, place + 1
        elif not one.blank:
            below = not one.text[:1].isspace()
            return _Block(start, end, sure=bool(prefix.strip()) or bare) if below and filled > 1 else None
    return None


def _is_introduced(lines: Sequence[Line], intro: int, block: _Block) -> bool:
    """An attribution ends with line `intro`; where the block is not sure, one with an address, whole by itself."""
    first = max(0, intro + 1 - MOST_LINES)
    texts = [one.plain for one in lines[first : intro + 1]]
    finder = Finder(texts, [False] * (len(texts) - 1) + [block.sure])
    found = ((start, finder.at(start)) for start in range(len(texts)))
    return any(
        one is not None and start + one.count == len(texts) and (block.sure or "@" in "".join(texts[start:]))
        for start, one in found
    )

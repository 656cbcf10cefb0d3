"""Which words a person typed, and which his mail program wrote: told by their form, in any language.

Only the writer's own address in words that he typed may stay. A program puts addresses in angle brackets, into lines
that are marked as quoted, into the lines that introduce them, and into blocks of header lines.
"""

import re
from bisect import bisect_right

from .masking_find import Hit, Masked, Names, find, replaced

_QUOTE_MARK = re.compile(r"[ \t\xa0]{0,3}(?:[>|»›]|&gt;)")
_HEADER_LINE = re.compile("[ \t\xa0*_]{0,3}[^\\W\\d_][^:\uff1a\n]{0,30}[:\uff1a](?!//)")  # Chinese writes a wide colon
_OPENED = re.compile(r"(?:<|&lt;|\[|mailto:)[\s\"']{0,5}\Z", re.IGNORECASE)
_INTRO_LINES = 2  # that an introduction may be wrapped to
_BLOCK_LINES = 3  # fewer lines of "word: value" are a person's


def mask_said(text: str, names: Names) -> Masked:
    """What a person sent: all that his program wrote masked, of his own words what is not his own address."""
    return replaced(text, said_hits(text, names))


def said_hits(text: str, names: Names) -> list[Hit]:
    """What is to be masked in it. Hosts are looked for only where a program wrote: who types one, means it."""
    hits = find(text, names)
    if not hits:
        return []
    typing = _Typing(text)
    return [hit for hit in hits if not (_may_stay(hit, names) and typing.typed(hit))]


def _may_stay(hit: Hit, names: Names) -> bool:
    return hit.kind == "host" or (hit.own and names.typed == "keep")


class _Typing:
    """One text, asked about its places."""

    def __init__(self, text: str) -> None:
        self._text = text
        lines = text.split("\n")
        self._starts: list[int] = []
        place = 0
        for line in lines:
            self._starts.append(place)
            place += len(line) + 1
        self._by_program = _by_program(lines)

    def typed(self, hit: Hit) -> bool:
        """Whether a person wrote this himself."""
        if _OPENED.search(self._text[max(0, hit.start - 20) : hit.start]):
            return False
        first, last = (bisect_right(self._starts, place) - 1 for place in (hit.start, hit.end))
        return not any(self._by_program[first : last + 1])


def _by_program(lines: list[str]) -> list[bool]:
    """For each line whether a program wrote it; read from the last to the first, for a quote tells what it is above."""
    found = [False] * len(lines)
    intro = block = 0
    for number in range(len(lines) - 1, -1, -1):
        line = lines[number]
        if not line.strip():
            block = 0
            continue
        if _QUOTE_MARK.match(line):
            found[number], intro, block = True, _INTRO_LINES, 0
            continue
        found[number] = intro > 0
        intro -= intro > 0
        block = block + 1 if _HEADER_LINE.match(line) else 0
        if block >= _BLOCK_LINES:
            found[number : number + _BLOCK_LINES] = [True] * _BLOCK_LINES
    return found

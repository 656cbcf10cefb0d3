"""Which lines of a body are new, which introduce a quote, which are quoted.

One pass from the top down. What is known to begin a quote ends the new text; where the quote is marked line by line,
what follows it is new again, so answers below and between the quoted lines are found.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from .attribution import header_block, line
from .lines import Line
from .markers import first_marker

_TORN = re.compile(r"[(<\[]?https?://\S+[)>\]]?\s?>?|\S{1,200}[)>\]]|[\W_]{1,10}")
_SENTENCE_END = re.compile(r"[.?!:;。？！][\s\"')\]]*$")
_INTRO_LINES = 6
TEXT, INTRO, QUOTE = "text", "intro", "quote"


@dataclass(slots=True)
class Marked:
    """A mark for each line, and what was found first."""

    marks: list[str]
    decided_by: str = "none"  # marker separator header-block attribution quote-marks none
    forwarded: bool = False
    intros: list[int] = field(default_factory=list[int])  # first lines of what introduces a quote

    def decide(self, by: str, forwarded: bool = False) -> None:
        """Keep the first decision; a forward counts only where it comes first."""
        if self.decided_by == "none":
            self.decided_by, self.forwarded = by, forwarded


@dataclass(frozen=True, slots=True)
class _Introduction:
    count: int  # lines
    by: str
    separator: str = ""  # original, forwarded


def mark(lines: Sequence[Line], cut: int | None = None, linked: bool = False) -> Marked:
    """The marks of all lines. Linear: every look goes over a bounded number of bounded lines.

    `cut`: where the structure of the HTML says that the quote begins, an offset into the body. `linked`: the HTML
    has a link of ours, so it quotes a mail of ours.
    """
    plain = [one.plain for one in lines]
    marker = first_marker([one.text for one in lines], linked)
    finder = line.Finder(plain, _quoted_below(lines))
    marked = Marked([TEXT] * len(lines))
    structured = _line_at(lines, cut)
    place = 0
    ruled_until = -1  # a drawn line or a separator stands right above lines up to here
    while place < len(lines):
        one = lines[place]
        if place == marker and _is_typed_above(lines, marked, place):
            marked.decide("marker")
            if not one.quoted:
                marked.marks[place:] = [QUOTE] * (len(lines) - place)
                break
        if place == structured:
            marked.decide("structure")
            _mark_structured(lines, marked, place)
            structured = len(lines)
            if marked.marks[-1] != TEXT:
                break
        if one.quoted or (place and lines[place - 1].quoted and _goes_on(lines, place)):
            if not one.blank:
                marked.decide("quote-marks", header_block.separator(one.text) == "forwarded")
            marked.marks[place] = QUOTE
            place += 1
        elif found := None if one.blank else _introduction(lines, plain, place, place <= ruled_until, finder):
            marked.decide(found.by, found.separator == "forwarded")
            place = _introduced(lines, marked, place, found, plain)
        else:
            if header_block.is_rule(one.text):
                ruled_until = place + 3
            place += 1
    return marked


def _introduction(
    lines: Sequence[Line], plain: Sequence[str], place: int, ruled: bool, finder: line.Finder
) -> _Introduction | None:
    """What introduces a quote and begins with this line: a line of dashed words, a header block, an attribution."""
    raw = lines[place].text
    if separator := header_block.separator(raw):
        return _Introduction(1, "separator", separator)
    if place and header_block.is_short_rule(lines[place - 1].text) and header_block.is_heading(raw):
        return _Introduction(1, "separator", "original")
    if count := header_block.block_length(plain, place, ruled):
        return _Introduction(count, "header-block")
    found = finder.at(place)
    return _Introduction(found.count, "attribution") if found else None


def _is_typed_above(lines: Sequence[Line], marked: Marked, place: int) -> bool:
    """Something new stands above: who has written nothing there has perhaps written below."""
    return any(mark == TEXT and not one.blank for one, mark in zip(lines[:place], marked.marks[:place], strict=True))


def _line_at(lines: Sequence[Line], cut: int | None) -> int:
    """The line that begins at an offset, past the last where there is none, or nothing typed stands above it."""
    if cut is None:
        return len(lines)
    place = next((place for place, one in enumerate(lines) if one.end > cut), len(lines))
    typed = any(not one.blank and not one.quoted for one in lines[:place])
    return place if typed else len(lines)


def _mark_structured(lines: Sequence[Line], marked: Marked, place: int) -> None:
    """All that follows is quoted; where it is marked line by line, only the introduction is known from structure."""
    end = next((number for number in range(place, len(lines)) if lines[number].quoted and not lines[number].blank), 0)
    if (
        end
        and end - place <= _INTRO_LINES
        and not any(map(header_block.is_rule, (one.text for one in lines[place:end])))
    ):
        marked.intros.append(place)
        marked.marks[place:end] = [INTRO] * (end - place)
        return
    marked.marks[place:] = [QUOTE] * (len(lines) - place)
    separators = [header_block.separator(one.text) for one in lines[place : place + 3]]
    marked.forwarded = marked.decided_by == "structure" and "forwarded" in separators


def _goes_on(lines: Sequence[Line], place: int) -> bool:
    """A line below a quoted one that has lost its mark: wrapped on the way, or torn off by a link."""
    if place + 1 >= len(lines):
        return False
    one, above = lines[place], lines[place - 1]
    below = lines[place + 1] if lines[place + 1].quoted or place + 2 >= len(lines) else lines[place + 2]
    if one.blank or not below.quoted:
        return False
    text = one.text.strip()[:400]
    if _TORN.fullmatch(text):
        return True
    return len(above.text) >= 55 and not _SENTENCE_END.search(above.text[-20:]) and text[:1].islower()


def _introduced(lines: Sequence[Line], marked: Marked, start: int, found: _Introduction, plain: Sequence[str]) -> int:
    """Marks an introduction and, where the quote has no marks of its own, all the rest. Returns where to go on."""
    count = found.count
    if found.separator and (more := _block_below(plain, start + count)):
        count = more - start
    first = _with_rule(lines, start, found.by)
    marked.intros.append(first)
    marked.marks[first : start + count] = [INTRO] * (start + count - first)
    place = start + count
    following = next((one for one in lines[place : place + 40] if not one.blank), None)
    if following is None or not following.quoted:
        marked.marks[place:] = [QUOTE] * (len(lines) - place)
        return len(lines)
    return place


def _block_below(plain: Sequence[str], start: int) -> int:
    """The end of a header block that begins within three lines, 0 where none does."""
    for place in range(start, min(start + 3, len(plain))):
        if length := header_block.block_length(plain, place, ruled=True):
            return place + length
    return 0


def _with_rule(lines: Sequence[Line], start: int, by: str) -> int:
    """The introduction with a drawn line that stands at most two lines above it, however short above dashed words.

    To a header block dashed words of whatever language above it belong, too.
    """
    for place in range(start - 1, max(-1, start - 4), -1):
        raw = lines[place].text
        drawn = header_block.is_rule(raw) or (by == "separator" and header_block.is_short_rule(raw))
        if drawn or (by == "header-block" and header_block.is_dashed(raw)):
            return place
        if not lines[place].blank:
            break
    return start


def _quoted_below(lines: Sequence[Line]) -> list[bool]:
    """For each line: is the next one with text quoted?"""
    out = [False] * len(lines)
    quoted = False
    for place in range(len(lines) - 1, -1, -1):
        out[place] = quoted
        if lines[place].quoted:
            quoted = True
        elif not lines[place].blank:
            quoted = False
    return out

"""Which quoted lines stay with the new text: those that are answered line by line, and those a person has set himself.

What is quoted whole, above or below the answer, goes. A quote without an introduction is a citation.
"""

import re
from collections.abc import Sequence

from .attribution.line import MOST_LINES, Finder
from .blocks import INTRO, QUOTE, TEXT, Marked
from .lines import Line

_FIRST_COLON = re.compile(r".{1,300}?[:：](?=\s)")


def resolve(lines: Sequence[Line], marked: Marked, written_until: int, cites: bool = True) -> tuple[list[str], str]:
    """For each line "text" or "quoted", and by what that was decided (see `Marked`).

    `written_until`: below that line there is nothing but a signature. `cites`: quote marks come from something that
    quotes.
    """
    marks = marked.marks
    typed = [place for place, one in enumerate(lines[:written_until]) if marks[place] == TEXT and not one.blank]
    if marked.decided_by == "quote-marks" and not (marked.intros or cites or _introduces_itself(lines)):
        return ["text"] * len(lines), "none"
    if not typed and _is_doubtful(lines, marked):
        return ["text"] * len(lines), "none"
    if not typed:
        kinds = ["quoted" if mark != TEXT or lines[place].blank else "text" for place, mark in enumerate(marks)]
        return kinds, marked.decided_by
    kinds = ["text"] * len(lines)
    last = typed[-1]
    tail = last + 1
    if any(mark != TEXT for mark in marks[tail:written_until]):
        kinds[tail:written_until] = ["quoted"] * (written_until - tail)
    first_quote = next((place for place, mark in enumerate(marks) if mark != TEXT), None)
    if first_quote is None or first_quote > last:
        return kinds, marked.decided_by
    answers = _answers(lines[: last + 1], marks[: last + 1])
    introduced = any(place < last for place in marked.intros)
    if introduced and answers < 2 and not _quote_after(lines, marks, last):
        for place in range(last):
            if marks[place] != TEXT:
                kinds[place] = "quoted"
    return kinds, marked.decided_by


def _introduces_itself(lines: Sequence[Line]) -> bool:
    """The quoted lines begin with an attribution of their own."""
    first = [one.plain for one in lines if one.quoted and not one.blank][:MOST_LINES]
    finder = Finder(first, [False] * len(first))
    joined = _FIRST_COLON.match(first[0]) if first else None  # all on one line, as HTML may run it together
    return any(finder.at(place) for place in range(min(2, len(first)))) or (
        joined is not None and Finder([joined[0]], [False]).at(0) is not None
    )


def _is_doubtful(lines: Sequence[Line], marked: Marked) -> bool:
    """Nothing would be left, on one sign only: quote marks without an introduction, or a line that introduces a quote
    without marks. A person may have written either.
    """
    if marked.decided_by == "quote-marks":
        return not (marked.intros or marked.forwarded)
    return marked.decided_by == "attribution" and not any(one.quoted for one in lines)


def _answers(lines: Sequence[Line], marks: Sequence[str]) -> int:
    """How often new text follows quoted text."""
    count, quoted = 0, False
    for one, mark in zip(lines, marks, strict=True):
        if one.blank:
            continue
        if mark == TEXT and quoted:
            count += 1
        quoted = mark == QUOTE or (quoted and mark == INTRO)
    return count


def _quote_after(lines: Sequence[Line], marks: Sequence[str], last: int) -> bool:
    return any(mark == QUOTE and not one.blank for one, mark in zip(lines[last + 1 :], marks[last + 1 :], strict=True))

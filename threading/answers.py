"""Which quoted lines stay with the new text: those that are answered line by line, and those a person has set himself.

What is quoted whole, above or below the answer, goes. A quote without an introduction is a citation.
"""

from collections.abc import Sequence

from .blocks import INTRO, QUOTE, TEXT, Marked
from .lines import Line


def resolve(lines: Sequence[Line], marked: Marked) -> list[str]:
    """For each line "text" or "quoted"."""
    marks = marked.marks
    typed = [place for place, one in enumerate(lines) if marks[place] == TEXT and not one.blank]
    if not typed and not marked.intros and marked.decided_by == "quote-marks":
        marked.decided_by = "none"  # nothing but quoted lines, and nothing says that they are of another mail
        return ["text"] * len(lines)
    if not typed:
        return ["quoted" if mark != TEXT or lines[place].blank else "text" for place, mark in enumerate(marks)]
    kinds = ["text"] * len(lines)
    last = typed[-1]
    tail = last + 1
    kinds[tail:] = ["quoted" if any(mark != TEXT for mark in marks[tail:]) else "text"] * (len(lines) - tail)
    first_quote = next((place for place, mark in enumerate(marks) if mark != TEXT), None)
    if first_quote is None or first_quote > last:
        return kinds
    answers = _answers(lines, marks)
    introduced = any(place < last for place in marked.intros)
    if introduced and answers < 2 and not _quote_after(lines, marks, last):
        for place in range(last):
            if marks[place] != TEXT:
                kinds[place] = "quoted"
    return kinds


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

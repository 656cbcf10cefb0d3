"""Attribution lines: "On Monday Anna wrote:" and its sisters in every language.

Known by their build first (a date, an address, a colon at the end, a quote below) and by their verb second, so that a
language nobody has listed is understood too. Every look is at a few lines of bounded length.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..lines import plain
from .tables import WROTE, says_sent_from, says_wrote

MOST_LINES = 8  # an attribution that a mail program has wrapped, with blank lines inside the address
_MOST_FILLED = 5
_LINE_CHARACTERS = 400
_MOST_CHARACTERS = 600
_SHORT = 260
_LEADS = 20  # characters in which a date stands first: "On March 3, 2026"
MOST_TRIES = 500  # per body; after so many lines that only look like one, none is looked for

_ADDRESS = re.compile(
    r"[\w.+'=*-]{1,80}@[\w.-]{1,120}\w|<\s*(?:mailto:)?[^<>@\s]{1,100}@[^<>@\s]{1,120}>|\[mailto:[^\]]{1,120}\]"
)
_OPEN_ADDRESS = re.compile(r"[<\[(]\s*$|<\S{0,200}$")
_ANGLED = r"<\s?(?:mailto:)?[^<>@\s]{1,100}@[^<>@\s]{1,120}>"
_QUOTED_NAME = re.compile(r"[\"“„«][^\"“”»<>\n]{1,100}[\"”“»]\s?<")
# A date in figures of any script, a year beside a day, or the signs of East Asia; no names of months are needed.
_DATE = re.compile(
    r"(?<!\d)\d{1,4}\s?[./-]\s?\d{1,2}\s?[./-]\s?\d{1,4}(?!\d)|"
    r"\d{1,4}\s?[年년]\s?\d{1,2}\s?[月월]|"
    r"(?<!\d)\d{1,2}(?!\d)[^\d\n]{1,24}(?<!\d)(?:19|20|25)\d\d(?!\d)|"
    r"(?<!\d)(?:19|20|25)\d\d(?!\d)[^\d\n]{1,24}(?<!\d)\d{1,2}(?!\d)|"
    r"[^\W\d]{3,12}\.?\s\d{1,2}(?:,|\s(?:at|um|à|kl))",
)
_TIME = re.compile(r"(?<!\d)\d{1,2}\s?[:.h時时시]\s?\d{2}(?!\d)")
# The date first, the address in brackets last but for one word, which may be the verb of any language.
_DATE_TO_ADDRESS = re.compile(rf"^.{{0,25}}?\d.{{4,160}}?{_ANGLED}.{{0,30}}$")
_FIGURE = re.compile(r"\d")
_ADDRESS_SIGN = re.compile(r"[@<(\[]")
_COLON = re.compile(r"[:：︰﹕։៖՝]\s*$|[:：]\s*[>*_»]{1,3}\s*$")
_DASHED = re.compile(r"-{3,}\s*$")
_END_SIGNS = ":：︰﹕։៖՝>*_»-"  # with which these two end
_FULL_STOP = re.compile(r"[.!?。！？]\s*$")
_MID_LINE = re.compile(r"-{3,}\s*(?=[^\W\d]{1,12},?\s[^\n]{0,60}\d)")


@dataclass(frozen=True, slots=True)
class Found:
    """An attribution over `count` lines."""

    count: int


class Finder:
    """Looks for attributions in the lines of one body, made `plain`, as often as one body can need."""

    def __init__(self, lines: Sequence[str], quote_below: Sequence[bool]) -> None:
        """`quote_below[i]`: the next line with text below line i is quoted."""
        self._lines = lines
        self._below = quote_below
        self._ends = [_is_end(line) for line in lines]
        self._near = _within(MOST_LINES, self._ends, quote_below)
        self._tries = 0

    def at(self, start: int) -> Found | None:
        """The attribution that begins with line `start`.

        Of two beginnings the later one that is whole wins, so that a sentence above is not taken.
        """
        if not self._near[start] or self._tries >= MOST_TRIES or not _may_begin(self._lines[start]):
            return None
        self._tries += 1
        stop = min(len(self._lines), start + MOST_LINES)
        joined = ""
        filled = 0
        for place in range(start, stop):
            line = self._lines[place]
            if not line:
                following = self._lines[place + 1] if place + 1 < len(self._lines) else ""
                if not (_OPEN_ADDRESS.search(joined) or following.startswith("<") or WROTE.match(following)):
                    return None  # a blank line ends it, unless it stands around an address
                continue
            filled += 1
            # Seen in practice: a body whose quoted-printable has not been undone, with its soft line breaks.
            joined = joined[:-1] + line if joined.endswith("=") else f"{joined} {line}".lstrip()
            if len(joined) > _MOST_CHARACTERS or filled > _MOST_FILLED:
                return None
            if not (self._ends[place] or self._below[place]):
                continue
            if not self._ends[place] and place + 1 < stop and self._ends[place + 1]:
                continue  # the line with the verb is still to come
            if _judge(joined, self._below[place]):
                return None if self._whole_later(start, place) else Found(place + 1 - start)
        return None

    def _whole_later(self, start: int, end: int) -> bool:
        """An attribution with its own date begins on a later line and ends on the same."""
        for begin in range(start + 1, end + 1):
            above = " ".join(self._lines[start:begin])
            if _ADDRESS.search(above) or says_wrote(above):
                return False
            text = " ".join(filter(None, self._lines[begin : end + 1]))
            if _DATE.search(self._lines[begin]) and _judge(text, self._below[end]):
                return True
        return False


def mid_line(line: str) -> int:
    """Where in a line an attribution begins after three dashes, 0 where none does."""
    match = _MID_LINE.search(line[:_LINE_CHARACTERS]) if "---" in line else None
    if not match or not match.start():
        return 0
    rest = plain(line[match.end() :])
    return match.start() if _COLON.search(rest) and _DATE.search(rest) and says_wrote(rest) else 0


def _is_end(line: str) -> bool:
    """The last line of an attribution that no quoted line has to follow."""
    return line[-1:] in _END_SIGNS and bool(_COLON.search(line[-20:]) or _DASHED.search(line[-20:]))


def _within(count: int, *flags: Sequence[bool]) -> list[bool]:
    """For each place: is one of the flags set there or on one of the `count - 1` places below?"""
    out: list[bool] = []
    left = 0
    for flagged in reversed([any(at) for at in zip(*flags, strict=True)]):
        left = count if flagged else left - 1
        out.append(left > 0)
    return out[::-1]


def _may_begin(line: str) -> bool:
    """The first line of an attribution has a date, an address, a time, a verb or the beginning of an address."""
    if not line or len(line) > _MOST_CHARACTERS:
        return False
    # Most lines have no figure and no sign of an address: that is seen at the price of one look.
    if _FIGURE.search(line) and (_DATE.search(line) or _TIME.search(line)):
        return True
    if _ADDRESS_SIGN.search(line) and (_ADDRESS.search(line) or _OPEN_ADDRESS.search(line)):
        return True
    return says_wrote(line)


def _judge(text: str, quoted_below: bool) -> bool:
    """Is this an attribution? What cannot stand by itself counts only above a quoted line."""
    colon = bool(_COLON.search(text) or _DASHED.search(text))
    date = bool(_DATE.search(text))
    if not (colon or (quoted_below and date)):
        return False
    address, wrote = bool(_ADDRESS.search(text)), says_wrote(text)
    if colon and _stands_alone(text, date, address, wrote):
        return True
    if not quoted_below or len(text) > _SHORT:
        return False
    if colon:
        return date or (wrote and len(text.split()) <= 8)
    return (address or wrote) and not _FULL_STOP.search(text)


def _stands_alone(text: str, date: bool, address: bool, wrote: bool) -> bool:
    """Text with a colon at its end that no quoted line has to follow."""
    if wrote and date and address:
        return True
    if len(text) > _SHORT:
        return False
    if date and _DATE_TO_ADDRESS.search(text):
        return True  # no verb, as Gmail writes in Russian and Japanese
    if date and not (address or _TIME.search(text) or _DATE.search(text[:_LEADS])):
        return False  # "as Anna wrote on 3 March:" is a person's sentence; programs give the time, too
    return wrote and (_date_leads_or_ends(text) or (not date and address and _begins_with_name(text)))


def _date_leads_or_ends(text: str) -> bool:
    """In an attribution the date stands first or last; in a sentence of a person it may stand anywhere."""
    first = _DATE.search(text)
    return first is not None and (first.start() <= 25 or bool(_DATE.search(text[-24:])))


def _begins_with_name(text: str) -> bool:
    """Before the address there is a name at most, or the line of a telephone."""
    address = _ADDRESS.search(text)
    if _QUOTED_NAME.match(text):
        return True
    words = text[: address.start()].split() if address else []
    return len(words) <= 6 and (says_sent_from(text) or not any(word[0].islower() for word in words))

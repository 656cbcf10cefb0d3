"""Real addresses in HTML: in its words, also where tags cut them, and in the attributes that nobody sees.

The HTML is made safe first (`html.sanitise`): what is left has no comment, title, meta or script, each attribute in
double quotes, and no words that a later reader would join otherwise. Only then is it searched, its words as one text
in which each block begins a line and each quoted line has its mark.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..mail.html import sanitise
from .masking_find import Hit, Masked, Names, Reach, find
from .masking_typed import said_hits

_TAG = re.compile(r"""<(/?)([a-zA-Z0-9]+)([^<>"]*(?:"[^"]*"[^<>"]*)*)>""")
_ATTRIBUTE = re.compile(r'([a-z-]+)="([^"]*)"')
_OF_WORDS = re.compile(
    "a|abbr|b|bdi|bdo|big|cite|code|del|dfn|em|font|i|img|ins|kbd|mark|q|s|samp|small|span|strike|strong|sub|sup|tt|u|"
    "var|wbr"
)
_LEFT = frozenset({"src", "rel"})  # content ids are made anew by who composes


def mask_html(html: str, names: Names, reach: Reach = "hosts") -> Masked:
    """HTML of a stranger as a safe fragment, all of it masked; "" where it is too large or too deep to be shown."""
    source = _Source(sanitise(html))
    return source.masked(find(source.words(), names, reach), names, reach)


def mask_said_html(html: str, names: Names) -> Masked:
    """The same for what a person sent: see `mask_said`. What nobody sees of it is masked in any case."""
    source = _Source(sanitise(html))
    words = source.words()
    typed = said_hits(words, names)
    seen = {hit.start for hit in typed}
    cut = [hit for hit in find(words, names) if hit.kind == "known" and hit.start not in seen and source.cuts(hit)]
    return source.masked(sorted([*typed, *cut], key=lambda hit: hit.start), names, "known")


@dataclass(frozen=True, slots=True)
class _Edit:
    """html[start:end] becomes `instead`; the first of the edits of one hit counts it."""

    start: int
    end: int
    instead: str
    first: bool = True


@dataclass(frozen=True, slots=True)
class _Piece:
    """Words, or the value of an attribute, as they stand in the source. A line end has no place: -1."""

    place: int
    text: str


class _Source:
    """One safe fragment, taken apart. Linear."""

    def __init__(self, html: str) -> None:
        self._html = html
        self._pieces: list[_Piece] = []
        self._attributes: list[_Piece] = []
        self._quotes = place = 0
        for match in _TAG.finditer(html):
            self._add(place, match.start())
            place = match.end()
            self._tag(match)
        self._add(place, len(html))

    def words(self) -> str:
        """All words as one text; line ends of the source, which are blanks to a reader, as carriage returns."""
        return "".join(piece.text for piece in self._pieces)

    def cuts(self, hit: Hit) -> bool:
        """Whether a tag stands inside a hit: nobody types an address so."""
        place = 0
        for piece in self._pieces:
            place += len(piece.text)
            if hit.start < place < hit.end:
                return True
        return False

    def masked(self, hits: list[Hit], names: Names, reach: Reach) -> Masked:
        """The fragment without the `hits` in its words, and without any in its attributes."""
        edits = [*self._spread(hits), *self._in_attributes(names, reach)]
        pieces: list[str] = []
        place = hidden = 0
        for edit in sorted(edits, key=lambda edit: edit.start):
            pieces += [self._html[place : edit.start], edit.instead]
            place, hidden = edit.end, hidden + edit.first
        return Masked("".join([*pieces, self._html[place:]]), hidden)

    def _add(self, start: int, end: int) -> None:
        begins = bool(self._pieces) and self._pieces[-1].place < 0
        if start < end and not (begins and self._html[start:end].isspace()):
            self._pieces.append(_Piece(start, self._html[start:end].replace("\n", "\r")))

    def _tag(self, match: re.Match[str]) -> None:
        closing, tag = bool(match[1]), match[2].lower()
        for one in _ATTRIBUTE.finditer(match[3]):
            if one[1] not in _LEFT:
                self._attributes.append(_Piece(match.start(3) + one.start(2), one[2]))
        if tag == "blockquote":
            self._quotes = max(0, self._quotes + (-1 if closing else 1))
        if not _OF_WORDS.fullmatch(tag):
            if tag != "br" and self._pieces and self._pieces[-1].place < 0:
                self._pieces.pop()  # two blocks, one line end
            self._pieces.append(_Piece(-1, "\n> " if self._quotes else "\n"))

    def _in_attributes(self, names: Names, reach: Reach) -> Iterator[_Edit]:
        for piece in self._attributes:
            for hit in find(piece.text, names, reach):
                yield _Edit(piece.place + hit.start, piece.place + hit.end, hit.instead)

    def _spread(self, hits: list[Hit]) -> Iterator[_Edit]:
        """Each hit over the pieces it lies in: the first gets what goes there instead."""
        waiting = iter(hits)
        hit = next(waiting, None)
        start, fresh = 0, True
        for piece in self._pieces:
            end = start + len(piece.text)
            while hit and hit.start < end:
                if piece.place >= 0:
                    first, last = max(hit.start, start) - start, min(hit.end, end) - start
                    yield _Edit(piece.place + first, piece.place + last, hit.instead if fresh else "", fresh)
                    fresh = False
                if hit.end > end:
                    break
                hit, fresh = next(waiting, None), True
            start = end

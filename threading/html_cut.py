"""The HTML of the new parts of a mail, cut out of its source where the text was cut.

Cuts are made before start tags only; what is open there is opened again or closed, so formatting, tables and pictures
stay. The outcome is read back: where it does not hold exactly the characters of the new text, there is none.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from ..relay.mail.htmltext import HTML_CHARACTERS, html_to_text
from .html_reply import FIRST_SIGN, SIGN, START_TAG, begins_quote, count, signed

MOST_PLACES = 60_000
MOST_RANGES = 8
_MOST_CHOICES = 30  # places with the same text above them that are compared
_ANY_TAG = re.compile(r"<(/?)([a-z][a-z0-9:]{0,40})\b[^<>]{0,4000}?(/?)>", re.IGNORECASE)
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
_DEPTH = 64  # open elements that a closing one may be looked for in
_PICTURE = re.compile(r"<img\b", re.IGNORECASE)

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Places:
    """Start tags of a source and how many characters of its text stand above each."""

    tags: list[re.Match[str]]
    above: list[int]

    def with_above(self, wanted: int) -> Sequence[re.Match[str]]:
        first = bisect_left(self.above, wanted)
        return self.tags[first : min(bisect_right(self.above, wanted), first + _MOST_CHOICES)]


def new_html(html: str, text: str, ranges: Sequence[Range]) -> str:
    """The HTML of the `ranges` of `text`, which `html_to_text` has made of `html`; "" where there is no clean cut."""
    ranges = [(start, end) for start, end in ranges if text[start:end].strip()]
    if not ranges or len(ranges) > MOST_RANGES:
        return ""
    if not (text[: ranges[0][0]] + text[ranges[-1][1] :]).strip() and len(ranges) == 1:
        return html
    html = html[:HTML_CHARACTERS]
    places = _places(html)
    pieces = [_piece(html, text, one, places) for one in ranges] if places else [""]
    if not all(pieces):
        return ""
    done = "\n".join(pieces)
    return done if count(html_to_text(done)[0]) == sum(count(text[start:end]) for start, end in ranges) else ""


def _places(html: str) -> _Places | None:
    tags = list(islice(START_TAG.finditer(html), MOST_PLACES))
    text = signed(html, [tag.start() for tag in tags])
    if text is None:
        return None
    above: list[int] = []
    kept: list[re.Match[str]] = []
    counted = last = 0
    for sign in SIGN.finditer(text):
        counted += count(text[last : sign.start()])
        last = sign.end()
        kept.append(tags[ord(sign[0]) - FIRST_SIGN])
        above.append(counted)
    return _Places(kept, above)


def _piece(html: str, text: str, wanted: Range, places: _Places) -> str:
    """The source of one range, whole in itself; "" where it does not begin or end before a start tag."""
    start, end = wanted
    first = _start(html, places.with_above(count(text[:start]))) if text[:start].strip() else 0
    last = _end(html, places.with_above(count(text[:end]))) if text[end:].strip() else len(html)
    if first is None or last is None or first >= last:
        return ""
    opened = "".join(_open_at(html, [first])[0]) if first else ""
    return _balanced(opened + html[first:last])


def _start(html: str, choices: Sequence[re.Match[str]]) -> int | None:
    """The first of the places that stands in the fewest elements: the quote above is closed there."""
    starts = [tag.start() for tag in choices]
    depths = [len(opened) for opened in _open_at(html, starts)]
    return starts[depths.index(min(depths))] if starts else None


def _end(html: str, choices: Sequence[re.Match[str]]) -> int | None:
    """The first of the places, or one behind a picture that stands before the quote."""
    if not choices:
        return None
    end = choices[0].start()
    for one, following in pairwise(choices):
        if one[1].lower() == "blockquote" or begins_quote(html, one):
            break
        if _PICTURE.search(html, end, following.start()):
            end = following.start()
    return end


def _open_at(html: str, places: Sequence[int]) -> list[list[str]]:
    """The start tags of the elements that are open at each of `places`, which are in order."""
    out: list[list[str]] = []
    names: list[str] = []
    tags: list[str] = []
    for match in _ANY_TAG.finditer(html, 0, places[-1] if places else 0):
        while match.start() >= places[len(out)]:
            out.append(tags.copy())
        name = match[2].lower()
        if name in _VOID or match[3]:
            continue
        if not match[1]:
            names.append(name)
            tags.append(match[0])
        elif name in names[-_DEPTH:]:
            while names.pop() != name:
                tags.pop()
            tags.pop()
    while len(out) < len(places):
        out.append(tags.copy())
    return out


def _balanced(html: str) -> str:
    """`html` with what is still open at its end closed."""
    (opened,) = _open_at(html, [len(html)])
    names = (match[2].lower() for tag in reversed(opened) if (match := _ANY_TAG.match(tag)))
    return html + "".join(f"</{name}>" for name in names)

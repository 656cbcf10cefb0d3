"""The new text of a mail, apart from what it quotes, its signature and its disclaimer.

The order of belief: our own marker line, the structure of the client's HTML, the attribution line and the header
block, quote marks. Nothing typed is lost: in doubt a line counts as new, and the four parts together are the body.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..relay.mail import Mail, read
from ..relay.mail.htmltext import html_to_text
from .answers import resolve
from .blocks import TEXT, Marked
from .html_cut import Range, new_html
from .html_reply import Structure
from .lines import Line
from .markers import MARKERS
from .outline import Body, Outline, body_of, html_body, outline
from .signature import NOBODY, Writer, end_marks, is_ending
from .subjects import is_forward

__all__ = ["MARKERS", "Outline", "Split", "Writer", "outline", "split", "split_mail", "split_outline", "visible_text"]

_WORDS = re.compile(r"\w+")
_LINK = re.compile(r"<?(?:https?://|mailto:|cid:)[^\s<>]{1,2000}>?|\[(?:image|cid):[^\]]{0,300}\]")
_BLANK_START = re.compile(r"\A(?:[^\S\n]{0,200}\n)+")
_QUOTE_MARK = re.compile(r"^> ?", re.MULTILINE)
_QUOTE_MARKS = re.compile(r"^(?:> ?){1,50}", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Split:
    """A body in its parts."""

    text: str  # what was typed now
    quoted: str = ""
    signature: str = ""
    disclaimer: str = ""
    decided_by: str = "none"  # marker structure separator header-block attribution quote-marks none
    html: str = ""  # the HTML of `text`, unsanitised; "" where there is none or it cannot be cut safely
    segments: tuple[tuple[str, str], ...] = ()  # (text | quoted | signature | disclaimer, piece): joined, the body
    forwarded: bool = False  # the mail hands on another mail

    @classmethod
    def whole(cls, text: str) -> "Split":
        """A body that is new from the first to the last line, as typed on our own page."""
        return cls(text, segments=(("text", text),) if text else ())


def visible_text(data: bytes | str, kind: str = "eml") -> str:
    """The new text of a mail (`eml`, bytes) or of a body (`plain` or `html`, str)."""
    return split(data, kind).text


def split(data: bytes | str, kind: str = "eml") -> Split:
    """The parts of a mail (`eml`, bytes) or of a body (`plain` or `html`, str)."""
    if kind == "eml":
        return split_mail(read(data if isinstance(data, bytes) else data.encode("utf-8", "replace")))
    body = (data if isinstance(data, bytes) else data.encode("utf-8", "replace")).decode("utf-8", "replace")
    if kind == "html":
        return _split_html(body, html_body(body, html_to_text(body)[0]), NOBODY)
    return split_body(body)


def split_mail(mail: Mail, writer: Writer = NOBODY) -> Split:
    """The parts of a mail that has been read. `writer`: what is known of who wrote it; helps with his signature."""
    return split_outline(outline(mail), writer)


def split_outline(known: Outline, writer: Writer = NOBODY) -> Split:
    """The parts of a mail whose outline is known."""
    mail = known.mail
    if known.plain and known.html:
        done = _split_both(mail, known.plain, known.html, writer)
    elif known.html:
        done = _split_html(mail.html, known.html, writer)
    else:
        done = _split(known.plain or body_of(""), writer)
    if done.decided_by in ("header-block", "structure", "separator") and is_forward(mail.first("Subject")):
        return replace(done, forwarded=True)  # Outlook heads a forwarded mail as it heads a quoted one
    return done


def split_body(body: str, writer: Writer = NOBODY) -> Split:
    """The parts of a text."""
    return _split(body_of(body), writer)


def _split(body: Body, writer: Writer) -> Split:
    lines, marked, structure = body.lines, body.marked, body.structure
    end = _written_until(lines, marked, writer)
    kinds, decided_by = resolve(lines, marked, end, cites=structure is None or structure.cites)
    new = [place for place, kind in enumerate(kinds) if kind == "text"]
    quote_at = next((at for at in range(len(new) - 1, 0, -1) if new[at] - new[at - 1] > 1), 0)
    for place, kind in zip(new, end_marks([lines[place] for place in new], writer, quote_at), strict=True):
        kinds[place] = kind
    return _built(body, kinds, decided_by)


def _written_until(lines: Sequence[Line], marked: Marked, writer: Writer) -> int:
    """The line below the last one that somebody typed: a signature below the quote is no answer to it."""
    below = next((place for place in range(len(lines), 0, -1) if marked.marks[place - 1] != TEXT), 0)
    if below and is_ending(lines[below:], writer):
        return below
    return len(lines)


def _split_html(html: str, body: Body, writer: Writer) -> Split:
    """The parts of a text made from `html`, and the HTML of the new one."""
    done = _split(body, writer)
    return replace(done, html=new_html(html, body.text, _new_ranges(done)))


def _split_both(mail: Mail, plain: Body, html: Body, writer: Writer) -> Split:
    """A mail with a text and an HTML of it: the text is cut, the HTML helps and is cut alike."""
    by_html = _split_html(mail.html, html, writer)
    done = _split(plain, writer)
    if done.decided_by == "none" and by_html.decided_by != "none":
        cut = _same_place(mail.text, by_html.text)
        if cut is not None:
            done = replace(_split(body_of(mail.text, Structure(cut)), writer), decided_by=by_html.decided_by)
    if _alike(done.text, by_html.text):
        return replace(done, html=by_html.html)
    cut = _same_place(html.text, done.text)  # only the text tells where the quote begins
    same = cut is not None and _WORDS.findall(html.text[:cut]) == _WORDS.findall(done.text)
    return replace(done, html=new_html(mail.html, html.text, [(0, cut)]) if cut is not None and same else "")


def _new_ranges(done: Split) -> list[Range]:
    """Where in the body the new text stands."""
    ranges: list[Range] = []
    place = 0
    for kind, piece in done.segments:
        if kind == "text":
            ranges.append((place, place + len(piece)))
        place += len(piece)
    return ranges


def _same_place(text: str, new: str) -> int | None:
    """The offset of the line of `text` below the words of `new`, if it begins with just these."""
    words = _WORDS.findall(new)
    place = 0
    for match, word in zip(_WORDS.finditer(text), words, strict=False):
        if match[0] != word:
            return None
        place = match.end()
    below = text.find("\n", place) + 1
    return below or None if words else None


def _alike(one: str, other: str) -> bool:
    """The same words, but for links and marks that only one of the two forms has."""
    first, second = Counter(_WORDS.findall(_LINK.sub("", one))), Counter(_WORDS.findall(_LINK.sub("", other)))
    common = sum((first & second).values())
    return common >= 0.9 * max(first.total(), second.total())


def _built(body: Body, kinds: Sequence[str], decided_by: str) -> Split:
    segments: list[tuple[str, str]] = []
    start = 0
    for place, kind in enumerate(kinds):
        if place + 1 == len(kinds) or kinds[place + 1] != kind:
            end = body.lines[place].end
            segments.append((kind, body.text[start:end]))
            start = end
    parts = {
        name: "".join(text for kind, text in segments if kind == name) for name in ("quoted", "signature", "disclaimer")
    }
    text = "\n\n".join(piece.strip("\r\n") for kind, piece in segments if kind == "text" and piece.strip())
    text = _BLANK_START.sub("", text).rstrip()
    if body.structure and not body.marked.intros:
        # A blockquote that quotes no mail is an indentation; where none does, so are those inside it.
        text = (_QUOTE_MARKS if decided_by == "none" else _QUOTE_MARK).sub("", text)
    return Split(
        text,
        parts["quoted"],
        parts["signature"],
        parts["disclaimer"],
        decided_by,
        segments=tuple(segments),
        forwarded=body.marked.forwarded,
    )

"""HTML of a mail as plain text, for people and for the reply splitter: bounded, linear, never raising.

Own text rules on lxml's event parser, without a tree: tables are flattened (mail uses them for layout), block
quotes come out as lines with "> ", and nothing a writer can set (padding, cell widths, list depth) makes
the text much longer than the HTML was.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from html import unescape
from typing import Protocol, cast

from lxml import etree  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]

HTML_CHARACTERS = 512 * 1024
DEPTH = 256
_QUOTE_DEPTH = 10
_CHUNK = 4096

# Elements that stand on lines of their own, and those with a blank line around (HTML, section 15.3, rendering).
_BLANK_AROUND = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "p", "pre"})
_OWN_LINE = _BLANK_AROUND | {
    *("address", "article", "aside", "blockquote", "body", "center", "dd", "details", "dialog", "div", "dl", "dt"),
    *("fieldset", "figcaption", "figure", "footer", "form", "header", "hr", "html", "legend", "li", "main", "nav"),
    *("ol", "optgroup", "option", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul"),
}
_UNSEEN = frozenset({"script", "style", "title", "template", "noframes", "xml"})
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_INDENT = re.compile(r"border(?:-left)?\s*:\s*(?:none|0)", re.IGNORECASE)
_SPACES = re.compile(" {2,}")
_BLANKS = re.compile("[ \t\n\r\f\xa0]+")
_TAG = re.compile(r"<[^<>]*>")


def html_to_text(html: str) -> tuple[str, str]:
    """The text of `html` with "\\n" line ends, and "" or the defect "html" where it was too large or too deep."""
    if not html.strip():
        return "", ""
    cut = html[:HTML_CHARACTERS]
    writer = _Writer()
    parser = _parser(writer)
    data = cut.encode("utf-8", "replace")
    try:
        for place in range(0, len(data), _CHUNK):
            parser.feed(data[place : place + _CHUNK])
            if writer.depth > DEPTH:
                return _stripped(cut), "html"
        parser.close()
    except etree.LxmlError:  # pyright: ignore[reportUnknownMemberType]
        return _stripped(cut), "html"
    return writer.text(), "html" if len(html) > HTML_CHARACTERS else ""


class _Parser(Protocol):
    """What is used of lxml's parser, which comes without types."""

    def feed(self, data: bytes) -> None: ...

    def close(self) -> object: ...


def _parser(writer: "_Writer") -> _Parser:
    made = etree.HTMLParser(  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        target=writer, recover=True, no_network=True, encoding="utf-8"
    )
    return cast(_Parser, made)


def _stripped(html: str) -> str:
    """The text between the tags, where the structure is beyond reading."""
    text = _TAG.sub("\n", html)
    with suppress(ValueError):  # a numeric reference of thousands of digits
        text = unescape(text)
    return "\n".join(filter(None, map(str.strip, text.split("\n"))))


@dataclass(slots=True)
class _State:
    """What an open element hands down to what is in it."""

    hidden: bool = False
    verbatim: bool = False
    quotes: int = 0
    number: int = 0  # of the next item of an ordered list, 0 elsewhere


class _Writer:
    """Target of lxml's parser: gets the events, writes lines."""

    def __init__(self) -> None:
        self._states = [_State()]
        self._lines: list[str] = []
        self._line: list[str] = []
        self._marker = ""  # of a list item, due before the next text
        self._gap = False  # a blank line is due before the next text
        self._last_quotes = 0
        self.depth = 0  # the deepest nesting seen

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element opens."""
        above = self._states[-1]
        style = attributes.get("style", "")
        hidden = above.hidden or tag in _UNSEEN or bool(_HIDDEN.search(style))
        if not hidden:
            self._open(tag, attributes, above)
        quote = tag == "blockquote" and not _INDENT.search(style)
        quotes = min(above.quotes + quote, _QUOTE_DEPTH)
        self._states.append(_State(hidden, above.verbatim or tag == "pre", quotes, int(tag == "ol")))
        self.depth = max(self.depth, len(self._states))

    def end(self, tag: str) -> None:
        """An element closes."""
        if tag in _OWN_LINE and not self._states[-1].hidden:
            self._break(tag)
        if len(self._states) > 1:
            self._states.pop()

    def data(self, text: str) -> None:
        """Text between tags."""
        state = self._states[-1]
        if state.hidden:
            return
        if not state.verbatim:
            self._line.append(_BLANKS.sub(" ", text))
            return
        first, *rest = text.split("\n")
        self._line.append(first)
        for line in rest:
            self._flush(always=True)
            self._line.append(line)

    def comment(self, _text: str) -> None:
        """Comments are not seen."""

    def close(self) -> None:
        """All events are in."""

    def text(self) -> str:
        """Everything written."""
        self._flush()
        return "\n".join(self._lines).strip("\n")

    def _open(self, tag: str, attributes: Mapping[str, str], above: _State) -> None:
        """What a visible start tag writes."""
        if tag in _OWN_LINE:
            self._break(tag)
        if tag == "br":
            self._flush(always=True)
        elif tag in ("td", "th") and self._line:
            self._line.append("\t")
        elif tag == "li" and above.number:
            self._marker = f"{above.number}. "
            above.number += 1
        elif tag == "li":
            self._marker = "* "
        elif tag == "img" and not any(map(str.isalnum, attributes.get("alt", "a"))):
            self._line.append(attributes["alt"])  # an emoji that a client has drawn as a picture

    def _break(self, tag: str) -> None:
        self._flush()
        self._gap = self._gap or tag in _BLANK_AROUND

    def _flush(self, always: bool = False) -> None:
        """Ends the line; an empty one counts only with `always`."""
        if not (self._line or always):
            return
        state = self._states[-1]
        line = "".join(self._line)
        line = line.rstrip() if state.verbatim else _SPACES.sub(" ", line).strip()
        self._line.clear()
        if not (line or always):
            return
        if self._gap and self._lines:
            self._lines.append(">" * min(state.quotes, self._last_quotes))
        self._gap = False
        self._last_quotes = state.quotes
        if line:
            line, self._marker = self._marker + line, ""
        self._lines.append(("> " * state.quotes + line).rstrip())

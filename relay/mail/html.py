"""Words about HTML: a stranger's made safe to show and to send, text as HTML, HTML as text.

A stranger's HTML is read twice. lxml reads it as it came and `safe_html` writes what is known in it anew; nh3 reads
what was written and has the last word, by the same lists. nh3 alone would need minutes for a few hundred kilobytes
that are nested or misnested on purpose.
"""

import re
from html import escape
from typing import Protocol, cast

import nh3
from lxml import etree  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]

from .charsets import clean_text
from .htmltext import DEPTH, HTML_CHARACTERS, html_to_text
from .safe_html import ATTRIBUTES, SCHEMES, STYLES, TAGS, UNSEEN, SafeWriter

_CHUNK = 4096
_REL = "noopener noreferrer nofollow"
_CLEANER = nh3.Cleaner(
    tags=TAGS,
    clean_content_tags=UNSEEN,
    attributes=ATTRIBUTES,
    url_schemes=SCHEMES,
    url_relative="deny",
    filter_style_properties=STYLES,
    link_rel=_REL,
)

# A link ends before blanks, brackets, quotes, and characters that are not seen.
_URL = re.compile('https?://[^\\s<>"\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+', re.IGNORECASE)
_NOT_LAST = ".,;:!?'*_~\u2019\u201d\u00bb\u3002\uff0c"  # what stands behind a link rather than in it
_WIDE = re.compile(r"^ | (?= )")
_WIDE_SOMEWHERE = re.compile(r"(?:^|[ \n]) ")
_GAP = re.compile(r"\n(?:[ \t]*\n)+")


def sanitise(html: str) -> str:
    """HTML of a stranger as a fragment that is safe on a page and in a mail of ours: linear, never raising.

    No script, form, class or id, and nothing that is fetched: pictures only by `cid:`, of others their text.
    Returns "" where it is longer than 512k characters or nested deeper than 256: show the text instead.
    """
    if len(html) > HTML_CHARACTERS:
        return ""
    writer = SafeWriter()
    # In a body that is open already, or the parser would put all that has no element into a paragraph.
    if not _read("<html><body>" + clean_text(html), writer):
        return ""
    written = writer.html()
    if len(written) > 2 * HTML_CHARACTERS:  # nothing but characters that grow when they are escaped
        return ""
    return _CLEANER.clean(written).strip()


class _Parser(Protocol):
    """What is used of lxml's parser, which comes without types."""

    def feed(self, data: bytes) -> None: ...

    def close(self) -> object: ...


def _read(html: str, writer: SafeWriter) -> bool:
    """Feeds `html` to `writer`; False where it cannot be read or is too deep."""
    made = etree.HTMLParser(  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        target=writer, recover=True, no_network=True, encoding="utf-8"
    )
    parser = cast(_Parser, made)
    data = html.encode()
    try:
        for place in range(0, len(data), _CHUNK):
            parser.feed(data[place : place + _CHUNK])
            if writer.depth > DEPTH:
                return False
        parser.close()
    except etree.LxmlError:  # pyright: ignore[reportUnknownMemberType]
        return False
    return writer.depth <= DEPTH


def from_text(text: str) -> str:
    """Plain text as HTML paragraphs; line breaks and runs of blanks stay, http and https links can be clicked."""
    paragraphs = _GAP.split(clean_text(text).expandtabs(8).strip("\n"))
    return "\n".join(f"<p>{_lines(part)}</p>" for part in paragraphs if part.strip())


def to_text(html: str) -> str:
    """HTML as plain text for people, bounded and never raising: see `htmltext`."""
    return html_to_text(html)[0]


def _lines(paragraph: str) -> str:
    """The lines of a paragraph, with breaks between."""
    if "://" in paragraph or _WIDE_SOMEWHERE.search(paragraph):
        return "<br>\n".join(map(_line, paragraph.split("\n")))
    return escape(paragraph).replace("\n", "<br>\n")


def _line(line: str) -> str:
    """One line of text as HTML."""
    pieces: list[str] = []
    place = 0
    for match in _URL.finditer(line):
        url = _without_end(match[0])
        if len(url) > len("https://"):
            shown = escape(url)
            pieces += [_blanks(line[place : match.start()]), f'<a href="{shown}" rel="{_REL}">{shown}</a>']
            place = match.start() + len(url)
    return "".join([*pieces, _blanks(line[place:])])


def _without_end(url: str) -> str:
    """The link without the punctuation and the closing bracket of the sentence around it."""
    url = url.rstrip(_NOT_LAST)
    return url if "(" in url else url.rstrip(_NOT_LAST + ")")


def _blanks(text: str) -> str:
    """Escaped text in which runs of blanks, and one at the start, keep their width."""
    return _WIDE.sub("\xa0", escape(text))

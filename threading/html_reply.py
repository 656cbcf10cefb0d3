"""What the HTML of a mail tells about its quote.

Each mail client wraps what it quotes in elements of its own; these say more than words, in every language. Places are
found in the source by start tags and carried over to the text by private-use characters set before them, so that
the text is always the one that `html_to_text` makes and nothing is parsed into a tree that a writer can blow up.
"""

import re
from dataclasses import dataclass

from ..relay.mail.htmltext import HTML_CHARACTERS, html_to_text
from .markers import has_our_link

FIRST_SIGN = 0xF0000  # supplementary private use area A: no charset of mail and no person writes it
SIGN = re.compile(f"[{chr(FIRST_SIGN)}-{chr(FIRST_SIGN + 0xFFFD)}]")
_UNCOUNTED = re.compile(r"[\s>\u00a0\u200b-\u200f\ufeff]+")
START_TAG = re.compile(
    r"<(div|p|hr|br|table|tr|blockquote|span|section|ul|ol|li|h[1-6]|pre|td|a|center|font)\b([^<>]{0,4000})>",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(
    r"\b(id|class|name|type|style|data-marker)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE
)

# Where a client begins what it quotes: all that follows is not new.
_IDS = re.compile(
    r"(?:x_)*(?:appendonsend|divrplyfwdmsg|mail-editor-reference-message-container|olk_src_body_section|"
    r"isreplycontent|isforwardcontent|zwchr|yahoo_quoted\w*|ymail_android_quoted\w*|reply-intro)",
    re.IGNORECASE,
)
_CLASSES = re.compile(
    r"(?<![\w-])(?:x_)*(?:yahoo_quoted|protonmail_quote|tutanota_quote|ms-outlook-mobile-reference-message|"
    r"outlookmessageheader|moz-cite-prefix|moz-forward-container|moz-email-headers-table|zmail_extra|"
    r"zmail_extra_hr|ntes-mailmaster-quote|gmail_attr|gmail_quote_attribution|gmx_quote|hs_reply|freshdesk_quote|"
    r"airmail_on|domino-section-head)(?![\w-])",
    re.IGNORECASE,
)
_NAMES = re.compile(r"messagereplysection", re.IGNORECASE)
# Outlook on the desktop: a line above From, Sent, To, Subject in every language.
_OUTLOOK_LINE = re.compile(
    r"border:\s*none;\s*border-top:\s*solid\s+(?:#?(?:b5c4df|e1e1e1)|windowtext)\s+1(?:\.0)?pt;"
    r"\s*padding:\s*3(?:\.0)?pt\s+0",
    re.IGNORECASE,
)
_BLOCKQUOTES = re.compile(r"<blockquote\b(?:[^<>]{0,1000}?\s((?:type|cite|class|id)\s{0,3}=))?", re.IGNORECASE)
_BLOCKQUOTE = re.compile(r"<blockquote", re.IGNORECASE)
_FORWARD = re.compile(r"(?:^|\s)gmail_quote(?:\s|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Structure:
    """What the elements of an HTML body tell of the text made from it."""

    cut: int | None = None  # the offset at which the client that wrote it begins the quote
    linked: bool = False  # it holds a link to a conversation of ours
    cites: bool = True  # some blockquote says that it quotes; else each is an indentation of the writer's own


def structure_of(html: str, text: str) -> Structure:
    """What `html` tells of `text`, which was made from it."""
    html = html[:HTML_CHARACTERS]
    linked = has_our_link(html)
    cites = any(match[1] for match in _BLOCKQUOTES.finditer(html))
    for match in START_TAG.finditer(html):
        if "=" in match[2] and begins_quote(html, match):
            told = signed(html, [match.start()])
            sign = SIGN.search(told) if told else None
            return Structure(_offset(text, count(told[: sign.start()])) if told and sign else None, linked, cites)
    return Structure(None, linked, cites)


def begins_quote(html: str, match: re.Match[str]) -> bool:
    """A start tag of the elements in which a client wraps what it quotes."""
    for found in _ATTRIBUTE.finditer(match[2]):
        name, value = found[1].lower(), (found[2] or found[3] or found[4] or "").strip()
        if name == "id" and _IDS.fullmatch(value):
            return True
        if name == "class" and (_CLASSES.search(value) or (_FORWARD.search(value) and _is_forward(html, match))):
            return True
        if name == "name" and _NAMES.fullmatch(value):
            return True
        if name == "style" and _OUTLOOK_LINE.search(value):
            return True
        if name == "data-marker" and value == "__DIVIDER__":
            return True
    return False


def _is_forward(html: str, match: re.Match[str]) -> bool:
    """Gmail's element around a forwarded mail, which it does not put in a blockquote."""
    return match[1].lower() == "div" and not _BLOCKQUOTE.search(html, match.end(), match.end() + 3000)


def signed(html: str, places: list[int]) -> str | None:
    """The text of `html` with a sign before each place; None where it holds such signs itself."""
    html = html[:HTML_CHARACTERS]
    if SIGN.search(html) or not places:
        return None
    pieces: list[str] = []
    last = 0
    for number, place in enumerate(places):
        pieces += (html[last:place], chr(FIRST_SIGN + number))
        last = place
    pieces.append(html[last:])
    return html_to_text("".join(pieces))[0]


def count(text: str) -> int:
    """The characters one can see, without the marks of quotes that the way from HTML to text adds."""
    return len(SIGN.sub("", _UNCOUNTED.sub("", text)))


def _offset(text: str, wanted: int) -> int | None:
    """The offset into `text` after `wanted` characters that count, at the start of what follows."""
    place = 0
    for piece in re.finditer(r"[^\s>\u00a0\u200b-\u200f\ufeff]+", text):
        length = piece.end() - piece.start()
        if wanted <= place:
            return piece.start()
        if wanted < place + length:
            return piece.start() + wanted - place
        place += length
    return None

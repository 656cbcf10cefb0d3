"""What a mail tells of its quote before anything is known of its writer: the larger part of the work of a split.

An outline is made once; it may be split as often as more is learned of who wrote the mail.
"""

from dataclasses import dataclass

from ..relay.mail import Mail
from ..relay.mail.htmltext import html_to_text
from .attribution.line import mid_line
from .blocks import Marked, mark
from .foreign_marks import with_foreign_marks
from .html_reply import Structure, structure_of
from .lines import Line, lines_of


@dataclass(frozen=True, slots=True)
class Body:
    """A text as lines that are marked as typed, introducing a quote, or quoted."""

    text: str
    lines: list[Line]
    marked: Marked
    structure: Structure | None = None  # of the HTML that the text was made from


@dataclass(frozen=True, slots=True)
class Outline:
    """The bodies of one mail: its text, the text made from its HTML, or both."""

    mail: Mail
    plain: Body | None
    html: Body | None


def outline(mail: Mail) -> Outline:
    """The outline of a mail that has been read."""
    if not mail.html:
        return Outline(mail, body_of(mail.text), None)
    if mail.text_from_html:
        return Outline(mail, None, html_body(mail.html, mail.text))
    return Outline(mail, body_of(mail.text), html_body(mail.html, html_to_text(mail.html)[0]))


def html_body(html: str, text: str) -> Body:
    """The body whose `text` was made from `html`."""
    return body_of(text, structure_of(html, text))


def body_of(text: str, structure: Structure | None = None) -> Body:
    """A text with its lines marked. `structure`: what is known of the HTML that it was made from."""
    lines = with_foreign_marks(lines_of(text, mid_line))
    cut, linked = (structure.cut, structure.linked) if structure else (None, False)
    return Body(text, lines, mark(lines, cut, linked), structure)

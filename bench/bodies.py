"""Is a mail read as its label says? For `understanding.py`: the words of the body, and how many files there are."""

import collections
import re
from collections.abc import Callable
from typing import TypedDict

from parley.relay.mail import Mail
from parley.relay.mail.htmltext import html_to_text

WORD = re.compile(r"\w+")
# A replacement character, or UTF-7 left as it came.
_GARBLED = re.compile(r"\S*(?:\ufffd|\+[A-Za-z0-9/]{2,}-)\S*")
_NOT_ASCII = re.compile(r"\S*[^\x00-\x7f]\S*")


class Body(TypedDict, total=False):
    """The label of a body: one set of fields by mail-parser, the other by a help desk."""

    text_body: list[tuple[str, str]]
    n_attachments: int
    body_text: str
    attachment_filenames: list[str]


def as_labelled(mail: Mail, expected: Body, alike: Callable[[str, str], float]) -> bool:
    """The words of the body are those of the label, and as many files are there."""
    if "text_body" in expected:
        told = "\n".join(
            _as_text(text) if kind == "Html" else text for kind, text in expected["text_body"] if kind[:6] != "Inline"
        )
        return alike(mail.text, told) >= 0.9 and len(mail.attachments) == expected.get("n_attachments")
    # The help desk keeps the HTML as a file of its own and writes a sentence in place of an empty body.
    names = [name for name in expected.get("attachment_filenames", []) if name != "message.html"]
    told = expected.get("body_text", "").replace("no visible content", "")
    # It gives HTML or text, and a text may hold what looks like a tag.
    pairs = ((ours, label) for ours in (mail.text, _as_text(mail.html)) for label in (told, _as_text(told)))
    right = not _as_text(told) or max(alike(*pair) for pair in pairs) >= 0.9
    return right and (not names or len(mail.attachments) == len(names))


def _as_text(text: str) -> str:
    return html_to_text(text)[0] if re.search(r"<\w+[^>]*>", text) else text


def overlap(one: str, other: str) -> float:
    """F1 of the words of two texts."""
    first, second = collections.Counter(WORD.findall(one.lower())), collections.Counter(WORD.findall(other.lower()))
    both = first.total() + second.total()
    return 2 * (first & second).total() / both if both else 1.0


def readable_overlap(ours: str, label: str) -> float:
    """The overlap without the words whose charset the label's own reader did not know, where there are such."""
    if not _GARBLED.search(label):
        return overlap(ours, label)
    return overlap(_NOT_ASCII.sub("", ours), _NOT_ASCII.sub("", _GARBLED.sub("", label)))

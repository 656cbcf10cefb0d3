"""A language of brackets: each word of ours stands in ⟦…⟧, and a letter outside of them is one nobody can translate.

Use `speaking_brackets()` around whatever makes mails or pages; strangers' words in it must be without letters (`WORD`).
"""

import re
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC
from gettext import NullTranslations
from unittest.mock import patch

from babel import Locale
from lxml import html
from parley.relay.compose import i18n
from parley.relay.compose import render as mails
from parley.relay.links import render as pages

WORD = "✱1"  # what strangers write, in all their words
_PLACE = re.compile(r"%\(\w+\)s")
_NO_WORD = re.compile(r"https?://\S*|mailto:\S*|(?<![\w.+-])[\w.+-]+@[\w.-]+|\bUTC\b|\+33 [\d ]+|\bPDF\b")
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_SHOWN = ("title", "alt", "placeholder", "label", "content", "aria-label", "aria-description", "aria-roledescription")


class Brackets(NullTranslations):
    """Remembers what was asked of it in `seen`."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def gettext(self, message: str) -> str:
        self.seen.add(message)
        return bracketed(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        self.seen |= {msgid1, msgid2}
        return bracketed(msgid1 if n == 1 else msgid2)


def bracketed(text: str) -> str:
    """The text in brackets, with the places for values outside of them: what stands there is looked at too."""
    return "".join(part if _PLACE.fullmatch(part) else f"⟦{part}⟧" for part in re.split(f"({_PLACE.pattern})", text))


@contextmanager
def speaking_brackets() -> Generator[Brackets]:
    """English is this language until the block ends. Its dates are Chinese, which has no letters for a month."""
    catalogue = Brackets()
    words = i18n.Words(i18n.SOURCE, Locale.parse("zh"), catalogue, UTC)
    caches = (i18n._words_in, mails._environment, mails._template, pages._environment)  # pyright: ignore[reportPrivateUsage]
    with patch.object(i18n, "_words", lambda _: words):
        try:
            for cache in caches:
                cache.cache_clear()
            yield catalogue
        finally:
            for cache in caches:
                cache.cache_clear()


def unbracketed(text: str) -> list[str]:
    """The words of a text that are in no brackets; Chinese ones are those of dates and lists."""
    return _LETTERS.findall(_NO_WORD.sub(" ", re.sub(r"⟦[^⟧]*⟧|[一-鿿、]", " ", text)))


def shown(page: str) -> str:
    """Everything of an HTML page that a person sees, is read aloud, or is shown by a script."""
    root = html.document_fromstring(page)
    for hidden in root.xpath("//script|//style|//comment()"):
        hidden.drop_tree()
    attributes = [
        value
        for one in root.iter()
        for name, value in one.attrib.items()
        if name in _SHOWN or (name.startswith("data-") and " " in value)
        if not (one.tag == "meta" and one.get("name") != "description")
    ]
    return " ".join([*root.itertext(), *attributes])

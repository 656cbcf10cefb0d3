"""All languages laid together: one look-up for each question, built once."""

import re
from collections.abc import Iterable

from . import de, eastern, en, es, fr, it, ja, northern, other, pt, ru, zh
from .words import Words

NINE = {
    "en": en.WORDS,
    "de": de.WORDS,
    "fr": fr.WORDS,
    "es": es.WORDS,
    "it": it.WORDS,
    "zh": zh.WORDS,
    "ja": ja.WORDS,
    "ru": ru.WORDS,
    "pt": pt.WORDS,
}
LANGUAGES: tuple[Words, ...] = (
    *NINE.values(),
    northern.DUTCH,
    northern.SCANDINAVIAN,
    northern.FINNIC,
    eastern.WEST_SLAVIC,
    eastern.HUNGARIAN,
    eastern.ROMANIAN,
    eastern.SOUTH_SLAVIC,
    eastern.BALTIC,
    eastern.UKRAINIAN,
    other.GREEK,
    other.TURKIC,
    other.SEMITIC,
    other.KOREAN,
    other.SOUTH_ASIAN,
    other.MORE,
)


def any_of(words: Iterable[str]) -> str:
    """A pattern for any of the words, the longest first; "…" in a word stands for up to 60 characters."""
    ordered = sorted(set(words), key=lambda word: (-len(word), word))
    return "|".join(re.escape(word).replace("…", ".{1,60}?").replace(r"\ ", r"\s+") for word in ordered)


def _unspaced(word: str) -> bool:
    """The word is of a script that sets no blanks between words."""
    return any(
        "\u0e00" <= char <= "\u0eff" or "\u1780" <= char <= "\u17ff" or "\u3040" <= char <= "\ud7ff" for char in word
    )


_wrote = [word for words in LANGUAGES for word in words.wrote]
WROTE = re.compile(
    rf"(?<!\w)(?:{any_of(word for word in _wrote if not _unspaced(word))})(?!\w)|{any_of(filter(_unspaced, _wrote))}",
    re.IGNORECASE,
)
# In ASCII alone, made lower case, they are found five times as fast; what Turkish writes "ı" is "i" there too.
_ASCII = [word.lower().replace("ı", "i") for word in _wrote]
_WROTE_ASCII = re.compile(rf"(?<!\w)(?:{any_of(filter(str.isascii, _ASCII))})(?!\w)")
_WORD = re.compile(r"\w+")
_BLANKED = {code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) == "_")}
_WITHOUT_BLANKS = re.compile("[\u0e00-\u0eff\u1780-\u17ff\u3040-\ud7ff]")  # see `_unspaced`


def _words(text: str) -> list[str]:
    """The words of a text in a form that is the same for all that is the same without case."""
    if text.isascii():
        return text.lower().translate(_BLANKED).split()
    return _WORD.findall(text.replace("İ", "i").casefold().replace("ı", "i"))


_VERBS = frozenset(max(_words(word), key=len) for word in _wrote)  # of each its longest word


def says_wrote(text: str) -> bool:
    """A verb of an attribution stands in the text: just what WROTE finds, but quicker."""
    if _VERBS.isdisjoint(_words(text)) and (text.isascii() or not _WITHOUT_BLANKS.search(text)):
        return False
    return bool(_WROTE_ASCII.search(text.lower()) if text.isascii() else WROTE.search(text))


LABELS: dict[str, str] = {
    label: kind
    for words in reversed(LANGUAGES)
    for kind, labels in (
        ("other", words.other),
        ("to", words.to),
        ("sent", words.sent),
        ("subject", words.subject),
        ("from", words.sender),
    )
    for label in labels
}
ORIGINAL = re.compile(rf"(?:{any_of(word for words in LANGUAGES for word in words.original)})(?!\w)", re.IGNORECASE)
FORWARDED = re.compile(rf"(?:{any_of(word for words in LANGUAGES for word in words.forwarded)})(?!\w)", re.IGNORECASE)
SENT_FROM = re.compile(rf"(?:{any_of(word for words in LANGUAGES for word in words.sent_from)})", re.IGNORECASE)
_SENT_FROM_STARTS = frozenset(words.replace("ı", "i")[:3] for one in LANGUAGES for words in one.sent_from)


def says_sent_from(text: str) -> bool:
    """A text begins with the words that a telephone adds: just what SENT_FROM matches, but quicker."""
    if text.isascii() and text[:3].lower() not in _SENT_FROM_STARTS:
        return False
    return SENT_FROM.match(text) is not None


FAREWELL = re.compile(rf"(?:{any_of(word for words in LANGUAGES for word in words.farewell)})(?!\w)", re.IGNORECASE)
MARKERS: dict[str, str] = {language: words.reply_above for language, words in NINE.items()}

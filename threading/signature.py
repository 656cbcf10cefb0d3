"""The end of what was typed: signatures, the lines of telephones, legal notices, the footers of lists.

A person's closing words and name stay in the text: they were typed. What is marked as a signature ("-- "), what a
program adds, and what a law department adds goes, and is kept beside.
"""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from .attribution.line import plain
from .attribution.tables import FAREWELL, SENT_FROM
from .banner import banner_end
from .disclaimer import disclaimers, is_rule, last_filled

MOST_SIGNATURE_LINES = 15
MOST_LOOKED_AT = 1000  # lines that may be a telephone's
_WORDS_OF_A_SENTENCE = 5
_SENTENCES = 2  # below "-- " that make it no signature
_NAME_LINES = 4  # below "-- ": name, role, company

_DELIMITER = re.compile(r"[\s\u00a0]{0,3}--[\s\u00a0]{0,3}")
_VAGUE = re.compile(r"sent from (?:an?|the|our|his|her)\b", re.IGNORECASE)
_URL = re.compile(r"[<(\[]?(?:https?://|mailto:)[^\s<>\])]{1,2000}[>)\]]?")
_CONTACT = re.compile(r"\d(?:[ ().\-/]{0,3}\d){5}|@|www\.|https?:")
_REACHED_BY = re.compile(
    r"\b(?:tele?(?:fon|phone|fono|foon)?|fon|phone|fax|mobile?|mobil|handy|cell|gsm)\b\W|电话|電話", re.IGNORECASE
)
_STARS = re.compile(r"\s*(?:\* ?){3,10}\s*")
_SHORT_RULE = re.compile(r"\s*[_-]{2,4}\s*")
_LIST_FOOTER = re.compile(
    r"mailing list|/listinfo/|unsubscribe|you received this (?:message|email) because|googlegroups\.com|"
    r"to stop receiving",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Writer:
    """What is known of who wrote a mail."""

    name: str = ""
    earlier: tuple[str, ...] = ()  # the new texts of earlier mails of his, with their signatures


NOBODY = Writer()


def end_marks(texts: Sequence[str], writer: Writer = NOBODY, quote_at: int = 0) -> list[str]:
    """For each line of the new text: "text", "signature" or "disclaimer". Only lines at the end change, and a
    warning that the reader's own company has put at the top.

    `quote_at`: the number of the line above which the last quote stood, 0 where there was none.
    """
    marks = _marks(texts, writer)
    _keep_name(texts, marks, quote_at, writer.earlier)
    return marks if _has_text(texts, marks) else ["text"] * len(texts)


def is_ending(texts: Sequence[str], writer: Writer = NOBODY) -> bool:
    """There are filled lines, and all are of a signature, a telephone, a notice or a list."""
    return any(text.strip() for text in texts) and not _has_text(texts, _marks(texts, writer))


def _has_text(texts: Sequence[str], marks: Sequence[str]) -> bool:
    return any(mark == "text" and text.strip() for text, mark in zip(texts, marks, strict=True))


def _marks(texts: Sequence[str], writer: Writer) -> list[str]:
    marks = ["text"] * len(texts)
    top = banner_end(texts)
    marks[:top] = ["disclaimer"] * top
    end = _footer(texts, marks, len(texts))
    end = _sent_from(texts, marks, end)
    end = disclaimers(texts, marks, end)
    end = _sent_from(texts, marks, end)
    end = _delimited(texts, marks, end)
    end = _repeated(texts, marks, end, writer.earlier)
    _below_name(texts, marks, end, writer.name)
    _sent_from_inside(texts, marks)
    return marks


def is_sent_from(text: str) -> bool:
    """The line a telephone or a mail program puts below what was typed."""
    if len(text) > 300:
        return False
    words = plain(text)
    words = (_URL.sub("", words) if ":" in words else words).strip(" .<>[]()*_")
    if _VAGUE.match(words):
        return False
    return 0 < len(words) <= 90 and "," not in words and len(words.split()) <= 12 and bool(SENT_FROM.match(words))


def _footer(texts: Sequence[str], marks: list[str], end: int) -> int:
    """A drawn line and below it what a list adds."""
    for place in range(end - 1, max(-1, end - 12), -1):
        if len(texts[place]) <= 200 and (is_rule(texts[place]) or _SHORT_RULE.fullmatch(texts[place])):
            below = [text[:500] for text in texts[place + 1 : end] if text.strip()]
            if 0 < len(below) <= 8 and any(_LIST_FOOTER.search(text) for text in below):
                marks[place:end] = ["disclaimer"] * (end - place)
                return place
    return end


def _sent_from(texts: Sequence[str], marks: list[str], end: int) -> int:
    """The telephone's line at the very end."""
    last = last_filled(texts, end)
    if last >= 0 and is_sent_from(texts[last]):
        first = last - 1 if last and _DELIMITER.fullmatch(texts[last - 1][:10]) and len(texts[last - 1]) < 10 else last
        marks[first:end] = ["signature"] * (end - first)
        return first
    return end


def _sent_from_inside(texts: Sequence[str], marks: list[str]) -> None:
    """The telephone's line in the middle: it goes, what was typed below it stays."""
    for place, text in enumerate(texts[:MOST_LOOKED_AT]):
        if (
            marks[place] == "text"
            and is_sent_from(text)
            and (place == 0 or not texts[place - 1].strip() or place + 1 == len(texts) or not texts[place + 1].strip())
        ):
            marks[place] = "signature"


def _delimited(texts: Sequence[str], marks: list[str], end: int) -> int:
    """The signature below "-- " (RFC 3676 section 4.3), with or without the blank, or below a line of stars that
    follows the closing words.
    """
    first = end
    for place in range(end - 1, max(-1, end - 40), -1):
        text = texts[place]
        if not (len(text) < 10 and _DELIMITER.fullmatch(text)) and not (
            _STARS.fullmatch(text[:40]) and _closed(texts, place)
        ):
            continue
        if sum(bool(text.strip()) for text in texts[place + 1 : end]) <= MOST_SIGNATURE_LINES:
            first = place
    marks[first:end] = ["signature"] * (end - first)
    return first


def _keep_name(texts: Sequence[str], marks: list[str], quote_at: int, earlier: Sequence[str]) -> None:
    """Below "-- " the lines that tell who writes stay, as a name without "-- " does; how to reach him goes.

    Directly below what was typed these are the lines above the first that tells how to reach him. Below a quote they
    stay only if there is nothing else. What ended an earlier mail is no news. Several sentences were typed.
    """
    first = next((place for place, mark in enumerate(marks) if mark == "signature"), len(texts))
    if first == len(texts) or len(texts[first]) >= 10 or not _DELIMITER.fullmatch(texts[first]):
        return
    block = list(itertools.takewhile(lambda place: marks[place] == "signature", range(first + 1, len(texts))))
    kept = list(itertools.takewhile(lambda place: not _tells_contact(texts[place]), block))
    names = sum(bool(texts[place].strip()) and not is_rule(texts[place]) for place in kept)
    apart = quote_at and not _has_text(texts[quote_at:first], marks[quote_at:first])
    most = _NAME_LINES if kept == block or not apart else 0
    prose = kept == block and not apart and sum(_is_prose(texts[place].strip()) for place in block) >= _SENTENCES
    if (prose or 0 < names <= most) and not _ends_alike(texts, earlier):
        marks[first : kept[-1] + 1] = ["text"] * (kept[-1] + 1 - first)


def _tells_contact(text: str) -> bool:
    return bool(_CONTACT.search(text[:500]) or _REACHED_BY.search(text[:500])) or is_sent_from(text)


def _ends_alike(texts: Sequence[str], earlier: Sequence[str]) -> bool:
    """An earlier mail of his ended with the same line."""
    own = _filled(texts)[-1:]
    return any(own and own[0][1] == before[1] for text in earlier for before in _filled(text.split("\n"))[-1:])


def _repeated(texts: Sequence[str], marks: list[str], end: int, earlier: Sequence[str]) -> int:
    """The lines at the end, two or more, that ended an earlier mail of his too.

    In one earlier mail sentences may have been the same by chance; in two they are part of what a program adds.
    """
    own = _filled(texts[:end])
    common = sorted((_common_end(own, _filled(text.split("\n"))) for text in earlier), reverse=True)
    often = common[1] if len(common) > 1 else 0
    length = common[0] if common else 0
    while length > often and _is_sentence(own[-length][1]):
        length -= 1
    if length < 2:
        return end
    first = own[-length][0]
    marks[first:end] = ["signature"] * (end - first)
    return first


def _common_end(own: Sequence[tuple[int, str]], before: Sequence[tuple[int, str]]) -> int:
    """How many lines both end with; the first of his own is never among them."""
    most = min(len(own) - 1, len(before))
    return next((count for count in range(most) if own[-1 - count][1] != before[-1 - count][1]), max(most, 0))


def _is_sentence(line: str) -> bool:
    closing = len(line) < 60 and FAREWELL.match(plain(line))
    return not closing and not _CONTACT.search(line) and (len(line) > 60 or line[-1:] in ".!?…。！？")


def _filled(texts: Sequence[str]) -> list[tuple[int, str]]:
    """The last filled lines with their numbers, blanks made single."""
    start = max(0, len(texts) - 60)
    return [(place, " ".join(text[:500].split())) for place, text in enumerate(texts[start:], start) if text.strip()]


def _below_name(texts: Sequence[str], marks: list[str], end: int, name: str) -> None:
    """What stands below his name at the end, if it is how to reach him."""
    names = set(name.casefold().split())
    for place in range(end - 2, max(0, end - MOST_SIGNATURE_LINES), -1):
        words = set(plain(texts[place]).casefold().strip(",.").split()) if len(texts[place]) <= 80 else set[str]()
        below = [text[:500].strip() for text in texts[place + 1 : end] if text.strip()]
        if words and words <= names and any(map(_CONTACT.search, below)) and not any(map(_is_prose, below)):
            marks[place + 1 : end] = ["signature"] * (end - place - 1)
            return


def _is_prose(line: str) -> bool:
    """A sentence, be there a number in it or not: a postscript is no part of a signature."""
    return len(line.split()) >= _WORDS_OF_A_SENTENCE and line[-1:] in ".!?…。！？"


def _closed(texts: Sequence[str], place: int) -> bool:
    """Closing words stand in the last four filled lines above."""
    filled = [text for text in texts[max(0, place - 8) : place] if text.strip()][-4:]
    return any(len(text) < 60 and FAREWELL.match(plain(text)) for text in filled)

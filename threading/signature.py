"""The end of what was typed: signatures, the lines of telephones, legal notices, the footers of lists.

A person's closing words and name stay in the text: they were typed. What is marked as a signature ("-- "), what a
program adds, and what a law department adds goes, and is kept beside.
"""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from .attribution.tables import FAREWELL, says_sent_from
from .banner import banner_end
from .disclaimer import disclaimers, is_rule
from .lines import Line, plain

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


def end_marks(lines: Sequence[Line], writer: Writer = NOBODY, quote_at: int = 0) -> list[str]:
    """For each line of the new text: "text", "signature" or "disclaimer". Only lines at the end change, and a
    warning that the reader's own company has put at the top.

    `quote_at`: the number of the line above which the last quote stood, 0 where there was none.
    """
    marks = _marks(lines, writer)
    _keep_name(lines, marks, quote_at, writer.earlier)
    return marks if _has_text(lines, marks) else ["text"] * len(lines)


def is_ending(lines: Sequence[Line], writer: Writer = NOBODY) -> bool:
    """There are filled lines, and all are of a signature, a telephone, a notice or a list."""
    return any(one.text.strip() for one in lines) and not _has_text(lines, _marks(lines, writer))


def _has_text(lines: Sequence[Line], marks: Sequence[str]) -> bool:
    return any(mark == "text" and one.text.strip() for one, mark in zip(lines, marks, strict=True))


def _marks(lines: Sequence[Line], writer: Writer) -> list[str]:
    texts = [one.text for one in lines]
    marks = ["text"] * len(texts)
    top = banner_end(texts)
    marks[:top] = ["disclaimer"] * top
    end = _footer(texts, marks, len(texts))
    end = _sent_from(lines, marks, end)
    end = disclaimers(texts, marks, end)
    end = _sent_from(lines, marks, end)
    end = _delimited(texts, marks, end)
    end = _repeated(texts, marks, end, writer.earlier)
    _below_name(lines, marks, end, writer.name)
    _sent_from_inside(lines, marks)
    return marks


def _is_sent_from(line: Line) -> bool:
    """The line a telephone or a mail program puts below what was typed."""
    words = _URL.sub("", line.plain) if ":" in line.plain else line.plain
    words = words.strip(" .<>[]()*_")
    if len(line.text) > 300 or len(words) > 90 or "," in words or not says_sent_from(words):
        return False
    return len(words.split()) <= 12 and not _VAGUE.match(words)


def _footer(texts: Sequence[str], marks: list[str], end: int) -> int:
    """A drawn line and below it what a list adds."""
    for place in range(end - 1, max(-1, end - 12), -1):
        if len(texts[place]) <= 200 and (is_rule(texts[place]) or _SHORT_RULE.fullmatch(texts[place])):
            below = [text[:500] for text in texts[place + 1 : end] if text.strip()]
            if 0 < len(below) <= 8 and any(_LIST_FOOTER.search(text) for text in below):
                marks[place:end] = ["disclaimer"] * (end - place)
                return place
    return end


def _sent_from(lines: Sequence[Line], marks: list[str], end: int) -> int:
    """The telephone's line at the very end."""
    last = next((place for place in range(end - 1, -1, -1) if lines[place].text.strip()), -1)
    if last < 0 or not _is_sent_from(lines[last]):
        return end
    first = last - 1 if last and _is_delimiter(lines[last - 1].text) else last
    marks[first:end] = ["signature"] * (end - first)
    return first


def _sent_from_inside(lines: Sequence[Line], marks: list[str]) -> None:
    """The telephone's line in the middle: it goes, what was typed below it stays."""
    for place, one in enumerate(lines[:MOST_LOOKED_AT]):
        if marks[place] == "text" and _is_sent_from(one) and _stands_apart(lines, place):
            marks[place] = "signature"


def _stands_apart(lines: Sequence[Line], place: int) -> bool:
    """Nothing, or nothing with text, stands right above or below the line."""
    return (
        place == 0 or place + 1 == len(lines) or not (lines[place - 1].text.strip() and lines[place + 1].text.strip())
    )


def _is_delimiter(text: str) -> bool:
    return len(text) < 10 and _DELIMITER.fullmatch(text) is not None


def _delimited(texts: Sequence[str], marks: list[str], end: int) -> int:
    """The signature below "-- " (RFC 3676 section 4.3), with or without the blank, or below a line of stars that
    follows the closing words.
    """
    first = end
    for place in range(end - 1, max(-1, end - 40), -1):
        text = texts[place]
        if not _is_delimiter(text) and not ("*" in text and _STARS.fullmatch(text[:40]) and _closed(texts, place)):
            continue
        if sum(bool(text.strip()) for text in texts[place + 1 : end]) <= MOST_SIGNATURE_LINES:
            first = place
    marks[first:end] = ["signature"] * (end - first)
    return first


def _keep_name(lines: Sequence[Line], marks: list[str], quote_at: int, earlier: Sequence[str]) -> None:
    """Below "-- " the lines that tell who writes stay, as a name without "-- " does; how to reach him goes.

    Directly below what was typed these are the lines above the first that tells how to reach him. Below a quote they
    stay only if there is nothing else. What ended an earlier mail is no news. Several sentences were typed.
    """
    first = next((place for place, mark in enumerate(marks) if mark == "signature"), len(lines))
    if first == len(lines) or not _is_delimiter(lines[first].text):
        return
    block = list(itertools.takewhile(lambda place: marks[place] == "signature", range(first + 1, len(lines))))
    kept = list(itertools.takewhile(lambda place: not _tells_contact(lines[place]), block))
    names = sum(bool(lines[place].text.strip()) and not is_rule(lines[place].text) for place in kept)
    apart = quote_at and not _has_text(lines[quote_at:first], marks[quote_at:first])
    most = _NAME_LINES if kept == block or not apart else 0
    prose = kept == block and not apart and sum(_is_prose(lines[place].text.strip()) for place in block) >= _SENTENCES
    if (prose or 0 < names <= most) and not _ends_alike([one.text for one in lines], earlier):
        marks[first : kept[-1] + 1] = ["text"] * (kept[-1] + 1 - first)


def _tells_contact(line: Line) -> bool:
    return bool(_CONTACT.search(line.text[:500]) or _REACHED_BY.search(line.text[:500])) or _is_sent_from(line)


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


def _below_name(lines: Sequence[Line], marks: list[str], end: int, name: str) -> None:
    """What stands below his name at the end, if it is how to reach him."""
    names = set(name.casefold().split())
    for place in range(end - 2, max(0, end - MOST_SIGNATURE_LINES), -1):
        words = lines[place].plain.casefold().strip(",.").split() if len(lines[place].text) <= 80 else []
        if not words or not names.issuperset(words):
            continue
        below = [text[:500].strip() for one in lines[place + 1 : end] if (text := one.text).strip()]
        if any(map(_CONTACT.search, below)) and not any(map(_is_prose, below)):
            marks[place + 1 : end] = ["signature"] * (end - place - 1)
            return


def _is_prose(line: str) -> bool:
    """A sentence, be there a number in it or not: a postscript is no part of a signature."""
    return len(line.split()) >= _WORDS_OF_A_SENTENCE and line[-1:] in ".!?…。！？"


def _closed(texts: Sequence[str], place: int) -> bool:
    """Closing words stand in the last four filled lines above."""
    filled = [text for text in texts[max(0, place - 8) : place] if text.strip()][-4:]
    return any(len(text) < 60 and FAREWELL.match(plain(text)) for text in filled)

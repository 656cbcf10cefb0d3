"""Our own line "reply above this line": the surest place to cut, because we wrote it ourselves.

It must survive HTML to text, wrapping, quoting, the loss of its signs and accents, and translation, and it must not be
found in what people say about it. So it is looked for by its words in the nine languages, over three lines, with
anything but letters around it. Where a machine has translated it into other words, it is known by the dashes around
it, if a link to a conversation of ours stands below.
"""

import re
import unicodedata
from collections.abc import Sequence

from .attribution.tables import MARKERS as _WORDS

MARKERS: dict[str, str] = {language: f"##- {words} -##" for language, words in _WORDS.items()}

# Others' lines of the same kind, quoted in what reaches us from their systems.
_OTHERS = re.compile(
    r"(?:please )?(?:type|write|enter|add|reply|respond)\b.{0,40}\babove (?:this|the) (?:line|dashed)|"
    r"(?:reply|respond) above (?:this|the) (?:line|dashed)|do not (?:write|reply|type) below this line",
    re.IGNORECASE,
)
_FENCED = re.compile(r"[\s>|*_]{0,40}[—–―]\s?([^\W\d_][^\n—–―]{10,120})\s?[—–―][\s*_]{0,10}")
_OUR_LINK = re.compile(r"https?://[^\s<>\"']{1,200}/c/[\w-]{20,60}(?![\w-])")
_NOT_WORDS = re.compile(r"[\W_]+")
_NO_WORDS = {code: None for code in range(128) if not chr(code).isalnum()}  # the same in ASCII, ten times as fast
_FENCE = re.compile(r"[#=*~_-]{2,}")


def _bare(text: str) -> str:
    """The letters and figures of a text, without accents and case."""
    if text.isascii():
        return text.translate(_NO_WORDS).casefold()
    text = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return _NOT_WORDS.sub("", text).casefold()


_BARE = tuple(_bare(words) for words in _WORDS.values())
_AROUND = 12  # letters


def has_our_link(source: str) -> bool:
    """The text or HTML holds a link to a conversation of ours, so it quotes a mail of ours."""
    return bool(_OUR_LINK.search(source))


def first_marker(lines: Sequence[str], linked: bool = False) -> int | None:
    """The number of the line at which the first marker begins, None where there is none.

    `linked`: it is known from elsewhere that a mail of ours is quoted.
    """
    body = "\n".join(lines)
    seen = _bare(body)
    found = None
    others = ("above" in seen or "below" in seen) and _OTHERS.search(body)
    if others or any(words in seen for words in _BARE):
        found = next((place for place in range(len(lines)) if _is_marker(lines, place)), None)
    if found is None and (linked or has_our_link(body)):
        return next((place for place, one in enumerate(lines) if len(one) <= 300 and _FENCED.fullmatch(one)), None)
    return found


def _is_marker(lines: Sequence[str], start: int) -> bool:
    """A marker begins with this line and ends with this or one of the next two."""
    if len(lines[start]) > 300:
        return False
    text = _bare(lines[start])
    if text and not any(words[: len(text)] in text[: len(words)] or words in text for words in _BARE):
        return bool(_FENCE.search(lines[start]) and _OTHERS.search(lines[start]))
    for line in lines[start + 1 : start + 3]:
        if not text or _is_it(text):
            break
        text += _bare(line[:300])
    return _is_it(text)


def _is_it(text: str) -> bool:
    """The words of a marker and hardly more: who speaks of the line has a sentence around it."""
    return any(words in text and len(text) <= len(words) + _AROUND for words in _BARE)

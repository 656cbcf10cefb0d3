"""Our own words as plain text: lines of at most 72 columns. What people wrote is never wrapped here."""

from collections.abc import Iterator
from functools import lru_cache
from unicodedata import category, east_asian_width, name

COLUMNS = 72
_FOLLOWS = ("Po", "Pe", "Pf", "Lm")
_SMALL = frozenset(char for char in map(chr, range(0x3041, 0x3100)) if " SMALL " in name(char, ""))


@lru_cache(maxsize=1000)  # most sentences are the same in every mail
def wrap(text: str, columns: int = COLUMNS) -> str:
    """Return `text` with its line ends set anew; a word or link longer than a line stays whole.

    Lines that stand apart stay apart. Wide characters take two columns, and a line may end between any two of them,
    as Chinese and Japanese do.
    """
    return "\n".join(line for old in text.split("\n") for line in _wrapped(old, columns))


def _wrapped(text: str, columns: int) -> Iterator[str]:
    line, used = "", 0
    for blank, piece in _pieces(text):
        size = len(piece) if piece.isascii() else sum(map(_width, piece))
        if line and used + blank + size > columns:
            yield line
            line, used = piece, size
        else:
            line += " " * blank + piece
            used += blank + size
    yield line


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """What may not be broken, each with the number of blanks (0 or 1) before it."""
    for number, word in enumerate(filter(None, text.split(" "))):  # a no-break space is none to break at
        blank, piece = int(number > 0), ""
        if word.isascii():
            yield blank, word
            continue
        for char in word:
            if piece and _may_part(piece[-1], char):
                yield blank, piece
                blank, piece = 0, ""
            piece += char
        yield blank, piece


def _may_part(before: str, after: str) -> bool:
    """Whether a line may end between two characters of a word: beside a wide one, with the least of JIS X 4051.

    A mark that opens stays with what follows it, one that closes and a small kana with what they follow, a number with
    what it counts.
    """
    if _width(before) == _width(after) == 1 or before.isdigit():
        return False
    return category(before) not in ("Ps", "Pi") and category(after) not in _FOLLOWS and after not in _SMALL


def _width(char: str) -> int:
    return 2 if east_asian_width(char) in "WF" else 1

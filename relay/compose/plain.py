"""Our own words as plain text: lines of at most 72 columns. What people wrote is never wrapped here."""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

COLUMNS = 72


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
        size = sum(map(_width, piece))
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
        for char in word:
            # A mark that closes stays with what it closes (JIS X 4051, the least of it).
            if piece and _width(char) == 2 and unicodedata.category(char) not in ("Po", "Pe", "Pf"):
                yield blank, piece
                blank, piece = 0, ""
            piece += char
        yield blank, piece


def _width(char: str) -> int:
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1

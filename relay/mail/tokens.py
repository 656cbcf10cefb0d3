"""The lexical tokens of an address header (RFC 5322 section 3.2), in one linear pass over hostile text."""

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["atom", "quoted", "comment", "special", "blank", "broken"]

_BLANK = re.compile(r"[ \t]+")
# An atom here takes "@", "." and "[" with it, so that an address without blanks is one token.
_ATOM = re.compile(r'[^ \t"(),:;<>\\]+')
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)("?)', re.DOTALL)
_COMMENT_STEP = re.compile(r"[^()\\]+|\\.|[()]", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Token:
    """One token. `text` is what it says: without quotes, brackets of comments and escapes."""

    kind: Kind
    text: str
    raw: str


def tokenize(text: str) -> list[Token]:
    """All tokens in order; what is never closed is one token "broken" up to the end."""
    found: list[Token] = []
    place = 0
    while place < len(text):
        token = _token(text, place)
        found.append(token)
        place += len(token.raw)
    return found


def _token(text: str, place: int) -> Token:
    first = text[place]
    if first == "(":
        return _comment(text, place)
    if first == '"' and (match := _QUOTED.match(text, place)):
        return Token("quoted" if match[2] else "broken", _ESCAPE.sub(r"\1", match[1]), match[0])
    for kind, pattern in _RUNS:
        if match := pattern.match(text, place):
            return Token(kind, match[0], match[0])
    return Token("special", first, first)


_RUNS: tuple[tuple[Kind, re.Pattern[str]], ...] = (("blank", _BLANK), ("atom", _ATOM))


def _comment(text: str, start: int) -> Token:
    """A comment with what is nested in it."""
    depth, place = 0, start
    while match := _COMMENT_STEP.match(text, place):
        place = match.end()
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if not depth:
            raw = text[start:place]
            return Token("comment", _ESCAPE.sub(r"\1", raw[1:-1]), raw)
    return Token("broken", "", text[start:])

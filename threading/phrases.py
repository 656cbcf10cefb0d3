"""Many patterns looked for at once, at the price of a plain search for a few letters of each.

Most texts hold nothing of what is looked for. `in` tells that twenty times as fast as a pattern of many alternatives,
so each alternative is tried only where the letters that it cannot do without stand in the text.
"""

import re

_LEAST = 2  # letters by which an alternative is known: one of East Asia's words is no longer

_PIECE = re.compile(r"(\\[^\w\s]|[^\\.^$*+?{}()\[\]|])|\\.|\[[^\]]*\]|[?*]|\{[^{}]*\}|.", re.DOTALL)


class Phrases:
    """Patterns (as of `re`, lower case, without case) of which at least one is looked for in a text in lower case."""

    def __init__(self, *patterns: str) -> None:
        """Raises ValueError for a pattern without two plain letters in a row that stand in all it matches."""
        self.patterns = patterns
        self._pattern = re.compile("|".join(f"(?:{one})" for one in patterns))
        self._signs = tuple(dict.fromkeys(map(sign, patterns)))
        self._ascii = tuple(filter(str.isascii, self._signs))

    def found_in(self, text: str) -> bool:
        """One of the patterns matches somewhere in `text`, which is in lower case."""
        for one in self._ascii if text.isascii() else self._signs:
            if one in text:
                return self._pattern.search(text) is not None
        return False


def sign(pattern: str) -> str:
    """The longest run of characters that stands, just so, in every text that `pattern` matches.

    Groups and classes are passed over. Raises ValueError where two characters are not to be had.
    """
    runs = [""]
    depth = 0
    for match in _PIECE.finditer(pattern):
        piece = match[0]
        depth += (piece == "(") - (piece == ")")
        if depth:
            runs.append("")
        elif match[1]:
            runs[-1] += piece[-1]
        elif piece == "|":
            raise ValueError(f"alternatives are to be given one by one: {pattern}")
        else:
            if piece[0] in "?*{":
                runs[-1] = runs[-1][:-1]
            runs.append("")
    longest = max(runs, key=len)
    if len(longest) < _LEAST:
        raise ValueError(f"nothing to look for in {pattern}")
    return longest

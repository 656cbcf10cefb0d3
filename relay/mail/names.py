"""Names that strangers give, made safe to show: file names and display names."""

import re
import unicodedata
from functools import lru_cache
from unicodedata import combining, normalize

FILE_NAME_LENGTH = 200
_JOINERS = "\u200c\u200d"  # without them Persian words and family emoji fall apart
_NOT_IN_NAME = re.compile(r"[^A-Za-z0-9 !#$&'()+,.;=@\[\]^_`{}~-]")
_PLAIN_NAME = 30  # characters of the stem and of the ending in the ASCII form


def visible(text: str) -> str:
    """`text` on one line: controls, bidi overrides and other unseen characters left out, blanks single."""
    single = " ".join(text.split())
    if single.isprintable():  # so it holds nothing of the kind: nearly every name and subject
        return single
    kept = (char for char in text if char in _JOINERS or not _unseen(char))
    return " ".join("".join(kept).split())


def _unseen(char: str) -> bool:
    """Controls become blanks elsewhere; format characters (bidi, zero width), surrogates, private use go."""
    return not char.isspace() and unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co")


def clean_file_name(name: str) -> str:
    """A file name without folders, unseen characters and leading dots, at most 200 characters, "" for none.

    The ending is kept when the name is cut.
    """
    name = visible(name[: 8 * FILE_NAME_LENGTH]).replace("\\", "/")
    last = next((piece for piece in map(_undotted, reversed(name.split("/"))) if piece), "")
    if len(last) <= FILE_NAME_LENGTH:
        return last
    stem, dot, ending = last.rpartition(".")
    if not dot or len(ending) > 20:
        return last[:FILE_NAME_LENGTH]
    return stem[: FILE_NAME_LENGTH - len(ending) - 1] + "." + ending


def _undotted(piece: str) -> str:
    return piece.lstrip(". ").rstrip(". ")


# What leads around the gateway: an address, a link, a domain, a telephone number. Each pattern runs over at
# most NAME_INPUT characters.
NAME_LENGTH = 64
NAME_INPUT = 400
_CONTACTS = (
    re.compile(r"\S*@\S*"),
    re.compile(r"\S*://\S*"),
    re.compile(r"\b(?:www\.|mailto:|tel:)\S*", re.IGNORECASE),
    re.compile(r"\b[\w-]+(?:\.[\w-]+)*\.(?:[a-z]{2,}|(?<=[A-Z]{2}\.)[A-Z]{3,})\b[/\w?=&#.-]*"),
    re.compile(r"\+?\(?\d(?:[\s()./\-–]{0,3}\d){6,}"),
)
_WORDS = re.compile(r"[^\W\d_]+(?:[ '-][^\W\d_]+)*")
_LEFT_OVER = re.compile(r"[(\[{]\s*[)\]}]|[<>\"]")


def clean_name(name: str) -> str:
    """A display name fit to show to the other side (R3): at most 64 characters, nothing that leads around us."""
    return _cleaned(name[:NAME_INPUT])


@lru_cache(maxsize=2000)  # a mail names the same company and marketplace several times
def _cleaned(name: str) -> str:
    text = visible(name)
    if len(text) <= NAME_LENGTH and _WORDS.fullmatch(text) and unicodedata.is_normalized("NFKC", text):
        return text  # nothing but words: none of the patterns below could match
    folded = unicodedata.normalize("NFKC", text)[:NAME_INPUT]
    if any(pattern.search(folded) for pattern in _CONTACTS):
        text = folded  # look-alikes of "@", "." and digits count as such
    for pattern in (*_CONTACTS, _LEFT_OVER):
        text = pattern.sub(" ", text)
    return " ".join(text.split())[:NAME_LENGTH].strip(" ,;:|/-–·•")


def plain_name(name: str) -> str:
    """A clean file name in ASCII, short, and with nothing in it that needs escaping; "" where nothing is left."""
    unaccented = "".join(char for char in normalize("NFKD", name) if not combining(char))
    stem, dot, ending = _NOT_IN_NAME.sub("_", unaccented).rpartition(".")
    return clean_file_name(f"{stem[:_PLAIN_NAME]}{dot}{ending[:_PLAIN_NAME]}")

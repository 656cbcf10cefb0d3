"""Header fields as bytes: the only way a value becomes a header line of a mail of ours.

Every field goes through `fold`, which takes printable ASCII and nothing else, so that no value, whatever it was
made of, can end a line or start a header (the class of CVE-2024-6923). Values that a reader could take for
something else (encoded words, runs of blanks, very long words) are encoded whole (RFC 2047).
"""

import binascii
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from string import ascii_letters, digits
from urllib.parse import quote

from .addresses import parse_address
from .charsets import clean_line
from .names import visible

WIDTH = 76  # of a line that holds encoded words (RFC 2047 section 2); other lines keep to it as well
VALUE_CHARACTERS = 1500  # of a free text; four-byte characters then stay under 200 encoded words
NAME_CHARACTERS = 200

_WORD = 64  # of one encoded word, so that the first fits behind "Subject: "
_PAYLOAD = _WORD - len("=?utf-8?B??=")
_CHARSET = "utf-8''"  # and no language
_Q_PLAIN = frozenset(ascii_letters + digits + "- ")
_NOT_IN_PHRASE = str.maketrans({"_": "=5F", ".": "=2E", "~": "=7E"})

_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")
# RFC 5322 section 3.6.4 asks for less; seen in practice: colons, brackets, no "@". What a parser could take for
# a comment, a string, a list or an encoded word stays out.
_ID = re.compile(r"""[!#-'*+\--;=?-\[\]-~]{1,250}""")


def fold(name: str, pieces: Iterable[str], *, utf8: bool = False) -> bytes:
    """One header field, its `pieces` with a blank between, folded between them (RFC 5322 section 2.2.3).

    No line is longer than 76 characters unless a single piece is. Raises ValueError for anything but printable ASCII;
    with `utf8` for anything but printable characters (RFC 6532: only addresses may need that).
    """
    if not _FIELD_NAME.fullmatch(name):
        raise ValueError("not a header name")
    pieces = tuple(pieces)
    whole = f"{name}: {' '.join(pieces)}"
    if len(whole) <= WIDTH and whole.isascii() and whole.isprintable() and "  " not in whole and whole[-1] != " ":
        return f"{whole}\r\n".encode("ascii")  # one line, and no piece is empty or has blanks around it
    lines: list[str] = []
    line, width = [name + ":"], len(name) + 1
    for number, piece in enumerate(pieces):
        if not piece.isprintable() or not (utf8 or piece.isascii()) or piece != piece.strip() or not piece:
            raise ValueError(f"not printable in {name}")
        if number and width + 1 + len(piece) > WIDTH:
            lines.append(" ".join(line))
            line, width = [""], 0
        line.append(piece)
        width += 1 + len(piece)
    lines.append(" ".join(line))
    return ("\r\n".join(lines) + "\r\n").encode("utf-8" if utf8 else "ascii")


def unstructured(name: str, value: str) -> bytes:
    """A field of free text such as Subject; controls become blanks, text over 1,500 characters is cut."""
    value = clean_line(clean_line(value)[:VALUE_CHARACTERS])
    words = value.split(" ")
    if value.isascii() and "=?" not in value and all(0 < len(word) <= _WORD for word in words):
        return fold(name, words)
    return fold(name, encoded_words(value))


def address_list(name: str, mailboxes: Sequence[tuple[str, str]]) -> bytes:
    """A field of mailboxes, each a display name ("" for none) and an address.

    Raises ValueError for an address that cannot be written, see `address`.
    """
    pieces: list[str] = []
    for display, where in mailboxes:
        if pieces:
            pieces[-1] += ","
        words = phrase(display)
        pieces += [*words, f"<{address(where)}>"] if words else [address(where)]
    return fold(name, pieces, utf8=True)


def phrase(name: str) -> list[str]:
    """A display name as the pieces of a phrase: quoted, or encoded words; none for a name with nothing to see."""
    name = visible(name[: 4 * NAME_CHARACTERS])[:NAME_CHARACTERS].rstrip()
    quoted = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if name.isascii() and "=?" not in name and len(quoted) <= _WORD:
        return [quoted] if name else []
    return encoded_words(name)


def address(text: str) -> str:
    """An address fit for a header, its domain as A-labels (RFC 5890). Raises ValueError for everything else.

    A non-ASCII local part is written as it is (RFC 6532): the mail then needs SMTPUTF8 on its way.
    """
    read = parse_address(text)
    if not read:
        raise ValueError("not an address for a header")
    return read.text


def message_id(text: str) -> str:
    """A message or content id in angle brackets, which it may or may not have; "" for one that cannot be written."""
    text = text.strip()
    text = text[1:-1] if text.startswith("<") and text.endswith(">") else text
    return f"<{text}>" if _ID.fullmatch(text) and "=?" not in text else ""


def parameter(name: str, value: str) -> list[str]:
    """A parameter in the extended form, in as many continuations as lines need (RFC 2231 sections 3 and 4)."""
    whole = f"{name}*={_CHARSET}{_percent(value)}"
    if len(whole) < WIDTH - 1:
        return [whole]
    chunks = _chunks(value, _percent_size, WIDTH - len(f" {name}*99*={_CHARSET};"))
    return [f"{name}*{number}*={'' if number else _CHARSET}{_percent(chunk)}" for number, chunk in enumerate(chunks)]


def encoded_words(text: str) -> list[str]:
    """`text` as RFC 2047 words in UTF-8, B or Q as is shorter; each ≤ 75 characters and whole in itself."""
    if sum(map(_q_size, text)) <= 4 * (len(text.encode()) + 2) // 3:
        return [f"=?utf-8?Q?{_q(chunk)}?=" for chunk in _chunks(text, _q_size, _PAYLOAD)]
    return [f"=?utf-8?B?{_b(chunk)}?=" for chunk in _chunks(text, _size, _PAYLOAD // 4 * 3)]


def _chunks(text: str, size: Callable[[str], int], room: int) -> Iterator[str]:
    """`text` in pieces of whole characters, the sizes of which sum up to no more than `room`."""
    start = used = 0
    for place, char in enumerate(text):
        width = size(char)
        if used + width > room:
            yield text[start:place]
            start, used = place, 0
        used += width
    if text:
        yield text[start:]


def _size(char: str) -> int:
    """Octets of a character in UTF-8."""
    return len(char.encode())


def _q_size(char: str) -> int:
    """Octets of a character in the Q encoding."""
    return 1 if char in _Q_PLAIN else 3 * len(char.encode())


def _percent_size(char: str) -> int:
    """The most octets that a character may take when it is percent-encoded."""
    return 1 if char.isascii() and char.isalnum() else 3 * len(char.encode())


def _q(text: str) -> str:
    """The Q encoding, with no characters but those that may stand in a phrase too (RFC 2047 section 5 (3))."""
    return quote(text, safe="").translate(_NOT_IN_PHRASE).replace("%20", "_").replace("%", "=")


def _b(text: str) -> str:
    return binascii.b2a_base64(text.encode(), newline=False).decode("ascii")


def _percent(text: str) -> str:
    return quote(text, safe="")

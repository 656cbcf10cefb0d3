"""Header blocks on bytes: where they end, their fields unfolded, their values decoded by RFC 2047.

A decoded value is for reading and showing only. It can never hold a line break or another control
character, so that no encoded word becomes a header line later (the class of CVE-2024-6923).
"""

import binascii
import re
from dataclasses import dataclass
from itertools import islice

from .charsets import clean_line, decode, decode_header

BLOCK_BYTES = 64 * 1024
FIELD_BYTES = 16 * 1024
FIELDS = 500
WORDS = 200

_BREAK = re.compile(rb"\r\n|\n|\r")
_BLANK_LINE = re.compile(rb"(?:\r\n|\n|\r(?!\n))(?=[\r\n])")
_NAME = re.compile(rb"([!-9;-~]+)[ \t]*:")
# RFC 2047 section 2, with blanks inside the encoded text: seen in practice.
_WORD = re.compile(rb"=\?([^?\s]{1,80})\?([BbQq])\?([^?]*)\?=")

Fields = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True)
class Block:
    """One header block: fields in order, values unfolded and undecoded, and where the body starts."""

    fields: Fields
    body: int
    defects: tuple[str, ...] = ()

    def get(self, name: str) -> bytes:
        """The first value of the field `name` (lower case), b"" where there is none."""
        return next((value for key, value in self.fields if key.lower() == name), b"")


def split(data: bytes, start: int, end: int, whole_mail: bool = False) -> Block:
    """The header block of data[start:end]; any line end, any or no blank line after it.

    A line that is no field ends the block as the MTAs do it: the body starts there. Only in a `whole_mail`
    whose From is still to come it is left out, or the trace headers would be read as text.
    """
    first = _BREAK.match(data, start, end)
    if first:
        return Block((), first.end())
    blank = _BLANK_LINE.search(data, start, end)
    stop = blank.end() if blank else end
    after = _BREAK.match(data, stop, end)
    body = after.end() if after else end
    limit = min(stop, start + BLOCK_BYTES)
    lines = data[start:limit].replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    first_from = _first_from(lines) if whole_mail else 0
    found: list[tuple[str, list[bytes]]] = []
    odd: list[str] = []
    for index, line in enumerate(lines):
        if line[:1] in (b" ", b"\t") and found:
            found[-1][1].append(line)
        elif match := _NAME.match(line):
            found.append((match[1].decode("ascii"), [line[match.end() :]]))
        elif index == 0 and line.startswith((b"From ", b">From ")):
            continue  # the separator of an mbox file
        elif line and index < first_from:
            odd.append("junk-header")
        elif line:
            return _block(found, _line_start(data, start, end, index), [*odd, "no-separator"])
    if limit < stop:
        return _block(found[:-1], body, [*odd, "headers"])
    return _block(found, body, odd)


def _first_from(lines: list[bytes]) -> int:
    """The place of the first From field; no block of a mail can be over before it (RFC 5322 section 3.6)."""
    return next((index for index, line in enumerate(lines) if line[:5].lower() == b"from:"), 0)


def _line_start(data: bytes, start: int, end: int, index: int) -> int:
    """The offset of line number `index` (from 0) of data[start:end]."""
    if index == 0:
        return start
    ends = _BREAK.finditer(data, start, end)
    return next(islice(ends, index - 1, None)).end()


def _block(found: list[tuple[str, list[bytes]]], body: int, odd: list[str]) -> Block:
    if len(found) > FIELDS:
        odd.append("headers")
    fields = [(name, b"".join(lines).strip(b" \t")) for name, lines in found[:FIELDS]]
    if any(len(value) > FIELD_BYTES for _, value in fields):
        odd.append("header-size")
        cut_from = any(len(value) > FIELD_BYTES for name, value in fields if name.lower() == "from")
        odd += ["from-size"] if cut_from else []
        fields = [(name, value[:FIELD_BYTES]) for name, value in fields]
    return Block(tuple(fields), body, tuple(odd))


def decoded(value: bytes, hint: str = "") -> str:
    """The value of a field for people: encoded words decoded, controls blanked (RFC 2047).

    Words over the limit and words that cannot be decoded stay as they are written. `hint` is the charset
    for raw eight-bit bytes that are no UTF-8.
    """
    if b"=?" not in value:
        return clean_line(decode_header(value, hint))
    return clean_line("".join(_pieces(value, hint)))


def _pieces(value: bytes, hint: str) -> list[str]:
    out: list[str] = []
    pending, charset, place = b"", "", 0
    for match in islice(_WORD.finditer(value), WORDS):
        payload = _payload(match)
        if payload is None:
            continue
        gap, label = value[place : match.start()], match[1].decode("latin-1").partition("*")[0].lower()
        joined = bool(charset) and not gap.strip()
        if not (joined and label == charset):
            out.append(decode(pending, charset)[0])
            pending = b""
        if not joined:
            out.append(decode_header(gap, hint))
        pending, charset, place = pending + payload, label, match.end()
    out.append(decode(pending, charset)[0])
    out.append(decode_header(value[place:], hint))
    return out


def _payload(match: re.Match[bytes]) -> bytes | None:
    """The bytes of one encoded word, None where its base64 is none."""
    text = match[3]
    if match[2] in b"Qq":
        return binascii.a2b_qp(text, header=True)
    text = bytes(text).rstrip(b"= ")
    if len(text) % 4 == 1:
        return None
    try:
        return binascii.a2b_base64(text + b"==")
    except binascii.Error:
        return None

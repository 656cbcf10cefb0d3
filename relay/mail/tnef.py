"""The words in a winmail.dat (TNEF, [MS-OXTNEF]), for a mail of Outlook that has nothing else: bounded, never raising.

Only the text is taken. The file itself stays an attachment, so nothing that others have checked is unpacked here.
"""

import struct
from collections.abc import Iterator
from contextlib import suppress

from .charsets import decode
from .htmltext import html_to_text
from .rtf import decompress, rtf_to_text

_TYPES = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_SIGNATURE = 0x223E9F78
_BODY, _PROPERTIES, _CODE_PAGE = 0x0002800C, 0x00069003, 0x00069007
_MOST_ATTRIBUTES = 500
_MOST_PROPERTIES = 2000

_PLAIN, _RTF, _HTML, _INTERNET_CODE_PAGE = 0x1000, 0x1009, 0x1013, 0x3FDE
_STRING, _UNICODE = 0x1E, 0x1F
_VARIABLE = frozenset({_STRING, _UNICODE, 0x102, 0x0D})
_FIXED = {0x01: 0, 0x02: 4, 0x03: 4, 0x04: 4, 0x0A: 4, 0x0B: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x14: 8, 0x40: 8, 0x48: 16}
_MANY = 0x1000


def is_packed(type_: str, name: str) -> bool:
    """A part of this type or name is such a file."""
    return type_ in _TYPES or name.lower() == "winmail.dat"


def text_of(data: bytes) -> str:
    """The text of the message in `data`, from the plainest form it has; "" where there is none."""
    plain, found = b"", dict[int, tuple[int, bytes]]()
    code_page = 0
    with suppress(struct.error, IndexError):  # cut off: what has been read counts
        for name, value in _attributes(data):
            if name == _BODY:
                plain = value
            elif name == _CODE_PAGE:
                (code_page,) = struct.unpack_from("<I", value)
            elif name == _PROPERTIES:
                for number, kind, content in _properties(value):
                    found.setdefault(number, (kind, content))
    label = f"cp{code_page}" if code_page else ""
    if _PLAIN in found:
        return _string(*found[_PLAIN], label)
    if plain.strip(b"\0\r\n "):
        return _string(_STRING, plain, label)
    if _HTML in found:
        return html_to_text(_string(*found[_HTML], _page(found) or label))[0]
    return rtf_to_text(decompress(found[_RTF][1])) if _RTF in found else ""


def _page(found: dict[int, tuple[int, bytes]]) -> str:
    """The charset that the HTML is in, "" where it is not told."""
    _, content = found.get(_INTERNET_CODE_PAGE, (0, b""))
    return f"cp{int.from_bytes(content, 'little')}" if content else ""


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Name and content of each attribute of the message itself ([MS-OXTNEF] section 2.1.3)."""
    if len(data) < 6 or struct.unpack_from("<I", data)[0] != _SIGNATURE:
        return
    place = 6
    for _ in range(_MOST_ATTRIBUTES):
        level, name, size = struct.unpack_from("<BII", data, place)
        if level == 1:
            yield name, data[place + 9 : place + 9 + size]
        place += 9 + size + 2  # a check sum follows


def _properties(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Number, type and content of each MAPI property ([MS-OXTNEF] section 2.1.3.4); of several values the first."""
    (count,) = struct.unpack_from("<I", data)
    place = 4
    for _ in range(min(count, _MOST_PROPERTIES)):
        kind, number = struct.unpack_from("<HH", data, place)
        place += 4
        if number & 0x8000:
            place = _after_name(data, place)
        many, kind = bool(kind & _MANY), kind & ~_MANY
        values = 1
        if many or kind in _VARIABLE:
            (values,) = struct.unpack_from("<I", data, place)
            place += 4
        content, place = _values(data, place, kind, values)
        yield number, kind, content


def _after_name(data: bytes, place: int) -> int:
    """Where the value of a named property begins: after a GUID and a number or a name."""
    (by_name, size) = struct.unpack_from("<II", data, place + 16)
    return place + 24 + (_padded(size) if by_name else 0)


def _values(data: bytes, place: int, kind: int, count: int) -> tuple[bytes, int]:
    """The first of `count` values and the place behind the last."""
    if kind not in _VARIABLE:
        size = _FIXED.get(kind)
        if size is None:
            raise IndexError(kind)  # of unknown length: nothing behind it can be found
        return data[place : place + size], place + size * count
    first = b""
    for number in range(min(count, _MOST_PROPERTIES)):
        (size,) = struct.unpack_from("<I", data, place)
        if not number:
            first = data[place + 4 : place + 4 + size]
        place += 4 + _padded(size)
    return first, place


def _padded(size: int) -> int:
    return (size + 3) // 4 * 4


def _string(kind: int, content: bytes, label: str) -> str:
    text = content.decode("utf-16-le", "replace") if kind == _UNICODE else decode(content, label or "cp1252")[0]
    return text.rstrip("\0")

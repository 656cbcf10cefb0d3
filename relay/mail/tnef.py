"""The words and the files in a winmail.dat (TNEF, [MS-OXTNEF]), Outlook's own packing: bounded, never raising.

Nobody without Outlook can open it, and it names its writer, so what is in it is what is passed on. Mails inside stay
packed.
"""

import mimetypes
import re
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from .charsets import decode
from .htmltext import html_to_text
from .rtf import decompress, rtf_to_text

_TYPES = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,100}")
_SIGNATURE = 0x223E9F78
_OF_THE_MESSAGE = 1  # level; 2 is that of a file
_BODY, _PROPERTIES, _CODE_PAGE = 0x0002800C, 0x00069003, 0x00069007
_NEW_FILE, _FILE_TITLE, _FILE_DATA, _FILE_PROPERTIES = 0x00069002, 0x00018010, 0x0006800F, 0x00069005
_CONTENT, _NAME, _LONG_NAME, _MIME_TYPE = 0x3701, 0x3704, 0x3707, 0x370E
_OBJECT = 0x0D  # a mail or a drawing of another program, packed once more
_MOST_ATTRIBUTES = 500
_MOST_PROPERTIES = 2000

_PLAIN, _RTF, _HTML, _INTERNET_CODE_PAGE = 0x1000, 0x1009, 0x1013, 0x3FDE
_STRING, _UNICODE = 0x1E, 0x1F
_VARIABLE = frozenset({_STRING, _UNICODE, 0x102, 0x0D})
_FIXED = {0x01: 0, 0x02: 4, 0x03: 4, 0x04: 4, 0x0A: 4, 0x0B: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x14: 8, 0x40: 8, 0x48: 16}
_MANY = 0x1000


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A file in a winmail.dat; its name as told, not cleaned."""

    name: str
    type: str
    data: bytes


def is_packed(type_: str, name: str) -> bool:
    """A part of this type or name is such a file."""
    return type_ in _TYPES or name.lower() == "winmail.dat"


def text_of(data: bytes) -> str:
    """The text of the message in `data`, from the plainest form it has; "" where there is none."""
    plain, found = b"", dict[int, tuple[int, bytes]]()
    code_page = 0
    with suppress(struct.error, IndexError):  # cut off: what has been read counts
        for level, name, value in _attributes(data):
            if level != _OF_THE_MESSAGE:
                continue
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


def files_of(data: bytes) -> tuple[PackedFile, ...]:
    """The files in `data`, but for mails and objects of other programs; those before the place where it is damaged."""
    out: list[_Gathered] = []
    code_page = 0
    with suppress(struct.error, IndexError):
        for level, name, value in _attributes(data):
            if name == _CODE_PAGE:
                (code_page,) = struct.unpack_from("<I", value)
            elif level == _OF_THE_MESSAGE:
                continue
            elif name == _NEW_FILE:
                out.append(_Gathered())
            elif out and name in (_FILE_TITLE, _FILE_DATA):
                out[-1].plain[name] = value
            elif out and name == _FILE_PROPERTIES:
                with suppress(struct.error, IndexError):
                    for number, kind, content in _properties(value):
                        out[-1].told.setdefault(number, (kind, content))
    label = f"cp{code_page}" if code_page else ""
    return tuple(file for one in out if (file := _packed_file(one, label)) is not None)


@dataclass(slots=True)
class _Gathered:
    """What is told of one file: attributes of old programs, and properties."""

    plain: dict[int, bytes] = field(default_factory=dict[int, bytes])
    told: dict[int, tuple[int, bytes]] = field(default_factory=dict[int, tuple[int, bytes]])


def _packed_file(one: _Gathered, label: str) -> PackedFile | None:
    kind, content = one.told.get(_CONTENT, (0, b""))
    data = one.plain.get(_FILE_DATA, b"") or (content if kind != _OBJECT else b"")
    if not data:
        return None

    def told(number: int) -> str:
        return _string(*one.told[number], label) if number in one.told else ""

    name = told(_LONG_NAME) or told(_NAME) or _string(_STRING, one.plain.get(_FILE_TITLE, b""), label)
    type_ = told(_MIME_TYPE).lower()
    if not _TYPE.fullmatch(type_):
        type_ = mimetypes.guess_type(name, strict=False)[0] or "application/octet-stream"
    return PackedFile(name, type_, data)


def _page(found: dict[int, tuple[int, bytes]]) -> str:
    """The charset that the HTML is in, "" where it is not told."""
    _, content = found.get(_INTERNET_CODE_PAGE, (0, b""))
    return f"cp{int.from_bytes(content, 'little')}" if content else ""


def _attributes(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Level, name and content of each attribute ([MS-OXTNEF] section 2.1.3)."""
    if len(data) < 6 or struct.unpack_from("<I", data)[0] != _SIGNATURE:
        return
    place = 6
    for _ in range(_MOST_ATTRIBUTES):
        level, name, size = struct.unpack_from("<BII", data, place)
        yield level, name, data[place + 9 : place + 9 + size]
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

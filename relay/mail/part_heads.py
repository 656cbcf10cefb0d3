"""Header fields of MIME parts: of what kind, in which encoding, under which name. Strangers choose names and types."""

import re
from collections.abc import Sequence
from functools import cache

from . import encode
from .names import plain_name

_TYPE = re.compile(r"(?!multipart/|message/)[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}")
# RFC 5546 section 1.4
_METHOD = re.compile(
    rb"^METHOD:(PUBLISH|REQUEST|REPLY|ADD|CANCEL|REFRESH|COUNTER|DECLINECOUNTER)[ \t]*\r?$",
    re.MULTILINE | re.IGNORECASE,
)
_BINARY = "application/octet-stream"


def known_type(kind: str) -> str:
    """Return a type that may stand in a header, in lower case; that of plain octets for all others."""
    kind = kind.lower()
    return kind if _TYPE.fullmatch(kind) else _BINARY


@cache
def text_head(subtype: str, encoding: str) -> bytes:
    """Return the fields of a text of ours."""
    return _content_type(f"text/{subtype}", "charset=utf-8") + _transfer_encoding(encoding)


def multipart_head(subtype: str, boundary: str) -> bytes:
    """Return the field of a multipart."""
    kind = ['type="text/html"'] if subtype == "related" else []
    return _content_type(f"multipart/{subtype}", *kind, f'boundary="{boundary}"')


def file_head(kind: str, encoding: str, name: str, data: bytes, *, inline: bool, content_id: str) -> bytes:
    """Return the fields of a file of a known type with a clean name. `data`: at least how it begins."""
    id_ = encode.message_id(content_id)
    fields = [
        _content_type(kind, *_charset(kind, data), *_method(kind, data), *_fallback_name(name)),
        _transfer_encoding(encoding),
        _disposition(name, inline and kind.startswith("image/")),
        encode.fold("Content-ID", [id_]) if id_ else b"",
    ]
    return b"".join(fields)


def _content_type(kind: str, *parameters: str) -> bytes:
    return _with_parameters("Content-Type", kind, parameters)


def _transfer_encoding(encoding: str) -> bytes:
    return encode.fold("Content-Transfer-Encoding", [encoding])


def _charset(kind: str, data: bytes) -> list[str]:
    """The charset of a text that is evidently UTF-8; of another one the reader knows as much as we do."""
    if not kind.startswith("text/") or data.isascii():
        return []
    try:
        data.decode()
    except UnicodeDecodeError:
        return []
    return ["charset=utf-8"]


def _method(kind: str, data: bytes) -> list[str]:
    """The method of a calendar (RFC 6047 section 2.4): without it no program takes it for an invitation."""
    found = _METHOD.search(data) if kind == "text/calendar" else None
    return [f"method={found[1].decode('ascii').upper()}"] if found else []


def _fallback_name(name: str) -> list[str]:
    """The name in ASCII for old readers, where it is not ASCII.

    It stands in Content-Type: beside filename*= some readers, Python among them, would take it for the name.
    """
    plain = plain_name(name)
    return [f'name="{plain}"'] if plain not in ("", name) else []


def _disposition(name: str, inline: bool) -> bytes:
    """Content-Disposition (RFC 2183). Only pictures are inline: other types would be read as part of our text."""
    file_name = [f'filename="{name}"'] if name == plain_name(name) else encode.parameter("filename", name)
    return _with_parameters("Content-Disposition", "inline" if inline else "attachment", file_name if name else [])


def _with_parameters(name: str, value: str, parameters: Sequence[str]) -> bytes:
    pieces = [value, *parameters]
    return encode.fold(name, [f"{piece};" for piece in pieces[:-1]] + pieces[-1:])

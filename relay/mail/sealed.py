"""Signed and encrypted mail: the part that must pass byte for byte, so that its seal holds (RFC 1847, 3156, 8551).

    found = sealed(data, root)      # the first such part, None where there is none that can pass unchanged

Only its octets pass. The fields of its header are written anew from the few parameters that a program needs to
check the seal, so nothing else of the writer's header comes along.
"""

import re
from dataclasses import dataclass
from typing import Literal

from . import encode
from .mime import Part

Seal = Literal["signed", "encrypted"]

_PARAMETERS = {
    "multipart/signed": ("protocol", "micalg"),
    "multipart/encrypted": ("protocol",),
    "application/pkcs7-mime": ("smime-type",),
    "application/x-pkcs7-mime": ("smime-type",),
    "text/plain": ("charset",),
}
_INLINE = re.compile(rb"^-----BEGIN PGP (SIGNED MESSAGE|MESSAGE)-----[ \t]*\r?$", re.MULTILINE)
_TOKEN = re.compile(r"[A-Za-z0-9!#$&^_./+-]{1,120}")
_BOUNDARY = re.compile(r"[A-Za-z0-9'()+_,./:=? -]{0,69}[A-Za-z0-9'()+_,./:=?-]")  # RFC 2046 5.1.1
_LONGEST = 998  # octets of a line (RFC 5322 2.1.1)
_ENCODINGS = ("7bit", "8bit", "quoted-printable", "base64")


@dataclass(frozen=True, slots=True)
class Sealed:
    """A part as it goes out: our own header fields, and the octets of its body as they came, lines ended by CRLF."""

    seal: Seal
    head: bytes
    body: bytes


def sealed(data: bytes, root: Part) -> Sealed | None:
    """Return the sealed part of a mail whose tree is `root`, if it can be written as it is."""
    part = _find(data, root)
    if part is None:
        return None
    body = data[part.body : part.end]
    head = _head(part)
    return Sealed(_seal(part, body), head, body) if head and _can_be_written(body) else None


def _find(data: bytes, part: Part) -> Part | None:
    """The outermost sealed part; a list server may have put it into a multipart/mixed."""
    if part.type in _PARAMETERS and (part.type != "text/plain" or _INLINE.search(data, part.body, part.end)):
        return part
    if part.type != "multipart/mixed":
        return None
    found = (_find(data, child) for child in part.children)
    return next((one for one in found if one is not None), None)


def _seal(part: Part, body: bytes) -> Seal:
    if part.type == "text/plain":
        inline = _INLINE.search(body)
        return "signed" if inline and inline[1] == b"SIGNED MESSAGE" else "encrypted"
    opaque = part.type.endswith("pkcs7-mime") and part.content.token("smime-type").lower() == "signed-data"
    return "signed" if part.type == "multipart/signed" or opaque else "encrypted"


def _head(part: Part) -> bytes:
    """Our own fields for the part, b"" where a parameter that it needs cannot be written."""
    given = {name: part.content.token(name) for name in _PARAMETERS[part.type]}
    pieces = [f'{name}="{value}"' for name, value in given.items() if _TOKEN.fullmatch(value)]
    if part.type.startswith("multipart/"):
        boundary = part.content.raw("boundary").decode("latin-1")
        if not _BOUNDARY.fullmatch(boundary):
            return b""
        pieces.append(f'boundary="{boundary}"')
    elif part.type != "text/plain":
        pieces.append('name="smime.p7m"')
    words = [part.type, *pieces]
    head = encode.fold("Content-Type", [f"{word};" for word in words[:-1]] + words[-1:])
    encoding = part.encoding or "7bit"
    if encoding not in _ENCODINGS:
        return b""
    return head + encode.fold("Content-Transfer-Encoding", [encoding])


def _can_be_written(body: bytes) -> bool:
    lines = body.split(b"\r\n")
    whole = not any(b"\n" in line or b"\r" in line or b"\0" in line for line in lines)
    return whole and max(map(len, lines)) <= _LONGEST

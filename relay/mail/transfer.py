"""Content-Transfer-Encoding undone on whole blocks (RFC 2045 section 6): never raises, keeps what it can."""

import binascii
import re

import pybase64

_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_GROUP = re.compile(rb"[^=]+=*")
# Soft line breaks with blanks before the line end, and with a bare CR, that binascii would misread.
_SOFT_BREAK = re.compile(rb"=(?:[ \t]+(?:\r\n|\n|\r|\Z)|\r(?!\n))")
_UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} [^\r\n]{1,1000}\r?\n", re.MULTILINE)
_UU = frozenset({"x-uuencode", "uuencode", "x-uue", "uue"})
_IDENTITY = frozenset({"", "7bit", "8bit", "binary"})


def decode(data: bytes, encoding: str) -> tuple[bytes, str]:
    """The content of a part and "" or the defect "encoding". An unknown encoding leaves it as it is."""
    if encoding == "base64":
        return _base64(data)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(_SOFT_BREAK.sub(b"=\n", data) if b"=" in data else data), ""
    if encoding in _UU:
        return _uudecoded(data)
    return data, "" if encoding in _IDENTITY else "encoding"


def _uudecoded(data: bytes) -> tuple[bytes, str]:
    """What stands between "begin" and "end" (POSIX uuencode): no standard names it, old programs send it."""
    begin = _UU_BEGIN.search(data)
    if not begin:
        return data, "encoding"
    out: list[bytes] = []
    for line in data[begin.end() :].splitlines():
        if line.strip() == b"end":
            return b"".join(out), ""
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            break
    return b"".join(out), "encoding"


def _base64(data: bytes) -> tuple[bytes, str]:
    padding = data.find(b"=")
    if padding < 0 or not data[padding:].strip(b"= \t\r\n"):
        try:
            return pybase64.b64decode(data), ""  # ten times as fast as the standard library's
        except binascii.Error:
            return _strictly(data)
    return _groups(data), "encoding"


def _strictly(data: bytes) -> tuple[bytes, str]:
    try:
        return binascii.a2b_base64(data), ""  # takes more padding than there should be
    except binascii.Error:
        return _mended(data), "encoding"


def _groups(data: bytes) -> bytes:
    """Several base64 texts in a row, each padded: seen where a program encodes piece by piece.

    What follows a padding and is no base64 (the footer of a list server) is left out, as every reader does.
    """
    out: list[bytes] = []
    for match in _GROUP.finditer(data):
        if out and not _is_base64(match[0]):
            break
        out.append(_mended(match[0]))
    return b"".join(out)


def _is_base64(group: bytes) -> bool:
    text = b"".join(group.split())
    return len(text) % 4 == 0 and not _NOT_BASE64.search(text.rstrip(b"="))


def _mended(data: bytes) -> bytes:
    """What can be had from base64 with foreign characters or a missing end."""
    text = _NOT_BASE64.sub(b"", data)
    if len(text) % 4 == 1:
        text = text[:-1]
    return binascii.a2b_base64(text + b"==")

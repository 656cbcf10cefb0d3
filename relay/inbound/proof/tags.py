"""Lists of `tag=value; …` as DKIM (RFC 6376 section 3.2) and DMARC (RFC 9989 section 4.7) write them."""

import base64
import binascii
import re

_TAG = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_FOLD = re.compile(r"[ \t\r\n]+")


def read(text: bytes) -> dict[str, str]:
    """The tags in order. Raises ValueError: no list of tags, or a tag twice. A tag's name is case-sensitive."""
    tags: dict[str, str] = {}
    pieces = text.decode("utf-8").split(";")
    if not pieces[-1].strip():
        pieces.pop()
    for piece in pieces:
        name, equals, value = piece.partition("=")
        name = name.strip(" \t\r\n")
        if not equals or not _TAG.fullmatch(name):
            raise ValueError("a tag without a name or value")
        if name in tags:
            raise ValueError(f"tag {name[:20]} twice")
        tags[name] = value.strip(" \t\r\n")
    return tags


def unfolded(value: str) -> str:
    """The value without any white space, as base64 and lists may be folded."""
    return _FOLD.sub("", value)


def decoded(value: str) -> bytes:
    """The bytes of a base64 value that may be folded. Raises ValueError."""
    try:
        return base64.b64decode(unfolded(value).encode("ascii"), validate=True)
    except (binascii.Error, UnicodeError) as error:
        raise ValueError("no base64") from error

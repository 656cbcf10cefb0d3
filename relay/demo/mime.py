"""How the demo's foreign mail programs put a mail together, on bytes.

They stand for other people's software, so they share nothing with the gateway's own writer. Values are put on
one line before they become a header: a subject that came from elsewhere must not become a header of its own.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

Headers = Sequence[tuple[str, str]]

_WORD_BYTES = 42  # of text in one encoded word, so that the word stays below 75 characters (RFC 2047 section 2)


@dataclass(frozen=True, slots=True)
class Part:
    """A MIME part: its own headers, and its body as it goes over the wire with CRLF."""

    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class File:
    """Something attached."""

    name: str
    type: str
    data: bytes


def one_line(text: str) -> str:
    """Return `text` without anything that is not printable."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def encoded(text: str) -> str:
    """Return a header's text, as encoded words where it is not plain ASCII (RFC 2047)."""
    text = one_line(text)
    if text.isascii() and "=?" not in text:
        return text
    words: list[bytes] = [b""]
    for char in text:
        octets = char.encode("utf-8", "replace")
        if len(words[-1]) + len(octets) > _WORD_BYTES:
            words.append(b"")
        words[-1] += octets
    return "\r\n ".join(f"=?UTF-8?B?{base64.b64encode(word).decode()}?=" for word in words)


def mailbox(name: str, address: str) -> str:
    """Return `Name <address>` for an address header; the name is quoted or encoded as it needs."""
    name = one_line(name).replace("\\", "").replace('"', "")
    if not name:
        return f"<{address}>"
    if not name.isascii() or "=?" in name:
        return f"{encoded(name)} <{address}>"
    plain = all(char.isalnum() or char == " " for char in name)
    return f"{name} <{address}>" if plain else f'"{name}" <{address}>'


def text_part(subtype: str, text: str, charset: str, encoding: str, extra: str = "") -> Part:
    """Return a text part. `encoding` is quoted-printable or base64; `extra` ends its Content-Type."""
    octets = text.replace("\n", "\r\n").encode(charset, "replace")
    headers = (
        ("Content-Type", f'text/{subtype}; charset="{charset}"{extra}'),
        ("Content-Transfer-Encoding", encoding),
    )
    if encoding == "base64":
        return Part(headers, _base64(octets))
    # b2a_qp takes the line end of its input; the last line is left without one.
    return Part(headers, binascii.b2a_qp(octets, istext=True) + b"\r\n")


def file_part(file: File, *, inline: bool = False) -> Part:
    """Return an attachment in base64; a name that is not ASCII is written by RFC 2231."""
    name = one_line(file.name).replace("\\", "").replace('"', "") or "file"
    ascii_name = name.isascii()
    disposition = "inline" if inline else "attachment"
    told = f'filename="{name}"' if ascii_name else f"filename*=UTF-8''{quote(name, safe='')}"
    named = f'; name="{name}"' if ascii_name else ""
    headers = (
        ("Content-Type", f"{one_line(file.type)}{named}"),
        ("Content-Disposition", f"{disposition};\r\n {told}"),
        ("Content-Transfer-Encoding", "base64"),
    )
    return Part(headers, _base64(file.data))


def multipart(subtype: str, boundary: str, parts: Sequence[Part]) -> Part:
    """Return the parts bound together."""
    fence = f"--{boundary}\r\n".encode()
    body = b"".join(fence + _headers(part.headers) + b"\r\n" + part.body for part in parts)
    return Part((("Content-Type", f'multipart/{subtype};\r\n boundary="{boundary}"'),), body + fence[:-2] + b"--\r\n")


def assemble(headers: Headers, part: Part) -> bytes:
    """Return the whole mail."""
    return _headers((*headers, *part.headers)) + b"\r\n" + part.body


def _headers(headers: Headers) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in headers).encode()


def _base64(data: bytes) -> bytes:
    lines = base64.encodebytes(data)  # lines of 76 characters
    return lines.replace(b"\n", b"\r\n")

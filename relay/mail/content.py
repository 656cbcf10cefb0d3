"""Bodies of parts as 7-bit lines: quoted-printable for text, base64 for the rest (RFC 2045 section 6).

In none of them, nor in any header line we write, can "=_" stand behind "--" at the start of a line; boundaries
of ours begin that way.
"""

import binascii
import re

LINE = 76
_BLOCK = LINE // 4 * 3 * 1024  # octets of whole lines that stay in the processor's cache
_FROM = re.compile(rb"^(?:From )+", re.MULTILINE)
# A line longer than SMTP takes, and what a mailbox file or a careless server takes for an end (RFC 2049 section 3).
_UNSAFE_LINE = re.compile(rb"[^\n]{999}|^\.$|^From ", re.MULTILINE)


def text_body(text: str) -> tuple[str, list[bytes]]:
    r"""The transfer encoding and the lines of a text with "\n" line ends, the shorter of the two encodings.

    The text must be free of "\r" and lone surrogates.
    """
    data = text.encode()
    if data and not data.endswith(b"\n"):
        data += b"\n"
    quoted = quoted_printable(data)
    if len(quoted) <= len(data) * 4 // 3 + LINE:
        return "quoted-printable", [quoted]
    return "base64", base64_lines(data.replace(b"\n", b"\r\n"))


def quoted_printable(data: bytes) -> bytes:
    r"""Text with "\n" line ends by RFC 2045 section 6.7, with CRLF; no line begins with "From " or is a lone dot."""
    quoted = binascii.b2a_qp(data, istext=True)
    if b"From " in quoted:
        quoted = _FROM.sub(_no_from, quoted)
    return quoted.replace(b"\n", b"\r\n")


def _no_from(match: re.Match[bytes]) -> bytes:
    """Each "From " on a line of its own that the reader joins again: so no line grows over its width."""
    return b"=46rom =\n" * (len(match[0]) // len(b"From "))


def base64_lines(data: bytes) -> list[bytes]:
    """`data` in base64 lines of 76 characters (RFC 2045 section 6.8), each ended by CRLF, in blocks of many lines."""
    return [_base64_block(data[place : place + _BLOCK]) for place in range(0, len(data), _BLOCK)]


def _base64_block(data: bytes) -> bytes:
    coded = binascii.b2a_base64(data, newline=False)
    lines = [coded[place : place + LINE] for place in range(0, len(coded), LINE)]
    return b"\r\n".join(lines) + b"\r\n"


def seven_bit(data: bytes) -> bytes | None:
    """`data` with CRLF line ends where it may stand in a mail as it is (RFC 2045 section 2.7), else None."""
    lines = data.replace(b"\r\n", b"\n")
    if not lines.isascii() or b"\r" in lines or b"\0" in lines or _UNSAFE_LINE.search(lines):
        return None
    if lines and not lines.endswith(b"\n"):
        lines += b"\n"
    return lines.replace(b"\n", b"\r\n")

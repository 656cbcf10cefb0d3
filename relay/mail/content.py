"""Bodies of parts as 7-bit lines that no server on the way has a reason to change, or a signature would break.

Text that is such lines already goes as it is, other text as quoted-printable, the rest as base64 (RFC 2045 section 6).
"""

import binascii
import re

LINE = 76
_LONGEST = 998  # octets of a line in SMTP, without its end (RFC 5321 section 4.5.3.1.6)
_LONGEST_OF_OURS = 990  # Seen in practice: servers that break lines from here on
_BLOCK = LINE // 4 * 3 * 1024  # octets of whole lines that stay in the processor's cache
_FROM = re.compile(rb"^(?:From )+", re.MULTILINE)
_BLANK_ENDS = (b" \n", b"\t\n")


def text_body(text: str) -> tuple[str, list[bytes]]:
    r"""The transfer encoding and the lines of a text with "\n" line ends, the shorter of the encodings that fit.

    The text must be free of "\r" and lone surrogates.
    """
    data = _ended(text.encode())
    if data.isascii() and _is_plain(data, LINE) and not any(end in data for end in _BLANK_ENDS):
        return "7bit", [data.replace(b"\n", b"\r\n")]
    quoted = quoted_printable(data)
    if len(quoted) <= len(data) * 4 // 3 + LINE:
        return "quoted-printable", [quoted]
    return "base64", base64_lines(data.replace(b"\n", b"\r\n"))


def html_body(html: str) -> tuple[str, list[bytes]]:
    r"""The same for HTML: as it is where its lines are short enough, with references for what is not ASCII.

    Not where these would make it much longer: mail programs cut off long HTML. A style element must be ASCII, for in it
    no reference is read.
    """
    data = _ended(html.encode("ascii", "xmlcharrefreplace"))
    if len(data) > len(html) * 9 // 8 + 1 or not _is_plain(data, _LONGEST_OF_OURS):
        return text_body(html)
    return "7bit", [data.replace(b"\n", b"\r\n")]


def _ended(data: bytes) -> bytes:
    return data if data.endswith(b"\n") or not data else data + b"\n"


def _is_plain(data: bytes, width: int) -> bool:
    """No line is longer than `width`, or what a mailbox file or a careless server takes for an end (RFC 2049, 3)."""
    whole = b"\n" + data
    short = len(data) <= width or max(map(len, data.split(b"\n"))) <= width
    return short and b"\nFrom " not in whole and b"\n.\n" not in whole


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
    lines = _ended(data.replace(b"\r\n", b"\n"))
    if not lines.isascii() or b"\r" in lines or b"\0" in lines or not _is_plain(lines, _LONGEST):
        return None
    return lines.replace(b"\n", b"\r\n")

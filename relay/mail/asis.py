"""Base64 that may be written again as it came: clean lines, of which nothing but the file itself can be read.

A file that is passed on need not be decoded and encoded again then, which for a large one is most of the work.
"""

import binascii

_WIDEST = 76  # characters of a line (RFC 2045 section 6.8)


def clean_base64(data: bytes, start: int, end: int, decoded: bytes) -> tuple[int, int] | None:
    """Return where in data[start:end], whose content is `decoded`, its clean lines are; None where it is not clean.

    Clean: lines of one width, ended by CR LF, of nothing but base64, in the one way to write that content with them.
    What is returned begins at the start of a line and ends before the last line's end.
    """
    while end - start >= 2 and data[end - 2 : end] == b"\r\n":
        end -= 2
    width = data.find(b"\r\n", start, min(end, start + _WIDEST + 2)) - start
    if width <= 0 or width % 4:
        return None
    lines, last = divmod(end - start, width + 2)
    if not 0 < last <= width or last % 4:
        return None
    returns, feeds = data[start + width : end : width + 2], data[start + width + 1 : end : width + 2]
    if (returns, feeds) != (b"\r" * lines, b"\n" * lines):
        return None
    # The decoder leaves out what is no base64: then it gives less than so many characters hold.
    padding = data[end - 2 : end].count(b"=")
    rest = decoded[(len(decoded) - 1) // 3 * 3 :]
    whole = len(decoded) == (lines * width + last) // 4 * 3 - padding
    return (start, end) if whole and binascii.b2a_base64(rest, newline=False) == data[end - 4 : end] else None

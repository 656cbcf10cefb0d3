"""Dots and line ends of a mail on its way from the wire, block by block (RFC 5321 4.5.2, RFC 5322 2.3)."""

import re

# Patterns that begin with a fixed byte are searched at the speed of memory; that is why there are two.
_BARE_CR = re.compile(rb"\r(?!\n)")
_BARE_LF = re.compile(rb"\n(?<!\r\n)")


class Lines:
    """Undoes the doubled dots and makes every line end CR LF, block by block; NUL goes away (RFC 5322 2.3).

    Seen in practice: bare LF from scripts, bare CR from old Macs. Kept as they are, they would be read as
    line ends by some programs behind us and not by others, which is how mail is smuggled.
    """

    def __init__(self) -> None:
        self._before = b""  # may be the line end that a doubled dot follows
        self._return = b""  # a CR that a LF may follow
        self._skip = 2  # octets of the line end that stands before the content

    def take(self, block: bytes, *, last: bool = False) -> bytes:
        """Return what is settled of the content so far. It begins with a CR LF, which is not handed out."""
        block = self._before + block
        self._before = b"" if last else next((end for end in (b"\r\n", b"\r") if block.endswith(end)), b"")
        block = block[: len(block) - len(self._before)]
        if b"." in block and b"\r\n." in block:
            block = block.replace(b"\r\n.", b"\r\n")
        skipped = min(self._skip, len(block))
        self._skip -= skipped
        return self._normalised(block[skipped:], last=last)

    def _normalised(self, block: bytes, *, last: bool) -> bytes:
        if b"\0" in block:
            block = block.replace(b"\0", b"")
        block = self._return + block
        self._return = b"\r" if block.endswith(b"\r") and not last else b""
        return normalise(block[: len(block) - len(self._return)])


def normalise(content: bytes) -> bytes:
    """Return the content with every line end as CR LF and without NUL, as RFC 5322 2.3 wants mail to be."""
    if b"\0" in content:
        content = content.replace(b"\0", b"")
    if not _is_even(content) and (_BARE_CR.search(content) or _BARE_LF.search(content)):
        return content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    return content


def _is_even(content: bytes) -> bool:
    """Whether all line ends are CR LF, seen quickly of lines of one width: a file in base64 has no others."""
    first = content.find(b"\r\n")
    width = content.find(b"\r\n", first + 2) - first
    if first < 0 or width < 2:
        return False
    returns, feeds = content[first::width], content[first + 1 :: width]
    if (returns, feeds) != (b"\r" * len(returns), b"\n" * len(returns)):
        return False
    rest = bytearray(content)
    del rest[first::width]
    del rest[first :: width - 1]
    return b"\r" not in rest and b"\n" not in rest

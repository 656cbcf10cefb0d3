"""The content of a mail on the wire: where it ends, and what is kept of it (RFC 5321 4.5.2).

Works on whole blocks, never line by line: a mail of 5 MB costs milliseconds, and a line may be of any length.
Only CR LF . CR LF ends the content. Everything that looks like it (SMTP smuggling) is content.
"""

import asyncio
import re

_AT_ONCE = 1_000_000  # octets whose line ends are looked at in the event loop
END = b"\r\n.\r\n"

# Patterns that begin with a fixed byte are searched at the speed of memory; that is why there are two.
_BARE_CR = re.compile(rb"\r(?!\n)")
_BARE_LF = re.compile(rb"\n(?<!\r\n)")
_DOUBLED_DOT = re.compile(rb"\r\n\.")


class DotReader:
    """Collects the content of one DATA from chunks of any size; how it is cut into chunks changes nothing.

    Over `limit` octets the content is dropped and only the search for its end goes on.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = bytearray(b"\r\n")  # the content begins at the start of a line, so a dot there may end it
        self._size = 0
        self._ended = False

    @property
    def size(self) -> int:
        """Octets of content seen so far, as they came over the wire (dots still doubled)."""
        return self._size

    @property
    def too_big(self) -> bool:
        """True when there was more than `limit`; the content is gone then."""
        return self._size > self._limit

    @property
    def ended(self) -> bool:
        """True when the end of the content was seen."""
        return self._ended

    def feed(self, chunk: bytes) -> bytes | None:
        """Take the next bytes. Return None while the content goes on, else the bytes that came after its end."""
        searched = max(0, len(self._held) - len(END) + 1)
        before = len(self._held)
        self._held += chunk
        end = self._held.find(END, searched)
        if end < 0:
            self._size += len(chunk)
            self._drop_excess()
            return None
        after = end + len(END)
        rest = bytes(memoryview(self._held)[after:])
        self._size += end + 2 - before
        del self._held[end + 2 :]
        self._ended = True
        self._drop_excess()
        return rest

    def content(self) -> bytes:
        """Hand out the content with the doubled dots undone, once; its last line end is part of it."""
        content = bytes(self._held)
        self._held.clear()
        if _DOUBLED_DOT.search(content):
            content = content.replace(b"\r\n.", b"\r\n")
        return content[2:]

    def _drop_excess(self) -> None:
        if self.too_big:
            del self._held[: -(len(END) - 1)]


def normalise(content: bytes) -> bytes:
    """Return the content with every line end as CR LF and without NUL, as RFC 5322 2.3 wants mail to be.

    Seen in practice: bare LF from scripts, bare CR from old Macs. Kept as they are, they would be read as
    line ends by some programs behind us and not by others, which is how mail is smuggled.
    """
    if b"\0" in content:
        content = content.replace(b"\0", b"")
    if _BARE_CR.search(content) or _BARE_LF.search(content):
        return content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    return content


async def normalised(content: DotReader) -> bytes:
    """Hand out the content, normalised; of a large mail in a thread, for that takes 0.1 s per 10 MB."""
    if content.size <= _AT_ONCE:
        return normalise(content.content())
    return await asyncio.to_thread(lambda: normalise(content.content()))

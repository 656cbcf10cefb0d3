"""The content of a mail on the wire: where it ends, and what is kept of it (RFC 5321 4.5.2).

Works on whole blocks, never line by line: a mail of 5 MB costs milliseconds, and a line may be of any length.
Only CR LF . CR LF ends the content. Everything that looks like it (SMTP smuggling) is content.
"""

from collections.abc import Callable

from ..mail.raw import LARGE, Raw, Spool
from .lines import Lines
from .spill import Spill

END = b"\r\n.\r\n"


class DotReader:
    """Collects the content of one DATA from chunks of any size; how it is cut into chunks changes nothing.

    A large mail goes to a file of `spool` while it comes in. Over `limit` octets the content is dropped and only the
    search for its end goes on; so it does when the file cannot be written.
    """

    def __init__(
        self, limit: int, spool: Spool, on_room: Callable[[], None] = lambda: None, large: int = LARGE
    ) -> None:
        """`on_room` is called, in the event loop, whenever something was written. `large`: octets kept in memory."""
        self._large = large
        self._limit = limit
        self._on_room = on_room
        self._held = bytearray(b"\r\n")  # the content begins at the start of a line, so a dot there may end it
        self._spill = Spill(spool, self._room)
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

    @property
    def crowded(self) -> bool:
        """True while the disk is behind: nothing more should be read until `on_room`."""
        return self._spill.busy and len(self._held) > self._large

    def feed(self, chunk: bytes) -> bytes | None:
        """Take the next bytes. Return None while the content goes on, else the bytes that came after its end."""
        searched = max(0, len(self._held) - len(END) + 1)
        before = len(self._held)
        self._held += chunk
        # A file in base64 has no dot at all: that is seen ten times as fast as that it has no end.
        end = self._held.find(END, searched) if self._held.find(b".", searched) >= 0 else -1
        if end < 0:
            self._size += len(chunk)
            self._pass_on()
            return None
        after = end + len(END)
        rest = bytes(memoryview(self._held)[after:])
        self._size += end + 2 - before
        del self._held[end + 2 :]
        self._ended = True
        if self.too_big:
            self.drop()
        return rest

    async def content(self) -> Raw:
        """Hand out the content once, its dots and line ends undone; the last line end is part of it.

        Raises StoreFull, StoreUnavailable where its file could not be written.
        """
        held = bytes(self._held)
        self._held.clear()
        if self._spill.begun or len(held) > self._large:
            return await self._spill.finish(held)
        return Lines().take(held, last=True)

    def drop(self) -> None:
        """Let go of the content: nobody wants it. The search for its end can go on."""
        del self._held[: -(len(END) - 1)]
        self._spill.drop()

    def _pass_on(self) -> None:
        """Drop what is too big; write what is enough for that, but for the octets that may begin the end."""
        if self.too_big or self._spill.over:
            self.drop()
        elif not self._spill.busy and len(self._held) > self._large:
            block = bytes(memoryview(self._held)[: 1 - len(END)])
            del self._held[: 1 - len(END)]
            self._spill.write(block)

    def _room(self) -> None:
        if not self._ended:
            self._pass_on()
        self._on_room()

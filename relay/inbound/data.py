"""The content of a mail on the wire: where it ends, and what is kept of it (RFC 5321 4.5.2).

Works on whole blocks, never line by line: a mail of 5 MB costs milliseconds, and a line may be of any length.
Only CR LF . CR LF ends the content. Everything that looks like it (SMTP smuggling) is content.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ..errors import unstored
from ..mail.raw import LARGE, Raw, Spool, Spooled, SpoolFile

T = TypeVar("T")
END = b"\r\n.\r\n"
WRITERS = ThreadPoolExecutor(2, thread_name_prefix="spool")

# Patterns that begin with a fixed byte are searched at the speed of memory; that is why there are two.
_BARE_CR = re.compile(rb"\r(?!\n)")
_BARE_LF = re.compile(rb"\n(?<!\r\n)")


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
        self._spool = spool
        self._on_room = on_room
        self._held = bytearray(b"\r\n")  # the content begins at the start of a line, so a dot there may end it
        self._lines = Lines()
        self._file: SpoolFile | None = None
        self._writing: asyncio.Future[None] | None = None
        self._error: Exception | None = None
        self._dropped = False
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
        return self._writing is not None and len(self._held) > self._large

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
        while self._writing:
            await asyncio.wait([self._writing])
        if self._error:
            raise unstored(self._error) from self._error
        held = bytes(self._held)
        self._held.clear()
        file, self._file = self._file, None
        if file is None and len(held) <= self._large:
            return self._lines.take(held, last=True)
        return await self._finished(file or self._spool.begin(), held)

    def drop(self) -> None:
        """Let go of the content: nobody wants it. The search for its end can go on."""
        self._dropped = True
        del self._held[: -(len(END) - 1)]
        if self._file and not self._writing:
            WRITERS.submit(self._file.discard)
            self._file = None

    # -- the file

    def _pass_on(self) -> None:
        """Drop what is too big; write what is enough for that, but for the octets that may begin the end."""
        if self.too_big or self._dropped:
            self.drop()
        elif not self._writing and len(self._held) > self._large:
            block = bytes(memoryview(self._held)[: 1 - len(END)])
            del self._held[: 1 - len(END)]
            self._file = self._file or self._spool.begin()
            loop = asyncio.get_running_loop()
            self._writing = loop.run_in_executor(WRITERS, self._write, self._file, block)
            self._writing.add_done_callback(self._written)

    def _write(self, file: SpoolFile, block: bytes) -> None:
        file.write(self._lines.take(block))

    def _written(self, done: "asyncio.Future[None]") -> None:
        self._writing = None
        error = done.exception()
        self._error = error if isinstance(error, Exception) else None
        if self._error or self._dropped:
            self.drop()
        elif not self._ended:
            self._pass_on()
        self._on_room()

    async def _finished(self, file: SpoolFile, held: bytes) -> Spooled:
        """Write the last block; of who is cancelled meanwhile no file is left."""

        def finish() -> Spooled:
            try:
                file.write(self._lines.take(held, last=True))
                return file.finish()
            except OSError as error:
                file.discard()
                raise unstored(error) from error

        work = asyncio.get_running_loop().run_in_executor(WRITERS, finish)
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            work.add_done_callback(lambda done: done.exception() or WRITERS.submit(done.result().discard))
            raise


async def until_done(raw: Raw, work: Awaitable[T]) -> T:
    """Await what is done with a mail, then remove the file of a large one that nobody has kept."""
    try:
        return await work
    finally:
        if isinstance(raw, Spooled) and not raw.kept:
            await asyncio.get_running_loop().run_in_executor(WRITERS, raw.discard)


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

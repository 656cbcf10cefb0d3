"""A large mail on its way to the disk while it comes in, and the end of every mail's file that nobody keeps."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ..errors import unstored
from ..mail.raw import Raw, Spool, Spooled, SpoolFile
from .lines import Lines

T = TypeVar("T")
WRITERS = ThreadPoolExecutor(2, thread_name_prefix="spool")


class Spill:
    """The file of one mail. Blocks are written in threads, in order and one at a time.

    `on_room` is called, in the event loop, whenever a block was written or could not be.
    """

    def __init__(self, spool: Spool, on_room: Callable[[], None]) -> None:
        self._spool = spool
        self._on_room = on_room
        self._lines = Lines()
        self._file: SpoolFile | None = None  # made with the first block
        self._writing: asyncio.Future[None] | None = None
        self._error: Exception | None = None
        self._dropped = False

    @property
    def begun(self) -> bool:
        """True when there is a file, or was one."""
        return self._file is not None or self._error is not None

    @property
    def busy(self) -> bool:
        """True while a block is being written: no other is taken."""
        return self._writing is not None

    @property
    def over(self) -> bool:
        """True when nothing more is worth writing: the disk has failed, or nobody wants the mail."""
        return self._dropped or self._error is not None

    def write(self, block: bytes) -> None:
        """Write the next block, as it came over the wire."""
        file = self._file = self._file or self._spool.begin()
        loop = asyncio.get_running_loop()
        self._writing = loop.run_in_executor(WRITERS, lambda: file.write(self._lines.take(block)))
        self._writing.add_done_callback(self._written)

    async def finish(self, block: bytes) -> Spooled:
        """Write the last block and hand out the file. Of who is cancelled meanwhile no file is left.

        Raises StoreFull, StoreUnavailable where something could not be written.
        """
        while self._writing:
            await asyncio.wait([self._writing])
        if self._error:
            raise unstored(self._error) from self._error
        file, self._file = self._file or self._spool.begin(), None
        work = asyncio.get_running_loop().run_in_executor(WRITERS, self._finish, file, block)
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            work.add_done_callback(lambda done: done.exception() or WRITERS.submit(done.result().discard))
            raise

    def drop(self) -> None:
        """Remove the file, at once or when the block under way is written."""
        self._dropped = True
        if self._file and not self._writing:
            WRITERS.submit(self._file.discard)
            self._file = None

    def _written(self, done: "asyncio.Future[None]") -> None:
        self._writing = None
        error = done.exception()
        self._error = error if isinstance(error, Exception) else None
        if self.over:
            self.drop()
        self._on_room()

    def _finish(self, file: SpoolFile, block: bytes) -> Spooled:
        try:
            file.write(self._lines.take(block, last=True))
            return file.finish()
        except OSError as error:
            file.discard()
            raise unstored(error) from error


async def until_done(raw: Raw, work: Awaitable[T]) -> T:
    """Await what is done with a mail, then remove the file of a large one that nobody has kept."""
    try:
        return await work
    finally:
        if isinstance(raw, Spooled) and not raw.kept:
            await asyncio.get_running_loop().run_in_executor(WRITERS, raw.discard)

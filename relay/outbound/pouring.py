"""The content of a mail on its way to the wire: text with its dots doubled, slices of files as they are.

A large file is read block by block, in threads, and no faster than the remote takes it: so a mail of any size takes a
megabyte of memory, and the event loop never waits for the disk.
"""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

from ..mail.pieces import Pieces, Slice
from .wire import Wire

_PART = 262_144  # octets handed to the system at once
_DISK = ThreadPoolExecutor(4, thread_name_prefix="pour")


class Unread(Exception):
    """The mail's own file cannot be read: no fault of the remote."""


def stuffed(text: bytes) -> bytes:
    """Double the dots that begin a line (RFC 5321 4.5.2); the text begins with a line."""
    return (b"\r\n" + text).replace(b"\r\n.", b"\r\n..")[2:]


async def pour(wire: Wire, content: Pieces) -> bool:
    """Send all but the dot that ends it; one reply is due. Return False where the remote answers before that.

    Then it wants no more of it, nothing more is sent, and the connection is of no further use. Raises Unread,
    TimeoutError, SMTPServerDisconnected.
    """
    wire.expect(1)
    for piece in content.all:
        if isinstance(piece, Slice):
            await _pour_slice(wire, piece)
        else:
            wire.write(stuffed(piece), 0)
            await wire.drain()
        if wire.answered:
            return False
    return True


async def _pour_slice(wire: Wire, piece: Slice) -> None:
    """Send a slice; of a remote that answers meanwhile the rest is spared."""
    loop, file = asyncio.get_running_loop(), _Blocks(piece)
    try:
        while (block := await loop.run_in_executor(_DISK, file.read)) and not wire.answered:
            for place in range(0, len(block), _PART):
                wire.write(block[place : place + _PART], 0)
                await wire.drain()
    finally:
        _DISK.submit(file.close)


class _Blocks:
    """The blocks of a slice, read in threads; closed by whoever was cancelled, it waits for a read under way."""

    def __init__(self, piece: Slice) -> None:
        self._blocks = piece.blocks()
        self._lock = threading.Lock()

    def read(self) -> bytes:
        """Return the next block, b"" after the last one. Raises Unread."""
        with self._lock:
            try:
                return next(self._blocks, b"")
            except OSError as error:
                raise Unread(str(error)) from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._blocks.close()

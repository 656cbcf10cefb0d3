"""The content of a mail on its way to the wire: text with its dots doubled, slices of files as they are.

A large file goes in threads, and no faster than the remote takes it: the event loop never waits for the disk. In the
clear the system sends it by itself (sendfile); under TLS it is read block by block, a megabyte at a time.
"""

import asyncio
import os
import socket
import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import BinaryIO

from ..mail.pieces import Lines, Pieces, Slice
from .wire import Wire

_PART = 262_144  # octets handed to the system at once
_TURN = 2_097_152  # octets the system is asked to send before another connection may have its turn
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
        elif isinstance(piece, Lines):
            await _by_blocks(wire, piece.blocks(), stuffed)
        else:
            wire.write(stuffed(piece), 0)
            await wire.drain()
        if wire.answered:
            return False
    return True


async def _pour_slice(wire: Wire, piece: Slice) -> None:
    """Send a slice; of a remote that answers meanwhile the rest is spared."""
    if (own := await wire.own_socket()) is not None:
        piece = await _by_system(wire, piece, own)
    if len(piece) and not wire.answered:
        await _by_blocks(wire, piece.blocks())


async def _by_system(wire: Wire, piece: Slice, own: socket.socket) -> Slice:
    """Have the system send a slice to a socket; return what is left of it."""
    loop, work = asyncio.get_running_loop(), _Sending(piece, own)
    try:
        while work.place < piece.end and not wire.answered:
            if not await loop.run_in_executor(_DISK, work.turn):
                break
            if work.full:
                await wire.until_writable(own)
    finally:
        _DISK.submit(work.close)
    return replace(piece, start=work.place)


async def _by_blocks(
    wire: Wire, blocks: Generator[bytes], written: Callable[[bytes], bytes] = lambda block: block
) -> None:
    """Send what is in a file through the program; `written`: how a block is written on the wire."""
    loop, file = asyncio.get_running_loop(), _Blocks(blocks, written)
    try:
        while (block := await loop.run_in_executor(_DISK, file.read)) and not wire.answered:
            for place in range(0, len(block), _PART):
                wire.write(block[place : place + _PART], 0)
                await wire.drain()
    finally:
        _DISK.submit(file.close)


class _Sending:
    """A slice on its way from its file to a socket; closed by whoever was cancelled, it waits for a turn under way."""

    def __init__(self, piece: Slice, to: socket.socket) -> None:
        self.place = piece.start  # in the file; what is before it was taken by the system
        self.full = False  # the system took no more in the last turn
        self._piece = piece
        self._to = to
        self._file: BinaryIO | None = None
        self._lock = threading.Lock()

    def turn(self) -> bool:
        """Send as much as the system takes now. False when it does not go this way, by whosever fault: no more is sent.

        Some file systems know no such way. Raises BlobMissing.
        """
        with self._lock:
            try:
                return self._send()
            except OSError:
                return False

    def _send(self) -> bool:
        self._file = self._file or self._piece.open()
        end, self.full = min(self._piece.end, self.place + _TURN), False
        while self.place < end and not self.full:
            try:
                sent = os.sendfile(self._to.fileno(), self._file.fileno(), self.place, end - self.place)
            except BlockingIOError:
                self.full = True
            else:
                self.place += sent
                if not sent:  # the file ends too early
                    return False
        return True

    def close(self) -> None:
        """Close file and socket."""
        with self._lock:
            self._to.close()
            if self._file:
                self._file.close()


class _Blocks:
    """Blocks of a file, read in threads; closed by whoever was cancelled, it waits for a read under way."""

    def __init__(self, blocks: Generator[bytes], written: Callable[[bytes], bytes]) -> None:
        self._blocks = blocks
        self._written = written
        self._lock = threading.Lock()

    def read(self) -> bytes:
        """Return the next block, b"" after the last one. Raises Unread."""
        with self._lock:
            try:
                return self._written(next(self._blocks, b""))
            except OSError as error:
                raise Unread(str(error)) from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._blocks.close()

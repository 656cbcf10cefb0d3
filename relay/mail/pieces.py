"""A mail to be sent in pieces: whole lines that we have written, and slices of a file that pass as they came.

So a large file goes from the disk to the wire without being held in memory, decoded or encoded. A slice is clean base64
(asis.py): it begins at the start of a line, has no last line end, and the octets after it begin with one.
"""

import os
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import BinaryIO, Protocol

_BLOCK = 1_048_576  # octets read at once
_PART = 524_288  # the same, where they are only looked at
_ENDS = "a file ends before its octets"


class Source(Protocol):
    """Where octets are kept for good."""

    def open(self, start: int, end: int) -> BinaryIO:
        """Return a file, to be closed, that has at least those from `start` to `end`. Blocks. Raises OSError."""
        ...


@dataclass(frozen=True, slots=True)
class Slice:
    """The octets of a source from `start` to `end`."""

    source: Source
    start: int
    end: int

    def __len__(self) -> int:
        """Octets."""
        return self.end - self.start

    def open(self) -> BinaryIO:
        """Return a file, to be closed, that has these octets where they stand in the source. Blocks. Raises OSError."""
        return self.source.open(self.start, self.end)

    def beginning(self, most: int) -> bytes:
        """Return the first octets. Blocks. Raises OSError."""
        return b"".join(Slice(self.source, self.start, min(self.end, self.start + most)).blocks())

    def blocks(self) -> Generator[bytes]:
        """Yield the octets. Blocks. Raises OSError, also where the file ends before them."""
        with self.open() as file:
            place = self.start
            while place < self.end:
                block = read_at(file, place, min(_BLOCK, self.end - place))
                yield block
                place += len(block)

    def tell(self, take: Callable[[memoryview], object]) -> None:
        """Give the octets to `take`, part by part, in memory that is used again. Blocks. Raises OSError as `blocks`."""
        memory = memoryview(bytearray(_PART))
        with self.open() as file:
            place = self.start
            while place < self.end:
                count = os.preadv(file.fileno(), [memory[: self.end - place]], place)
                if not count:
                    raise OSError(_ENDS)
                take(memory[:count])
                place += count


@dataclass(frozen=True, slots=True)
class Passed:
    """A file that goes out as it came."""

    lines: Slice
    size: int  # octets, decoded


Piece = bytes | Slice


@dataclass(frozen=True, slots=True)
class Pieces:
    """A whole mail: octets first and last, all with CRLF line ends."""

    all: tuple[Piece, ...]

    def __len__(self) -> int:
        """Octets."""
        return sum(map(len, self.all))

    def after(self, head: bytes) -> "Pieces":
        """The same with `head` before it."""
        return Pieces(joined((head, *self.all)))

    def bytes(self) -> bytes:
        """Return all octets. Blocks. Raises OSError."""
        return b"".join(b"".join([piece] if isinstance(piece, bytes) else piece.blocks()) for piece in self.all)


Content = bytes | Pieces


def octets(content: Content) -> tuple[bytes, ...]:
    """Return what is here of a mail: all of it but the slices, which are clean base64."""
    return (content,) if isinstance(content, bytes) else tuple(one for one in content.all if isinstance(one, bytes))


def whole_lines(content: Content) -> bool:
    """Return whether no CR and no LF stands alone, and the last line is ended."""
    last = b""
    for last in octets(content):
        lines = last.count(b"\r\n")
        if last.count(b"\r") != lines or last.count(b"\n") != lines:
            return False
    return last.endswith(b"\r\n")


def cut(content: Content, size: int) -> Content:
    """Return a mail in pieces of whole lines, about `size` octets each, so that nothing works on all of it at once."""
    whole = (content,) if isinstance(content, bytes) else content.all
    out = [part for piece in whole for part in (_cut(piece, size) if isinstance(piece, bytes) else (piece,))]
    return out[0] if len(out) == 1 and isinstance(out[0], bytes) else Pieces(tuple(out))


def _cut(text: bytes, size: int) -> Generator[bytes]:
    place = 0
    while len(text) - place > size:
        end = text.find(b"\r\n", place + size) + 2
        if end < 2 or end == len(text):
            break
        yield text[place:end]
        place = end
    yield text[place:]


def read_at(file: BinaryIO, place: int, count: int) -> bytes:
    """Return octets of a file. Blocks. Raises OSError, also at its end: then it is not what was kept."""
    block = os.pread(file.fileno(), count, place)
    if not block:
        raise OSError(_ENDS)
    return block


def joined(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """Put neighbours together that are octets."""
    out: list[Piece] = []
    octets: list[bytes] = []
    for piece in pieces:
        if isinstance(piece, bytes):
            octets.append(piece)
            continue
        out += [b"".join(octets), piece]
        octets.clear()
    return (*out, b"".join(octets))

"""A mail to be sent in pieces: whole lines that we have written, and slices of a file that pass as they came.

So a large file goes from the disk to the wire without being held in memory, decoded or encoded. A slice is clean base64
(asis.py): it begins at the start of a line, has no last line end, and the octets after it begin with one. Many lines
that we have written may be in a file, too.
"""

import os
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class Lines:
    """Whole lines that we have written, in a file; they were looked through (`lines_of`)."""

    source: Source
    start: int
    end: int
    seven_bit: bool = True  # all is ASCII

    def __len__(self) -> int:
        """Octets."""
        return self.end - self.start

    def blocks(self) -> Generator[bytes]:
        """Yield the octets, some whole lines at a time. Blocks. Raises OSError as those of a slice."""
        with self.source.open(self.start, self.end) as file:
            place, held = self.start, b""
            while place < self.end:
                read = read_at(file, place, min(_PART, self.end - place))
                place += len(read)
                block = held + read
                cut = block.rfind(b"\r\n") + 2 if place < self.end else len(block)
                if cut < 2:
                    held = block
                    continue
                yield block[:cut]
                held = block[cut:]


def lines_of(source: Source, start: int, end: int) -> Lines:
    """Look through lines in a file. Blocks. Raises ValueError where they are not as a mail may have them, OSError."""
    lines, seven_bit, last = Lines(source, start, end), True, b""
    for last in lines.blocks():
        if not _whole(last) or b"\0" in last:
            raise ValueError("a line end that is not CR LF, or NUL")
        seven_bit = seven_bit and last.isascii()
    if not last.endswith(b"\r\n"):
        raise ValueError("the last line is not ended")
    return replace(lines, seven_bit=seven_bit)


Piece = bytes | Slice | Lines


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
    """Return what is here of a mail: all of it but what is in files, which was looked through."""
    return (content,) if isinstance(content, bytes) else tuple(one for one in content.all if isinstance(one, bytes))


def whole_lines(content: Content) -> bool:
    """Return whether no CR and no LF stands alone, and the last line is ended."""
    last = b""
    for last in octets(content):
        if not _whole(last):
            return False
    return last.endswith(b"\r\n")


def _whole(text: bytes) -> bool:
    lines = text.count(b"\r\n")
    return text.count(b"\r") == lines and text.count(b"\n") == lines


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
        out += [*_together(octets), piece]
        octets.clear()
    return (*out, *_together(octets))


def _together(octets: list[bytes]) -> list[bytes]:
    return [b"".join(octets)] if any(octets) else []

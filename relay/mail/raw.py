"""The bytes of a mail as they came: of a small one in memory, of a large one in a file of their own.

A large mail is written to its file while it comes in, in threads, and that file becomes the blob: it is neither held in
memory nor copied. Until then it is in the folder `in` beside the blobs; what a crash leaves is swept.
"""

import hashlib
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

LARGE = 262_144  # octets; a mail above it has a file of its own, and is read in a process (reading.py)
BEGINNING = 65_792  # octets of a large mail that are also known without its file: all that its header may have
_FOLDER = "in"
_PREFIX = ".in"  # a temporary file of the folder of blobs: swept with those (store/blob_folder.py)


@dataclass(slots=True)
class Spooled:
    """A large mail that is whole, in a file. `discard` it when nobody needs it any more."""

    path: Path  # changes when it is kept for good
    size: int
    hash: str  # SHA-256, in hexadecimal
    beginning: bytes = field(repr=False)
    kept: bool = False  # the file is a blob now, and not ours to remove

    def __len__(self) -> int:
        """Octets."""
        return self.size

    def bytes(self) -> bytes:
        """Read all of it. Blocks on the disk. Raises OSError."""
        return self.path.read_bytes()

    def discard(self) -> None:
        """Remove the file, unless it is kept. Blocks on the disk."""
        if not self.kept:
            self.path.unlink(missing_ok=True)


Raw = bytes | Spooled


class Spool:
    """The folder in which large mails are written while they come in."""

    def __init__(self, top: Path) -> None:
        """`top`: the folder of the blobs, or another on the same disk."""
        self.top = top

    def begin(self) -> "SpoolFile":
        """Return a file to write a mail to; it is made with the first octets."""
        return SpoolFile(self.name())

    def name(self) -> Path:
        """Return the name of a new file; its folder may have to be made."""
        return self.top / _FOLDER / f"{_PREFIX}{secrets.token_hex(12)}"


class SpoolFile:
    """A mail that is being written. The methods block on the disk and raise OSError; one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._digest = hashlib.sha256()
        self._size = 0
        self._beginning = b""

    def write(self, octets: bytes) -> None:
        """Append."""
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("xb", buffering=0)
        left = memoryview(octets)
        while left:
            left = left[self._file.write(left) :]
        self._digest.update(octets)
        self._size += len(octets)
        if len(self._beginning) < BEGINNING:
            self._beginning += octets[: BEGINNING - len(self._beginning)]

    def finish(self) -> Spooled:
        """Close the file; not yet durable: that is for whoever keeps it."""
        self._close()
        return Spooled(self._path, self._size, self._digest.hexdigest(), self._beginning)

    def discard(self) -> None:
        """Remove what was written."""
        self._close()
        with suppress(FileNotFoundError):
            self._path.unlink()

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

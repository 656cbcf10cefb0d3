"""Bytes by content hash: the raw mails. Attachments are read out of them, so nothing is kept twice.

Small ones live in their row, so that one fsync serves a mail and all its rows. Large ones are files that are
on disk (temp, fsync, rename, fsync of the folder) before any row names them; a crash leaves an orphan, never a
row without its bytes.
"""

import hashlib
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.sqlite import insert

from ..relay import crash
from .tables import Blob as BlobTable
from .tables import table

SMALL = 65_536  # bytes; at most this much goes into the row


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """Bytes ready to be named by a transaction. `data` is None when they are already in a file."""

    hash: str
    size: int
    data: bytes | None


_blob = table(BlobTable)
_GET = select(_blob.c.data).where(_blob.c.hash == bindparam("hash"))


class BlobMissing(Exception):
    """A row names bytes that are not there: the blobs folder was lost or is the wrong one."""


class BlobFolder:
    """The folder of the large blobs. All methods block on the disk: call them in threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, data: bytes) -> StoredBlob:
        """Make `data` durable if it is large; small data comes back to be written with the row."""
        digest = hashlib.sha256(data).hexdigest()
        if len(data) <= SMALL:
            return StoredBlob(digest, len(data), data)
        path = self._path(digest)
        crash.here("before-blob")
        if not path.exists():
            write_durably(path, data)
        crash.here("after-blob")
        return StoredBlob(digest, len(data), None)

    def get(self, connection: Connection, digest: str) -> bytes:
        """Return the bytes with this hash. Raises BlobMissing."""
        row = connection.execute(_GET, {"hash": digest}).first()
        if row is None:
            raise BlobMissing(digest)
        if row.data is not None:
            return bytes(row.data)
        try:
            return self._path(digest).read_bytes()
        except FileNotFoundError as error:
            raise BlobMissing(digest) from error

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest


_INSERT = insert(_blob).on_conflict_do_nothing()


def record(connection: Connection, blobs: Iterable[StoredBlob]) -> None:
    """Write the rows of blobs; the same bytes twice are one row."""
    rows = [{"hash": blob.hash, "size": blob.size, "data": blob.data} for blob in blobs]
    if rows:
        connection.execute(_INSERT, rows)


def write_durably(path: Path, data: bytes) -> None:
    """Write a whole file so that after a crash it is there completely or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        crash.here("blob-written")
        temporary.rename(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)
    _sync_folder(path.parent.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

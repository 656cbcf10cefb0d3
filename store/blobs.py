"""Bytes by content hash: the raw mails. Attachments are read out of them, so nothing is kept twice.

Small ones live in their row, so that one fsync serves a mail and all its rows. Large ones are files (blob_folder.py)
or objects of a bucket (blob_bucket.py) that are durable before any row names them; a crash leaves an orphan, never
a row without its bytes. Orphans are swept.
"""

import hashlib
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Protocol

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from ..relay import crash
from ..relay.mail.raw import Spool, Spooled
from .blob_folder import Folder
from .place import Bucket
from .statements import Query, Statement
from .tables import Blob as BlobTable
from .tables import table

SMALL = 65_536  # bytes; at most this much goes into the row
_AT_ONCE = 500  # names asked for in one query


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """Bytes ready to be named by a transaction. `data` is None when they are already kept elsewhere."""

    hash: str
    size: int
    data: bytes | None


@dataclass(frozen=True, slots=True)
class Kept:
    """A large blob where it is kept. The methods block on disk or network and raise OSError, BlobMissing."""

    hash: str
    size: int
    keep: "Keep" = field(repr=False)

    def __len__(self) -> int:
        """Octets."""
        return self.size

    def open(self, start: int, end: int) -> BinaryIO:
        """Return a file, to be closed, that has at least its octets from `start` to `end`."""
        try:
            return self.keep.open(self.hash, start, end)
        except FileNotFoundError as error:
            raise BlobMissing(self.hash) from error

    def path(self) -> Path | None:
        """Return where its file is on this machine, None where it is elsewhere."""
        return self.keep.path(self.hash)

    def bytes(self) -> bytes:
        """Return all octets."""
        try:
            return self.keep.get(self.hash)
        except FileNotFoundError as error:
            raise BlobMissing(self.hash) from error


class BlobMissing(Exception):
    """A row names bytes that are not there: the blobs folder was lost or is the wrong one."""

    def __init__(self, digest: str) -> None:
        super().__init__(f"the mail kept as {digest} is not there")


class Keep(Protocol):
    """Where large blobs are. All methods block on disk or network and raise OSError when it fails."""

    spool: Spool  # where large mails are written before they are put

    def put(self, name: str, data: bytes) -> None:
        """Keep `data` under `name`; it is durable, and young again, on return."""
        ...

    def take(self, mail: Spooled) -> None:
        """Keep a mail under its hash: as `put`, without reading its bytes where its file can be taken over."""
        ...

    def get(self, name: str) -> bytes:
        """Return what is kept under `name`. Raises FileNotFoundError."""
        ...

    def open(self, name: str, start: int, end: int) -> BinaryIO:
        """Return a local file that has at least these octets of what is kept under `name`, where they stand in it.

        Raises FileNotFoundError.
        """
        ...

    def path(self, name: str) -> Path | None:
        """Return where the file of what is kept under `name` is, None where it is not on this machine."""
        ...

    def old(self, before: datetime) -> Iterator[str]:
        """Yield the names of what was put before that time."""
        ...

    def remove_old(self, name: str, before: datetime) -> bool:
        """Remove what is kept under `name` unless it was put again meanwhile; True when it is gone."""
        ...


_blob = table(BlobTable)
_GET = Query(select(_blob.c.hash, _blob.c.size, _blob.c.data).where(_blob.c.hash == bindparam("hash")), StoredBlob)
_NAMED = select(_blob.c.hash).where(_blob.c.hash.in_(bindparam("names", expanding=True)), _blob.c.data.is_(None))


class Blobs:
    """All blobs of a store. The methods block: call them in threads."""

    def __init__(self, keep: Keep) -> None:
        self.keep = keep

    def put(self, data: bytes) -> StoredBlob:
        """Make `data` durable if it is large; small data comes back to be written with the row. Raises OSError."""
        digest = hashlib.sha256(data).hexdigest()
        if len(data) <= SMALL:
            return StoredBlob(digest, len(data), data)
        _whole(lambda: self.keep.put(digest, data))
        return StoredBlob(digest, len(data), None)

    def take(self, mail: Spooled) -> StoredBlob:
        """Make a large mail durable that is in a file already. Raises OSError."""
        _whole(lambda: self.keep.take(mail))
        return StoredBlob(mail.hash, mail.size, None)

    def get(self, connection: Connection, digest: str) -> bytes:
        """Return the bytes with this hash. Raises BlobMissing, OSError when the folder or bucket is away."""
        found = self.find(connection, digest)
        return found.bytes() if isinstance(found, Kept) else found

    def find(self, connection: Connection, digest: str) -> bytes | Kept:
        """Return the bytes with this hash, or where they are kept, without reading them. Raises BlobMissing."""
        row = _GET.first(connection, hash=digest)
        if row is None:
            raise BlobMissing(digest)
        return Kept(digest, row.size, self.keep) if row.data is None else bytes(row.data)


def _whole(work: Callable[[], None]) -> None:
    crash.here("before-blob")
    work()
    crash.here("after-blob")


def probe(keep: Keep) -> None:
    """Put something, read it and take it away again, as if it were a large mail. Raises OSError."""
    data = secrets.token_bytes(64)
    name = hashlib.sha256(data).hexdigest()
    keep.put(name, data)
    if keep.get(name) != data:
        raise OSError("what was put there came back changed")
    keep.remove_old(name, datetime.now(UTC) + timedelta(days=1))


def open_blobs(place: Path | Bucket) -> Blobs:
    """Return the blobs kept in a folder or a bucket. Raises OSError."""
    if isinstance(place, Bucket):
        from .blob_bucket import BucketKeep

        return Blobs(BucketKeep(place))
    return Blobs(Folder(place))


_COLUMNS = ("hash", "size", "data")
_INSERT = {
    "sqlite": Statement(sqlite.insert(_blob).on_conflict_do_nothing(), _COLUMNS),
    "postgresql": Statement(postgresql.insert(_blob).on_conflict_do_nothing(), _COLUMNS),
}


def record(connection: Connection, blobs: Iterable[StoredBlob]) -> None:
    """Write the rows of blobs; the same bytes twice are one row."""
    rows = [{"hash": blob.hash, "size": blob.size, "data": blob.data} for blob in blobs]
    _INSERT[connection.dialect.name].run_all(connection, rows)


def orphans(connection: Connection, names: Collection[str]) -> list[str]:
    """Return those of `names` that no row keeps elsewhere."""
    waiting, unnamed = list(names), list[str]()
    while waiting:
        some, waiting = waiting[:_AT_ONCE], waiting[_AT_ONCE:]
        named = set(connection.execute(_NAMED, {"names": some}).scalars())
        unnamed += [name for name in some if name not in named]
    return unnamed

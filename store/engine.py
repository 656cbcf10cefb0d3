"""Opens the database: SQLite with its PRAGMAs and its one-writer lock, or PostgreSQL (postgresql.py).

WAL lets readers go on beside the writer; `synchronous=FULL` because NORMAL loses acknowledged mail at power
loss; BEGIN IMMEDIATE because deferred transactions lose concurrent updates or fail half-way with "locked".
The figures behind the PRAGMAs are in docs/store.md.
"""

import fcntl
import os
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from .place import Place
from .postgresql import open_postgresql

_BUSY = 3000  # ms that a write waits for another program's lock; the one behind it waits as long again: under 10 s
_PRAGMAS = ("foreign_keys=ON", f"busy_timeout={_BUSY}")
_WRITING = ("journal_mode=WAL", "synchronous=FULL")


class StoreInUse(Exception):
    """Another process writes to this store; SQLite has exactly one writing process."""


class WriterLock:
    """Holds `<database>.lock` as long as this process may write. Raises StoreInUse."""

    def __init__(self, database: Path) -> None:
        self.database = database
        database.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(f"{database}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise StoreInUse(str(database)) from error

    def release(self) -> None:
        """Let another process write."""
        os.close(self._file)


def open_engine(place: Place, *, read_only: bool = False) -> Engine:
    """Return an engine on the store's database. Transactions are begun by hand (writer.py, pool.py)."""
    database = place.database
    return open_postgresql(place.url) if database is None else _open_sqlite(database, read_only=read_only)


def _open_sqlite(database: Path, *, read_only: bool) -> Engine:
    if not read_only:
        database.parent.mkdir(parents=True, exist_ok=True)
    target = f"file:{database}?mode=ro&uri=true" if read_only else str(database)
    engine = create_engine(
        f"sqlite:///{target}",
        poolclass=QueuePool,
        pool_size=8,
        pool_reset_on_return=None,  # transactions are ended by hand
        isolation_level="AUTOCOMMIT",
        connect_args={"check_same_thread": False},  # a pooled connection is used by one thread at a time
    )

    def prepare(connection: SqliteConnection, _record: Any) -> None:
        for pragma in _PRAGMAS if read_only else _PRAGMAS + _WRITING:
            connection.execute(f"PRAGMA {pragma}").close()

    event.listen(engine, "connect", prepare)
    return engine

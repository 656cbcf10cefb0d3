"""The store as everybody else sees it: `await store.write(unit)`, `await store.read(query)`, blobs."""

import asyncio
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine

from .blobs import BlobFolder
from .engine import WriterLock, open_engine, require_schema
from .writer import Ticket, UnitWriter, Writer

T = TypeVar("T")

_READERS = 2
_BLOB_WORKERS = 4  # a large file's fsync must not keep a look-up waiting


class Reader:
    """Runs queries on their own connections, each seeing one moment of the store. Safe from any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def run(self, query: Callable[[Connection], T]) -> T:
        """Run `query` and return what it gives; every statement in it sees the same moment."""
        with self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            try:
                return query(connection)
            finally:
                connection.exec_driver_sql("ROLLBACK")


class Store:
    """The open store of a gateway. Make it with `open_store`."""

    def __init__(self, engine: Engine, lock: WriterLock, blobs: BlobFolder) -> None:
        self._lock = lock
        self._engine = engine
        self._writer: UnitWriter = Writer(engine)
        self._reader = Reader(engine)
        self._pool = ThreadPoolExecutor(_READERS, thread_name_prefix="store-reader")
        self._disk = ThreadPoolExecutor(_BLOB_WORKERS, thread_name_prefix="store-blobs")
        self._closed = False
        self.blobs = blobs

    async def write(self, unit: Callable[[Connection], T], of: Collection[int] | None = None) -> T:
        """Run `unit` in a transaction and return its result once it is on disk.

        Raises StoreFailed or StoreClosed (nothing was written), or what the unit raised. The unit goes on when
        the caller is cancelled: work that was begun is never half done.

        `of` names the inquiries the unit is about. On PostgreSQL units of different inquiries run side by side, and
        a unit without `of` runs alone; `()` is for work that locks its own rows. On SQLite all run one by one.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._writer.submit(Ticket(unit, loop, future, of, loop.time()))
        return await future

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run a query in a thread and return what it gives."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._reader.run, query)

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Run disk work (blob files) off the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._disk, work)

    def close(self) -> None:
        """Write what is queued, then let go of the store. May be called again."""
        if self._closed:
            return
        self._closed = True
        self._writer.close()
        self._pool.shutdown()
        self._disk.shutdown()
        self._engine.dispose()
        self._lock.release()


def open_store(database: Path, blobs: Path) -> Store:
    """Open the store for writing. Raises StoreInUse when another process writes to it, WrongSchema."""
    lock = WriterLock(database)
    try:
        engine = open_engine(database)
        require_schema(engine)
    except BaseException:
        lock.release()
        raise
    return Store(engine, lock, BlobFolder(blobs))

"""The store as everybody else sees it: `await store.write(unit)`, `await store.read(query)`, blobs."""

import asyncio
import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from .blobs import Blobs, Kept, open_blobs
from .engine import WriterLock, open_engine
from .integrity import check
from .place import Place
from .postgresql import PATIENCE, may_pass
from .presence import Alone, Presence
from .schema import head, require_schema, revision
from .writer import StoreClosed, StoreFailed, Ticket, UnitWriter, Writer, as_failure

T = TypeVar("T")

_READERS = 4
_PAUSE = 0.2  # seconds between two tries of a query
_BLOB_WORKERS = 4  # a large file's fsync must not keep a look-up waiting
_BEGIN = {"sqlite": "BEGIN", "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"}


class Reader:
    """Runs queries on their own connections, each seeing one moment of the store. Safe from any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._begin = _BEGIN[engine.dialect.name]
        self._shared = engine.dialect.name == "postgresql"

    def run(self, query: Callable[[Connection], T]) -> T:
        """Run `query` and return what it gives; every statement in it sees the same moment. Raises StoreFailed.

        It is run again for a few seconds while PostgreSQL is away.
        """
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return self._once(query)
            except SQLAlchemyError as error:
                if isinstance(error, DBAPIError) and self._shared and may_pass(error) and time.monotonic() < until:
                    time.sleep(_PAUSE)
                    continue
                failure = as_failure(error)
                if failure is error:
                    raise
                raise failure from error

    def _once(self, query: Callable[[Connection], T]) -> T:
        with self._engine.connect() as connection:
            connection.exec_driver_sql(self._begin)
            try:
                return query(connection)
            finally:
                if not connection.invalidated:
                    connection.exec_driver_sql("ROLLBACK")


class Store:
    """The open store of a gateway. Make it with `open_store`."""

    def __init__(self, engine: Engine, writer: UnitWriter, presence: Presence, blobs: Blobs, lock: WriterLock | None):
        self._engine = engine
        self._writer = writer
        self._presence = presence
        self._lock = lock
        self._reader = Reader(engine)
        self._pool = ThreadPoolExecutor(_READERS, thread_name_prefix="store-reader")
        self._disk = ThreadPoolExecutor(_BLOB_WORKERS, thread_name_prefix="store-blobs")
        self._here = _look_up_connection(engine)
        self._closed = False
        self._telling = False
        self._tell_again = False
        self.blobs = blobs

    async def write(self, unit: Callable[[Connection], T], of: Collection[int] | None = None) -> T:
        """Run `unit` in a transaction and return its result once it is on disk.

        Raises StoreFailed or StoreClosed (nothing was written), or what the unit raised. The unit goes on when
        the caller is cancelled: work that was begun is never half done. It may be run again after it was undone.

        `of` names the inquiries the unit is about. On PostgreSQL units of different inquiries run side by side, and
        a unit without `of` runs alone; `()` is for work that locks its own rows. On SQLite all run one by one.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._writer.submit(Ticket(unit, loop, future, of))
        return await future

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run a query in a thread and return what it gives. Raises StoreFailed, StoreClosed."""
        return await self._run(self._pool, lambda: self._reader.run(query))

    async def look(self, query: Callable[[Connection], T]) -> T:
        """Run one look-up by key: at once on SQLite, where a thread would cost ten times the look-up; else as `read`.

        Never waits for a lock here: where one is held the query goes to a thread. Raises StoreFailed, StoreClosed.
        """
        if self._here is None or self._closed:
            return await self.read(query)
        try:
            return query(self._here)
        except DBAPIError:
            return await self.read(query)

    async def bytes_of(self, digest: str) -> bytes:
        """Return the blob with this hash; a bucket or disk that is slow keeps no query waiting.

        Raises BlobMissing, OSError, StoreFailed, StoreClosed.
        """
        found = await self.read(lambda connection: self.blobs.find(connection, digest))
        return await self.in_thread(found.bytes) if isinstance(found, Kept) else found

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Run disk work (blob files) off the event loop. Raises StoreClosed."""
        return await self._run(self._disk, work)

    @property
    def owner(self) -> int:
        """What a lease taken by this process carries in `lease_by`."""
        return self._presence.number

    async def abandoned(self) -> tuple[int, ...]:
        """Return the owners whose leases are to be taken back, since their processes are dead."""
        return await self.read(self._presence.abandoned)

    def on_work(self, wake: Callable[[], None]) -> None:
        """Have `wake` called, in this event loop, when another process recorded work for the deliverer."""
        loop = asyncio.get_running_loop()
        self._presence.on_work(lambda: loop.call_soon_threadsafe(wake) and None)

    def tell(self) -> None:
        """Say to the other processes that there is work; never blocks. Those that miss it find the work by polling."""
        self._tell_again = self._telling
        if self._telling or self._closed or self._lock is not None:
            return  # under way, or there is nobody else
        self._telling = True
        asyncio.get_running_loop().run_in_executor(self._pool, self._tell).add_done_callback(self._told)

    def _tell(self) -> None:
        with self._engine.connect() as connection:
            self._presence.tell(connection)

    def _told(self, done: "asyncio.Future[None]") -> None:
        self._telling = False
        if done.exception() is None and self._tell_again:
            self.tell()

    async def _run(self, pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        if self._closed:
            raise StoreClosed
        return await asyncio.get_running_loop().run_in_executor(pool, work)

    def close(self) -> None:
        """Write what is queued, then let go of the store. May be called again."""
        if self._closed:
            return
        self._closed = True
        self._writer.close()
        self._pool.shutdown()
        self._disk.shutdown()
        self._presence.leave()
        if self._here is not None:
            self._here.close()
        self._engine.dispose()
        if self._lock is not None:
            self._lock.release()


def _look_up_connection(engine: Engine) -> Connection | None:
    """Return a connection to SQLite that never waits for a lock, for the event loop alone; None for PostgreSQL."""
    if engine.dialect.name != "sqlite":
        return None
    connection = engine.connect()
    connection.exec_driver_sql("PRAGMA busy_timeout=0").close()
    return connection


def open_store(place: Place) -> Store:
    """Open the store for writing.

    Raises StoreInUse (SQLite: another process writes), StoreDamaged, WrongSchema, StoreFailed.
    """
    lock = WriterLock(place.database) if place.database is not None else None
    engine = open_engine(place)
    try:
        if lock is not None:
            _check(engine, lock.database)
        require_schema(engine)
        blobs = open_blobs(place.blobs)
        if lock is not None:
            return Store(engine, Writer(engine), Alone(), blobs, lock)
        return _open_shared(engine, blobs)
    except BaseException as error:
        engine.dispose()
        if lock is not None:
            lock.release()
        if isinstance(error, DBAPIError):
            raise StoreFailed(str(error.orig)) from error
        raise


def _check(engine: Engine, database: Path) -> None:
    """Look at a SQLite store of this version; require_schema answers for the others."""
    if revision(engine) == head():
        check(database)


def _open_shared(engine: Engine, blobs: Blobs) -> Store:
    from .pool import PoolWriter
    from .presence import AmongOthers

    return Store(engine, PoolWriter(engine), AmongOthers(engine), blobs, None)

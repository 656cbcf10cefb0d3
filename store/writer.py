"""One thread writes. It takes every waiting unit of work, runs each in a savepoint, commits once, answers all.

So the fsync is shared (group commit), a bad unit fails alone, and no unit is answered before its commit
is on disk. A unit is a plain function of a connection; it must not do anything that a rollback cannot undo.
Where SQLite ends the whole transaction for one of them (the disk is full or broken), each is run again alone.
This is SQLite's way; PostgreSQL's is in pool.py. Both answer through `Ticket`.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple, Protocol, TypeVar, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as NoConnection

from ..relay import crash

T = TypeVar("T")
Unit = Callable[[Connection], T]

_FAULT_OF_THE_UNIT = (IntegrityError, ProgrammingError, DataError)
_MOST = 256  # units in one commit: bounds the time the first one waits for the last one


class StoreClosed(Exception):
    """The store is shutting down; nothing was written."""


class StoreFailed(Exception):
    """The database could not take the unit (disk full, locked, away, broken); nothing of it was written."""


class _TransactionOver(Exception):
    """SQLite has rolled back a whole transaction because of one unit in it."""


class Ticket(NamedTuple):
    """A unit and who waits for it."""

    unit: Unit[Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    of: Collection[int] | None = None  # the inquiries it is about, None: any
    since: float = 0.0  # the loop's time when it was handed in


class Answer(NamedTuple):
    """What became of a unit."""

    ticket: Ticket
    result: Any
    error: Exception | None


class UnitWriter(Protocol):
    """The only way to write. `submit` never blocks; every ticket is answered once its commit is on disk."""

    def submit(self, ticket: Ticket) -> None:
        """Queue a unit. It is answered with its result, StoreClosed, StoreFailed or what it raised itself."""
        ...

    def close(self) -> None:
        """Write everything that is queued, then stop. May be called again."""
        ...


class Writer:
    """The one writing thread of a SQLite store."""

    def __init__(self, engine: Engine) -> None:
        """Begin to write. Raises DBAPIError where the store cannot be opened."""
        self._waiting: queue.SimpleQueue[Ticket | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, args=(engine.connect(),), name="store-writer", daemon=True)
        self._lock = threading.Lock()
        self._closed = False
        self._thread.start()

    def submit(self, ticket: Ticket) -> None:
        """Queue a unit; see UnitWriter."""
        with self._lock:
            if not self._closed:
                self._waiting.put(ticket)
                return
        answer([Answer(ticket, None, StoreClosed())])

    def close(self) -> None:
        """Write everything that is queued, then stop."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._waiting.put(None)
        self._thread.join()

    def _run(self, connection: Connection) -> None:
        with connection:
            # What a savepoint may put back. SQLite keeps it in a file of /var/tmp otherwise: two writes for each page.
            connection.exec_driver_sql("PRAGMA temp_store=MEMORY")
            running = True
            while running:
                batch, running = self._take()
                _write(connection, batch)

    def _take(self) -> tuple[list[Ticket], bool]:
        """Wait for one unit, then take all that are waiting; False when it is time to stop."""
        batch: list[Ticket] = []
        item = self._waiting.get()
        while item is not None:
            batch.append(item)
            if len(batch) >= _MOST or self._waiting.empty():
                return batch, True
            item = self._waiting.get()
        return batch, False


def _write(connection: Connection, batch: list[Ticket]) -> None:
    """Run the batch in one transaction, or where that cannot be, in one each. All are answered.

    BEGIN, SAVEPOINT and COMMIT go to the driver itself: through SQLAlchemy they would cost more than a small unit.
    """
    raw = cast(sqlite3.Connection, connection.connection.dbapi_connection)
    share = len(batch) > 1
    while batch:
        try:
            answers = _commit(connection, raw, batch) if share else [_alone(connection, raw, batch[0])]
        except _TransactionOver:
            share = False
            continue
        except Exception as error:  # noqa: BLE001 (whatever happens, somebody waits for the answer)
            _roll_back(raw)
            answers = [Answer(ticket, None, StoreFailed(str(error))) for ticket in batch]
        answer(answers)
        batch = batch[len(answers) :]


def _commit(connection: Connection, raw: sqlite3.Connection, batch: Sequence[Ticket]) -> list[Answer]:
    """Run units in one transaction; what is returned may be told. Raises _TransactionOver: nothing is written."""
    raw.execute("BEGIN IMMEDIATE")
    answers = [_in_savepoint(connection, raw, ticket) for ticket in batch]
    with committing():
        raw.execute("COMMIT")
    return answers


@contextmanager
def committing() -> Generator[None]:
    """Stand around a COMMIT: here a test may kill the process."""
    crash.here("before-commit")
    yield
    crash.here("after-commit")


def _alone(connection: Connection, raw: sqlite3.Connection, ticket: Ticket) -> Answer:
    """Run the only unit of a transaction: undoing it is undoing the transaction."""
    raw.execute("BEGIN IMMEDIATE")
    done = _run(connection, ticket)
    if done.error is not None:
        _roll_back(raw)
    elif raw.in_transaction:
        with committing():
            raw.execute("COMMIT")
    else:
        return Answer(ticket, None, StoreFailed("the transaction was over before its commit"))
    return done


def _in_savepoint(connection: Connection, raw: sqlite3.Connection, ticket: Ticket) -> Answer:
    """Run one unit of several; whatever it raises is its own answer and undoes only itself. Raises _TransactionOver."""
    raw.execute("SAVEPOINT unit")
    done = _run(connection, ticket)
    if not raw.in_transaction:
        raise _TransactionOver
    if done.error is not None:
        raw.execute("ROLLBACK TO unit")
    raw.execute("RELEASE unit")
    return done


def _run(connection: Connection, ticket: Ticket) -> Answer:
    """Run a unit; whatever it raises is handed to whoever is waiting for it."""
    try:
        return Answer(ticket, ticket.unit(connection), None)
    except BaseException as error:  # noqa: BLE001 (one that would end this thread too: nobody else could write any more)
        return Answer(ticket, None, as_failure(error))


def _roll_back(raw: sqlite3.Connection) -> None:
    if raw.in_transaction:  # SQLite has already rolled back by itself when the disk is full or broken
        with suppress(sqlite3.Error):
            raw.execute("ROLLBACK")


def as_failure(error: BaseException) -> Exception:
    """Return what a unit's exception is to its caller: the database's own trouble is StoreFailed."""
    if isinstance(error, DBAPIError) and not isinstance(error, _FAULT_OF_THE_UNIT):
        return StoreFailed(str(error.orig))
    if isinstance(error, NoConnection):
        return StoreFailed("no connection is free")
    if isinstance(error, Exception) and not isinstance(error, StopIteration):
        return error
    # A future refuses to carry StopIteration; the others would end the task, or the loop, of whoever waits.
    refused = RuntimeError(f"a unit of work raised {type(error).__name__}")
    refused.__cause__ = error
    return refused


def answer(answers: Sequence[Answer]) -> None:
    """Answer units from another thread, each event loop being woken once."""
    for loop in {one.ticket.loop for one in answers}:
        mine = [one for one in answers if one.ticket.loop is loop]
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_settle, mine)


def _settle(answers: Sequence[Answer]) -> None:
    for ticket, result, error in answers:
        if ticket.future.done():
            continue  # the caller was cancelled
        if error is None:
            ticket.future.set_result(result)
        else:
            ticket.future.set_exception(error)

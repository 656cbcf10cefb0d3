"""One thread writes. It takes every waiting unit of work, runs each in a savepoint, commits once, answers all.

So the fsync is shared (group commit), a bad unit fails alone, and no unit is answered before its commit
is on disk. A unit is a plain function of a connection; it must not do anything that a rollback cannot undo.
"""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from ..relay import crash

T = TypeVar("T")
Unit = Callable[[Connection], T]

_MOST = 256  # units in one commit: bounds the time the first one waits for the last one


class StoreClosed(Exception):
    """The store is shutting down; nothing was written."""


class StoreFailed(Exception):
    """The database could not take the unit (disk full, locked, broken); nothing of it was written."""


class Writer:
    """The only way to write. Start it once; `submit` from any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: queue.SimpleQueue[tuple[Unit[Any], Future[Any]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._lock = threading.Lock()
        self._closed = False
        self._thread.start()

    def submit(self, unit: Unit[T]) -> "Future[T]":
        """Queue a unit; the future is done when its commit is on disk. Fails with StoreClosed, StoreFailed
        or whatever the unit itself raised (then nothing of it was written)."""
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                future.set_exception(StoreClosed())
            else:
                self._waiting.put((unit, future))
        return future

    def close(self) -> None:
        """Write everything that is queued, then stop."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        with self._engine.connect() as connection:
            running = True
            while running:
                batch, running = self._take()
                if batch:
                    _commit(connection, batch)

    def _take(self) -> tuple[list[tuple[Unit[Any], Future[Any]]], bool]:
        """Wait for one unit, then take all that are waiting; False when it is time to stop."""
        batch: list[tuple[Unit[Any], Future[Any]]] = []
        item = self._waiting.get()
        while item is not None:
            batch.append(item)
            if len(batch) >= _MOST or self._waiting.empty():
                return batch, True
            item = self._waiting.get()
        return batch, False


def _commit(connection: Connection, batch: list[tuple[Unit[Any], Future[Any]]]) -> None:
    """Run the batch in one transaction and answer every unit after the commit."""
    answers: list[tuple[Future[Any], Any, BaseException | None]] = []
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        answers = [(future, *_try(connection, unit)) for unit, future in batch]
        crash.here("before-commit")
        connection.exec_driver_sql("COMMIT")
        crash.here("after-commit")
    except DBAPIError as error:
        _roll_back(connection)
        failure = StoreFailed(str(error.orig))
        answers = [(future, None, failure) for _, future in batch]
    for future, result, failure in answers:
        if failure is None:
            future.set_result(result)
        else:
            future.set_exception(failure)


def _try(connection: Connection, unit: Unit[Any]) -> tuple[Any, BaseException | None]:
    """Run one unit in a savepoint; whatever it raises is its own answer and undoes only itself."""
    connection.exec_driver_sql("SAVEPOINT unit")
    try:
        result = unit(connection)
    except Exception as error:  # noqa: BLE001 (handed to whoever is waiting for this unit)
        connection.exec_driver_sql("ROLLBACK TO unit")
        return None, error
    finally:
        connection.exec_driver_sql("RELEASE unit")
    return result, None


def _roll_back(connection: Connection) -> None:
    try:
        connection.exec_driver_sql("ROLLBACK")
    except DBAPIError:
        return  # SQLite has already rolled back by itself (disk full, I/O error)

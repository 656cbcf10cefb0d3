"""Who else works on this store: each process's number, whose processes are dead, waking the others.

A SQLite store has one process: number 0. On PostgreSQL each holds the lowest free number by a session's advisory
lock, which the server lets go when the process or its connection dies. A lease carries the number of its process,
so what a dead one was sending can be told from what a live one sends.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, cast

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from .postgresql import Lock

if TYPE_CHECKING:
    from psycopg import Connection as PsycopgConnection

_MOST = 1000  # processes on one store
_LOOK = 0.5  # seconds after which a stop is seen
_AGAIN = 0.5  # seconds until the next try to connect
_CHANNEL = "parley_work"
_TRY = text(f"SELECT pg_try_advisory_lock({Lock.GATEWAY:d}, :number)")
_LIVE = f"""
    SELECT objid::int FROM pg_locks
    WHERE locktype = 'advisory' AND classid = {Lock.GATEWAY:d} AND objsubid = 2 AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""  # noqa: S608 (a number of ours)
_LEASED = "SELECT DISTINCT COALESCE(lease_by, 0) FROM delivery WHERE state = 'sending'"


class Presence(Protocol):
    """This process among those that work on the store."""

    @property
    def number(self) -> int:
        """What this process's leases carry."""
        ...

    def abandoned(self, connection: Connection) -> tuple[int, ...]:
        """Return the numbers whose leases nobody will end: of processes that are dead. Call it now and then."""
        ...

    def on_work(self, wake: Callable[[], None]) -> None:
        """Have `wake` called, in a thread, when another process says that there is work."""
        ...

    def tell(self, connection: Connection) -> None:
        """Say to the other processes that there is work."""
        ...

    def leave(self) -> None:
        """Give the number back."""
        ...


class Alone:
    """The one process of a SQLite store."""

    number = 0

    def __init__(self) -> None:
        self._first = True

    def abandoned(self, connection: Connection) -> tuple[int, ...]:  # noqa: ARG002
        """Whatever is leased when we start was leased by a process that is gone; later on it is ours."""
        first, self._first = self._first, False
        return (0,) if first else ()

    def on_work(self, wake: Callable[[], None]) -> None:
        """There is nobody else."""

    def tell(self, connection: Connection) -> None:
        """There is nobody else."""

    def leave(self) -> None:
        """There is nothing to give back."""


class AmongOthers:
    """One of several processes on PostgreSQL: holds a number, and listens, on a connection of its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._wake: Callable[[], None] | None = None
        self._missing: frozenset[int] = frozenset()  # not alive at the last look
        self._first = True
        self._over = threading.Event()
        connection = engine.connect()
        try:
            self.number = _take_number(connection, 0)
        except BaseException:
            connection.close()
            raise
        self._thread = threading.Thread(target=self._stay, args=(connection,), name="store-presence", daemon=True)
        self._thread.start()

    def abandoned(self, connection: Connection) -> tuple[int, ...]:
        """Return the numbers of dead processes.

        Our own at the first call: that we could take it proves that its last holder is gone. Others when they are
        missing twice in a row: after a restart of the server everybody is missing for a moment.
        """
        leased: frozenset[int] = frozenset(connection.exec_driver_sql(_LEASED).scalars())
        missing = leased - others(connection) - {self.number}
        dead, self._missing = missing & self._missing, missing
        first, self._first = self._first, False
        return (*dead, self.number) if first else tuple(dead)

    def on_work(self, wake: Callable[[], None]) -> None:
        """Call `wake` at each notification from now on."""
        self._wake = wake

    def tell(self, connection: Connection) -> None:
        """Notify. Not in the writer's transaction: a NOTIFY there makes all commits wait for each other."""
        connection.exec_driver_sql(f"NOTIFY {_CHANNEL}")

    def leave(self) -> None:
        """Stop listening and give the number back."""
        self._over.set()
        with suppress(SQLAlchemyError), self._engine.connect() as connection:
            self.tell(connection)  # wakes our own thread too
        self._thread.join()

    def _stay(self, connection: Connection | None) -> None:
        """Listen until told to leave; when the connection breaks, come back as soon as the server does."""
        while not self._over.is_set():
            try:
                connection = connection or self._come_back()
                self._listen(connection)
            except (SQLAlchemyError, self._engine.dialect.loaded_dbapi.Error):
                if connection is not None:
                    connection.invalidate()
                    connection.close()
                connection = None
                self._over.wait(_AGAIN)
        if connection is not None:
            connection.invalidate()  # ends the session, and with it its lock
            connection.close()

    def _come_back(self) -> Connection:
        connection = self._engine.connect()
        self.number = _take_number(connection, self.number)
        if self._wake is not None:
            self._wake()  # whatever was said meanwhile
        return connection

    def _listen(self, connection: Connection) -> None:
        connection.exec_driver_sql(f"LISTEN {_CHANNEL}")
        raw = cast("PsycopgConnection[Any]", connection.connection.dbapi_connection)
        while not self._over.is_set():
            heard = [True for _ in raw.notifies(timeout=_LOOK, stop_after=1)]
            if heard and self._wake is not None:
                with suppress(RuntimeError):  # the event loop is closed
                    self._wake()


def others(connection: Connection) -> frozenset[int]:
    """Return the numbers of all processes that work on a PostgreSQL store now."""
    return frozenset(connection.exec_driver_sql(_LIVE).scalars())


def _take_number(connection: Connection, wanted: int) -> int:
    """Take `wanted` if it is free, else the lowest number that is. Raises RuntimeError when there is none."""
    for number in (*([wanted] if wanted else ()), *range(1, _MOST)):
        if connection.execute(_TRY, {"number": number}).scalar():
            return number
    raise RuntimeError(f"{_MOST} processes work on this store already")

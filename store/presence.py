"""Who else works on this store: each process's number, whose processes are dead, waking the others.

A SQLite store has one process: number 0. On PostgreSQL each draws a number of its own and holds it by a session's
advisory lock, which the server lets go when the process or its connection dies. A lease carries the number of its
process, so what a dead one was sending can be told from what a live one sends. A number is never given out again: one
that is free may be that of a process which lives, but whose connection was cut a moment ago.
"""

import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from .postgresql import Lock, driver_of

_NUMBERS = 2**31 - 1  # as many as the half of a lock's key has: nobody draws one twice
_LOOK = 0.5  # seconds after which a stop is seen, and between tries to hold the number again
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
        """What this process's leases carry, as long as it lives."""
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
        self._over = threading.Event()
        connection = engine.connect()
        try:
            self.number = _draw(connection)
        except BaseException:
            connection.close()
            raise
        self._thread = threading.Thread(target=self._stay, args=(connection,), name="store-presence", daemon=True)
        self._thread.start()

    def abandoned(self, connection: Connection) -> tuple[int, ...]:
        """Return the numbers of dead processes: missing twice in a row.

        After a restart of the server everybody is missing for a moment; after a cut of his connection, one is.
        """
        leased: frozenset[int] = frozenset(connection.exec_driver_sql(_LEASED).scalars())
        missing = leased - others(connection) - {self.number}
        dead, self._missing = missing & self._missing, missing
        return tuple(dead)

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
                connection = connection or self._engine.connect()
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

    def _listen(self, connection: Connection) -> None:
        """Hold our number, and hear what the others say.

        Where our last session broke and the server has not seen it yet, that one holds the number: try until it ends.
        """
        connection.exec_driver_sql(f"LISTEN {_CHANNEL}")
        raw = driver_of(connection)
        held = False
        while not self._over.is_set():
            if not held:
                held = _hold(connection, self.number)
                self._say()  # what was said while nobody listened
            if [True for _ in raw.notifies(timeout=_LOOK, stop_after=1)]:
                self._say()

    def _say(self) -> None:
        if self._wake is not None:
            with suppress(RuntimeError):  # the event loop is closed
                self._wake()


def others(connection: Connection) -> frozenset[int]:
    """Return the numbers of all processes that work on a PostgreSQL store now."""
    return frozenset(connection.exec_driver_sql(_LIVE).scalars())


def _draw(connection: Connection) -> int:
    """Take a number that no process has, or had."""
    while not _hold(connection, number := 1 + secrets.randbelow(_NUMBERS)):
        pass
    return number


def _hold(connection: Connection, number: int) -> bool:
    """Hold a number as long as this session lives; False where another session does."""
    return bool(connection.execute(_TRY, {"number": number}).scalar())

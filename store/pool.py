"""PostgreSQL's way to write: a few threads, each unit in a transaction of its own; the server shares the fsyncs.

Units about the same inquiry run one after the other, as they do on SQLite: each takes its inquiries' locks before
it reads anything. A unit that names no inquiry runs alone. A unit that lost a race (deadlock) or its connection
is run again until its time is up; after a commit that was not answered the server is asked what became of it.

The server knows transactions by number. One that crashed gives out again the numbers that it had not written down, so
what it then says of a number may be about somebody else's transaction: "committed" is believed only of a server that
has been up all the time (`_Witness`). Else the unit has failed, as far as is known, and is not run again.
"""

import threading
import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection

from .postgresql import PATIENCE, WRITERS, Lock, driver_of, may_pass, sqlstate
from .writer import Answer, StoreClosed, StoreFailed, Ticket, answer, as_failure, committing

_PAUSE = 0.1  # seconds between tries
_NEVER_GIVEN_OUT = "22023"  # what the server says of a transaction whose number it has not reached


class PoolWriter:
    """Writes to PostgreSQL; see UnitWriter."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pool = ThreadPoolExecutor(WRITERS, thread_name_prefix="store-writer")
        self._witness = _Witness(engine)

    def submit(self, ticket: Ticket) -> None:
        """Queue a unit; see UnitWriter."""
        try:
            self._pool.submit(self._run, ticket, time.monotonic() + PATIENCE)
        except RuntimeError:
            answer([Answer(ticket, None, StoreClosed())])

    def close(self) -> None:
        """Write everything that is queued, then stop."""
        self._pool.shutdown()
        self._witness.close()

    def _run(self, ticket: Ticket, until: float) -> None:
        while True:
            try:
                answer([self._once(ticket, until)])
                return
            except _Again as again:
                if time.monotonic() >= until:
                    answer([Answer(ticket, None, StoreFailed(str(again)))])
                    return
                time.sleep(_PAUSE)
            except Exception as error:  # noqa: BLE001 (whatever happens, somebody waits for the answer)
                answer([Answer(ticket, None, error)])
                return

    def _once(self, ticket: Ticket, until: float) -> Answer:
        """Run a unit in one transaction. Raises _Again when nothing of it was written and it may be tried again."""
        try:
            with self._engine.connect() as connection:
                return self._in_transaction(connection, ticket, until)
        except NoConnection as error:
            raise _Again("no connection is free") from error
        except DBAPIError as error:
            if may_pass(error):
                raise _Again(str(error.orig)) from error
            return Answer(ticket, None, StoreFailed(str(error.orig)))

    def _in_transaction(self, connection: Connection, ticket: Ticket, until: float) -> Answer:
        witness = self._witness.current()
        try:
            transaction = _begin(connection, ticket.of)
            result = ticket.unit(connection)
            _see_whole(connection)
        except BaseException as error:  # whatever it is, somebody waits for the answer
            roll_back(connection)
            if isinstance(error, DBAPIError) and may_pass(error):
                raise
            return Answer(ticket, None, as_failure(error))
        self._commit(connection, transaction, witness, until)
        return Answer(ticket, result, None)

    def _commit(self, connection: Connection, transaction: str, witness: Connection | None, until: float) -> None:
        """Commit. When the connection breaks meanwhile, find out what became of the transaction."""
        try:
            with committing():
                connection.exec_driver_sql("COMMIT")
        except DBAPIError as error:
            if not error.connection_invalidated or self._became(transaction, until) == "aborted":
                raise
            if not self._witness.lived(witness):
                raise StoreFailed("the server went down at the commit: what became of it is not known") from error

    def _became(self, transaction: str, until: float) -> str | None:
        """Return "committed", "aborted", or None of one that is forgotten."""
        while True:
            try:
                with self._engine.connect() as connection:
                    asked = connection.exec_driver_sql(f"SELECT pg_xact_status('{transaction}'::xid8)")
                    status = asked.scalar()
                    if status != "in progress":
                        return status
            except DBAPIError as error:
                if sqlstate(error) == _NEVER_GIVEN_OUT:
                    return "aborted"
                if time.monotonic() >= until:
                    raise
            time.sleep(_PAUSE)


class _Witness:
    """A connection that does nothing. All connections end when a server goes down, so while it lives none did."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._connection: Connection | None = None

    def current(self) -> Connection | None:
        """Return the connection, to be asked about later; None while there is none to be had."""
        if self._connection is None:
            with self._lock, suppress(DBAPIError, NoConnection):
                self._connection = self._connection or self._engine.connect()
        return self._connection

    def lived(self, one: Connection | None) -> bool:
        """Return whether the server has been up since `current` gave this one."""
        with self._lock:
            if one is None or one is not self._connection:
                return False
            try:
                one.exec_driver_sql("SELECT 1").close()
            except DBAPIError:
                self._let_go()
                return False
            return True

    def close(self) -> None:
        """Hang up."""
        with self._lock:
            self._let_go()

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None


class _Again(Exception):
    """Nothing was written, and another try may go well."""


def _begin(connection: Connection, of: Collection[int] | None) -> str:
    """Begin a transaction, take the locks, return the transaction's id: one round trip."""
    if of is None:
        locks = f"SELECT pg_advisory_xact_lock({Lock.UNITS:d})"
    else:
        each = (f"pg_advisory_xact_lock({Lock.INQUIRY:d}, {seq:d})" for seq in sorted(set(of)))
        locks = "; SELECT ".join((f"SELECT pg_advisory_xact_lock_shared({Lock.UNITS:d})", *each))
    # A BEGIN at the end takes the statements before it into its transaction; so the first result is the id.
    return str(connection.exec_driver_sql(f"SELECT pg_current_xact_id()::text; {locks}; BEGIN").scalar_one())


def _see_whole(connection: Connection) -> None:
    """Raise StoreFailed where a unit has hidden that its transaction broke: a COMMIT would write nothing."""
    if connection.invalidated or driver_of(connection).info.transaction_status.name != "INTRANS":
        raise StoreFailed("the transaction was over before its commit")


def roll_back(connection: Connection) -> None:
    """Undo the transaction; a broken connection has done so already."""
    if connection.invalidated:
        return
    with suppress(DBAPIError):
        connection.exec_driver_sql("ROLLBACK")

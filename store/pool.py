"""PostgreSQL's way to write: a few threads, each unit in a transaction of its own; the server shares the fsyncs.

Units about the same inquiry run one after the other, as they do on SQLite: each takes its inquiries' locks before
it reads anything. A unit that names no inquiry runs alone. A unit that lost a race (deadlock) or its connection
is run again until its time is up; after a commit that was not answered the server is asked what became of it.
"""

import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection

from .postgresql import PATIENCE, WRITERS, Lock, may_pass
from .writer import Answer, StoreClosed, StoreFailed, Ticket, answer, as_failure, committing

_PAUSE = 0.1  # seconds between tries


class PoolWriter:
    """Writes to PostgreSQL; see UnitWriter."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pool = ThreadPoolExecutor(WRITERS, thread_name_prefix="store-writer")

    def submit(self, ticket: Ticket) -> None:
        """Queue a unit; see UnitWriter."""
        try:
            self._pool.submit(self._run, ticket, time.monotonic() + PATIENCE)
        except RuntimeError:
            answer([Answer(ticket, None, StoreClosed())])

    def close(self) -> None:
        """Write everything that is queued, then stop."""
        self._pool.shutdown()

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
        try:
            transaction = _begin(connection, ticket.of)
            result = ticket.unit(connection)
        except Exception as error:
            roll_back(connection)
            if isinstance(error, DBAPIError) and may_pass(error):
                raise
            return Answer(ticket, None, as_failure(error))
        self._commit(connection, transaction, until)
        return Answer(ticket, result, None)

    def _commit(self, connection: Connection, transaction: str, until: float) -> None:
        """Commit. When the connection breaks meanwhile, find out what became of the transaction."""
        try:
            with committing():
                connection.exec_driver_sql("COMMIT")
        except DBAPIError as error:
            if not (error.connection_invalidated and self._committed(transaction, until)):
                raise

    def _committed(self, transaction: str, until: float) -> bool:
        while True:
            try:
                with self._engine.connect() as connection:
                    asked = connection.exec_driver_sql(f"SELECT pg_xact_status('{transaction}'::xid8)")
                    status = asked.scalar()
                    if status != "in progress":
                        return status == "committed"
            except DBAPIError:
                if time.monotonic() >= until:
                    raise
            time.sleep(_PAUSE)


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


def roll_back(connection: Connection) -> None:
    """Undo the transaction; a broken connection has done so already."""
    if connection.invalidated:
        return
    with suppress(DBAPIError):
        connection.exec_driver_sql("ROLLBACK")

"""Opens a PostgreSQL store, and says which locks are whose.

Values from mail may hold NUL, which PostgreSQL's text cannot: it becomes U+FFFD on the way in. A connection that
died shows within seconds (keepalives), no statement waits for a lock longer than a client waits for its 250.
"""

from enum import IntEnum
from typing import TYPE_CHECKING, Any, Self, cast

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import QueuePool

if TYPE_CHECKING:
    from psycopg import Connection as PsycopgConnection
    from psycopg.abc import Buffer

WRITERS = 6  # units under way at once
PATIENCE = 8.0  # seconds after which work is given up: a client is told 451 before it loses patience
_LOST_RACES = ("40001", "40P01")  # serialization failure, deadlock
_COMING_UP = ("57P01", "57P02", "57P03", "53300")  # shutting down, crashed, starting, no connection free
_CONNECTIONS = WRITERS + 9  # writers, their witness, readers, the presence, commands
_OPTIONS = (
    "-c lock_timeout=8000 -c statement_timeout=60000 -c idle_in_transaction_session_timeout=60000 -c timezone=UTC "
    # The server, too, is to see within half a minute that a machine is gone: its locks go with its connection.
    "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
)
_CONNECT = {
    "connect_timeout": 5,
    "application_name": "parley",
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
    "options": _OPTIONS,
}


class Lock(IntEnum):
    """Our advisory locks: each is the first half of a lock's key, or a key of its own."""

    SCHEMA = 1_885_433_451  # held while the schema changes
    UNITS = 1_885_433_452  # shared by units that name their inquiries, exclusive for those that do not
    INQUIRY = 1_885_433_453  # with an inquiry's number: held by the units about it
    GATEWAY = 1_885_433_454  # with a gateway's number: held as long as its process lives


def open_postgresql(url: URL) -> Engine:
    """Return an engine; it connects when it is first used. Connections that broke are replaced."""
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=_CONNECTIONS,
        max_overflow=0,
        pool_timeout=8,
        pool_reset_on_return=None,  # transactions are ended by hand
        isolation_level="AUTOCOMMIT",
        connect_args=_CONNECT,
    )
    event.listen(engine, "connect", _prepare)
    return engine


def driver_of(connection: Connection) -> "PsycopgConnection[Any]":
    """Return the driver's own connection."""
    return cast("PsycopgConnection[Any]", connection.connection.dbapi_connection)


def _prepare(connection: "PsycopgConnection[Any]", _record: Any) -> None:
    from psycopg import Cursor, Error
    from psycopg.types.string import StrDumperUnknown

    class TextDumper(StrDumperUnknown):
        """Writes text without NUL."""

        def dump(self, obj: str) -> "Buffer | None":
            return super().dump(obj.replace("\0", "\ufffd") if "\0" in obj else obj)

    class QuietCursor(Cursor[Any]):
        """Cuts the server's errors to their first sentence: the DETAIL shows the row, which is people's words."""

        def execute(self, *given: Any, **more: Any) -> Self:
            try:
                return super().execute(*given, **more)
            except Error as error:
                error.args = (error.diag.message_primary or str(error),)
                raise

        def executemany(self, *given: Any, **more: Any) -> None:
            try:
                super().executemany(*given, **more)
            except Error as error:
                error.args = (error.diag.message_primary or str(error),)
                raise

    connection.adapters.register_dumper(str, TextDumper)
    connection.cursor_factory = QuietCursor


def sqlstate(error: DBAPIError) -> str:
    """Return PostgreSQL's code for an error, "" where the connection broke or there was none."""
    return getattr(error.orig, "sqlstate", None) or ""


def may_pass(error: DBAPIError) -> bool:
    """True when the same work may go well a moment later: a race was lost, or the server is away."""
    return error.connection_invalidated or sqlstate(error) in (*_LOST_RACES, *_COMING_UP) or unreachable(error)


def unreachable(error: DBAPIError) -> bool:
    """True when no connection could be made at all."""
    return isinstance(error, OperationalError) and not sqlstate(error)

"""Looks whether a SQLite store is sound, at each start, within a few seconds whatever its size.

First the newest rows of every table with their whole content: what a crash or a failing disk harms first. Then the
pages and indexes of one table after the other (`PRAGMA quick_check`) until the time is up; a store of some hundred
thousand inquiries is checked whole (docs/store.md).
"""

import sqlite3
import time
from collections.abc import Iterator

from sqlalchemy import Engine

from .tables import SQLModel

SECONDS = 3.0  # for the second part; the first takes milliseconds
_NEWEST = 1000  # rows of each table
_STEPS = 20_000  # of SQLite's machine between two looks at the clock


class StoreDamaged(Exception):
    """The database is not sound; the text says what SQLite found."""


def check(engine: Engine, seconds: float = SECONDS) -> tuple[str, ...]:
    """Return the tables that there was no time for, () when all is sound. Raises StoreDamaged."""
    connection = engine.raw_connection()
    try:
        raw = connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)  # noqa: S101 (for the type checker: SQLite's engine gives no other)
        return tuple(_check(raw, time.monotonic() + seconds))
    except sqlite3.DatabaseError as error:
        raise StoreDamaged(str(error)) from error
    finally:
        connection.close()


def _check(raw: sqlite3.Connection, until: float) -> Iterator[str]:
    names = list(SQLModel.metadata.tables)
    for name in names:
        raw.execute(f'SELECT * FROM "{name}" ORDER BY rowid DESC LIMIT {_NEWEST}').fetchall()  # noqa: S608 (our names)
    raw.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
    try:
        for name in names:
            if not _sound(raw, name):
                yield name
    finally:
        raw.set_progress_handler(None, 0)


def _sound(raw: sqlite3.Connection, name: str) -> bool:
    """Check one table and its indexes; False when the time ran out. Raises StoreDamaged, sqlite3.DatabaseError."""
    try:
        (found,) = raw.execute(f'PRAGMA quick_check("{name}")').fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
            return False
        raise
    if found != "ok":
        raise StoreDamaged(f"{name}: {found}")
    return True

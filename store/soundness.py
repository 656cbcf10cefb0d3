"""Looks whether a SQLite database is sound: the newest rows of every table, then table by table with its indexes.

Needs nothing but the standard library, for it also runs as a program of its own: SQLite before 3.41 cannot be stopped
in the middle of a table, a process can (integrity.py). Then it prints what it found, a line at a time: `sound TABLE`,
or `damaged` and what SQLite says.
"""

import sqlite3
import sys
from collections.abc import Iterator

_NEWEST = 1000  # rows of each table: what a crash or a failing disk harms first


class Damaged(Exception):
    """The database is not sound; the text says what SQLite found."""


def tables(connection: sqlite3.Connection) -> list[str]:
    """Return the names of the tables, in the order in which they were made."""
    found = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    return [str(name) for (name,) in found]


def sound_tables(connection: sqlite3.Connection) -> Iterator[str]:
    """Yield each table that was found sound. Raises Damaged, sqlite3.DatabaseError."""
    names = tables(connection)
    for name in names:
        connection.execute(f'SELECT * FROM "{name}" ORDER BY rowid DESC LIMIT {_NEWEST}').fetchall()  # noqa: S608 (ours)
    for name in names:
        (found,) = connection.execute(f'PRAGMA quick_check("{name}")').fetchone()
        if found != "ok":
            raise Damaged(f"{name}: {found}")
        yield name


def main() -> None:
    """Look at the database that the command line names."""
    try:
        connection = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
        for name in sound_tables(connection):
            _tell("sound", name)
    except (Damaged, sqlite3.DatabaseError) as error:
        _tell("damaged", " ".join(str(error).split()))


def _tell(word: str, what: str) -> None:
    sys.stdout.write(f"{word} {what}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

"""Looks whether a SQLite store is sound, at each start, within a few seconds whatever its size.

First the newest rows of every table with their whole content, then the pages and indexes of one table after the other
(`PRAGMA quick_check`). A large store is looked at by a process of its own, which is ended when the time is up: a store
of some hundred thousand inquiries is checked whole (docs/store.md).
"""

import sqlite3
import sys
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired

from . import soundness

SECONDS = 3.0
HERE = 64 << 20  # octets; a smaller database is looked at faster than a process starts


class StoreDamaged(Exception):
    """The database is not sound; the text says what SQLite found."""


def check(database: Path, seconds: float | None = None, here: int | None = None) -> tuple[str, ...]:
    """Return the tables that there was no time for, () when all is sound. Raises StoreDamaged.

    A database of up to `here` octets (`HERE`) is looked at in this process, without a limit of time.
    """
    seconds, here = SECONDS if seconds is None else seconds, HERE if here is None else here
    try:
        connection = sqlite3.connect(database)
        try:
            if database.stat().st_size <= here:
                list(soundness.sound_tables(connection))
                return ()
            names = soundness.tables(connection)
        finally:
            connection.close()
    except (soundness.Damaged, sqlite3.DatabaseError) as error:
        raise StoreDamaged(str(error)) from error
    told = _told(database, seconds)
    damaged = next((line for line in told if line.startswith("damaged")), "")
    if damaged:
        raise StoreDamaged(damaged.removeprefix("damaged "))
    sound = {line.removeprefix("sound ") for line in told}
    return tuple(name for name in names if name not in sound)


def _told(database: Path, seconds: float) -> list[str]:
    """Return what a process that looks at the database has told until its time was up."""
    program = (sys.executable, "-I", soundness.__file__, str(database))
    with Popen(program, stdout=PIPE, stdin=DEVNULL) as process:  # noqa: S603 (our own)
        try:
            output, _ = process.communicate(timeout=seconds)
        except TimeoutExpired:
            process.kill()
            output, _ = process.communicate()
    return output.decode("utf-8", "replace").splitlines()

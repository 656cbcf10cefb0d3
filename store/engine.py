"""Opens the embedded SQLite store: the PRAGMAs, the one-writer lock, the schema's version.

WAL lets readers go on beside the writer; `synchronous=FULL` because NORMAL loses acknowledged mail at power
loss; BEGIN IMMEDIATE because deferred transactions lose concurrent updates or fail half-way with "locked".
"""

import fcntl
import os
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from ..relay import crash

_MIGRATIONS = Path(__file__).parent / "migrations"


class StoreInUse(Exception):
    """Another process writes to this store; SQLite has exactly one writing process."""


class WrongSchema(Exception):
    """The store's schema is not the one this version works with; `parley migrate` brings it up."""


class WriterLock:
    """Holds `<database>.lock` as long as this process may write. Raises StoreInUse."""

    def __init__(self, database: Path) -> None:
        database.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(f"{database}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise StoreInUse(str(database)) from error

    def release(self) -> None:
        """Let another process write."""
        os.close(self._file)


def open_engine(database: Path, *, read_only: bool = False) -> Engine:
    """Return an engine on the SQLite file. Transactions are begun by hand (see writer.py)."""
    if not read_only:
        database.parent.mkdir(parents=True, exist_ok=True)
    target = f"file:{database}?mode=ro&uri=true" if read_only else str(database)
    engine = create_engine(
        f"sqlite:///{target}",
        poolclass=QueuePool,
        pool_size=8,
        pool_reset_on_return=None,  # transactions are ended by hand
        isolation_level="AUTOCOMMIT",
        connect_args={"check_same_thread": False},  # a pooled connection is used by one thread at a time
    )

    def prepare(connection: SqliteConnection, _record: Any) -> None:
        pragmas = ["foreign_keys=ON", "busy_timeout=5000"]
        if not read_only:
            pragmas += ["journal_mode=WAL", "synchronous=FULL"]
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}").close()

    event.listen(engine, "connect", prepare)
    return engine


def migrate(engine: Engine) -> tuple[str, str]:
    """Bring the schema to this version's; returns (revision before or "", revision now)."""
    before = revision(engine)
    with engine.connect() as connection:
        config = _config()
        config.attributes["connection"] = connection
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        command.upgrade(config, "head")
        crash.here("migrating")
        connection.exec_driver_sql("COMMIT")
    return before, revision(engine)


def revision(engine: Engine) -> str:
    """Return the store's schema revision, "" for an empty store."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


def head() -> str:
    """Return the schema revision this version works with."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def require_schema(engine: Engine) -> None:
    """Create the schema in an empty store. Raises WrongSchema when it is another version's."""
    now = revision(engine)
    if not now:
        migrate(engine)
    elif now != head():
        raise WrongSchema(f"the store has schema {now}, this version works with {head()}; run `parley migrate`")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config

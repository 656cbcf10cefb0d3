"""The schema's version, on both engines: read, brought up, required. One process migrates at a time."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from ..relay import crash
from .postgresql import Lock

_MIGRATIONS = Path(__file__).parent / "migrations"
# On PostgreSQL a statement of a migration may take its hours, and another process that migrates is waited for;
# for a table that mail is using it waits no longer than everybody: what comes after it waits, too.
_BEGIN = {
    "sqlite": "BEGIN IMMEDIATE",
    "postgresql": "BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; "
    f"SET LOCAL lock_timeout = 0; SELECT pg_advisory_xact_lock({Lock.SCHEMA:d}); SET LOCAL lock_timeout TO DEFAULT",
}


class WrongSchema(Exception):
    """The store's schema is not the one this version works with; `parley migrate` brings it up."""


def migrate(engine: Engine) -> tuple[str, str]:
    """Bring the schema to this version's, all of it or nothing; returns (revision before or "", revision now)."""
    with engine.connect() as connection:
        connection.exec_driver_sql(_BEGIN[engine.dialect.name])
        try:
            before = schema_of(connection)
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            crash.here("migrating")
            connection.exec_driver_sql("COMMIT")
        except BaseException:
            connection.exec_driver_sql("ROLLBACK")
            raise
    return before, revision(engine)


def schema_of(connection: Connection) -> str:
    """Return the store's schema revision, "" for an empty store."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def revision(engine: Engine) -> str:
    """Return the store's schema revision, "" for an empty store."""
    with engine.connect() as connection:
        return schema_of(connection)


def head() -> str:
    """Return the schema revision this version works with."""
    return scripts().get_current_head() or ""


def scripts() -> ScriptDirectory:
    """Return the migrations."""
    return ScriptDirectory.from_config(_config())


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

# ruff: noqa: E501 (rows as SQL)
"""A store of each released schema, with rows that refer to each other, comes up to this version and keeps them."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from parley.store import lineage, messages, outbox, schema
from parley.store.engine import open_engine
from parley.store.place import Place
from parley.store.tables import SQLModel
from sqlalchemy import Engine

DAY = "'2026-11-01 00:00:00'"
ROWS = (
    "INSERT INTO inquiry (id, marketplace, reference, subject, wishes, product_name, product_url, company_name, state, "
    f"created_at) VALUES ('a', 'm', 'r', 's', '[]', '', '', '', 'open', {DAY})",
    "INSERT INTO message (id, mail, inquiry, side, channel, state, at, dated, mail_from, from_email, from_name, subject, "
    "message_id, parent_by, dedupe, text, html, quoted, signature, disclaimer, split_by, language, size, authentication, "
    f"may_tell, why_held) VALUES ('m', 'x', 1, 'buyer', 'mail', 'accepted', {DAY}, {DAY}, '', 'a@b.example', '', '', '1@b.example', "
    "'', 'd', 'the words', '', '', '', '', '', '', 0, '', false, '')",
    f"INSERT INTO event (inquiry, at, kind, message, proof) VALUES (1, {DAY}, 'message.received', 1, '{{}}')",
    'INSERT INTO delivery (id, token, mail, kind, inquiry, message, "to", cause, state, attempts, created_at, '
    f"next_attempt_at, remote) VALUES ('d', 't', 'x', 'relayed', 1, 1, 'z@z.example', '', 'queued', 0, {DAY}, {DAY}, '')",
    f"INSERT INTO attempt (delivery, number, started_at, host, stage, code, enhanced, text) "
    f"VALUES (1, 1, {DAY}, '', '', 0, '', '')",
)


@pytest.fixture
def engine(place: Place) -> Iterator[Engine]:
    """An empty database on each engine."""
    one = open_engine(place)
    if place.database is None:
        with one.connect() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    yield one
    one.dispose()


def test_the_migrations_make_the_schema_of_the_code(engine: Engine) -> None:
    assert schema.migrate(engine) == ("", schema.head())
    assert schema.migrate(engine) == (schema.head(), schema.head())
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []


def test_another_versions_schema_is_refused(engine: Engine) -> None:
    schema.require_schema(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(schema.WrongSchema):
        schema.require_schema(engine)


def up_to(engine: Engine, revision: str) -> None:
    """Make the schema of an earlier release."""
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        connection.exec_driver_sql("BEGIN")
        command.upgrade(config, revision)
        connection.exec_driver_sql("COMMIT")


RELEASED = [one.revision for one in schema.scripts().walk_revisions()]


@pytest.mark.parametrize("revision", RELEASED)
def test_a_store_of_each_schema_comes_up_and_keeps_its_rows(engine: Engine, revision: str) -> None:
    up_to(engine, "0001")
    with engine.connect() as connection:
        for row in ROWS:
            connection.exec_driver_sql(row)
    up_to(engine, revision)
    assert schema.migrate(engine) == (revision, schema.head())
    with engine.connect() as connection:
        (message,) = messages.of_inquiry(connection, 1)
        (delivery,) = outbox.of_inquiry(connection, 1)
        if engine.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    kept = (message.text, message.zone, message.seal, message.disguised, message.thread_index)
    assert kept == ("the words", 0, "", False, "")
    assert message.message_key == lineage.message_key("1@b.example")
    assert (delivery.to, delivery.event) == ("z@z.example", None)


async def test_several_processes_make_an_empty_store_once(engine: Engine) -> None:
    await asyncio.gather(*(asyncio.to_thread(schema.require_schema, engine) for _ in range(4)))
    assert schema.revision(engine) == schema.head()


def test_a_migration_has_its_time_and_mail_does_not_wait_for_it(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        pytest.skip("no statement has a time limit")
    up_to(engine, RELEASED[1])
    with engine.connect() as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF current_setting('statement_timeout') <> '0' OR current_setting('lock_timeout') <> '8s' "
            "THEN RAISE EXCEPTION 'limits of mail'; END IF; RETURN NEW; END $$;"
            "CREATE TRIGGER guard BEFORE UPDATE ON alembic_version FOR EACH ROW EXECUTE FUNCTION guard()"
        )
    assert schema.migrate(engine) == (RELEASED[1], schema.head())
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW statement_timeout").scalar_one() == "1min"

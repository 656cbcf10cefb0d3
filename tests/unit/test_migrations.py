# ruff: noqa: E501 (rows as SQL)
"""A store of each released schema, with rows that refer to each other, comes up to this version and keeps them."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from parley.store import engine, messages, outbox

DAY = "'2026-11-01 00:00:00'"
ROWS = (
    "INSERT INTO inquiry (id, marketplace, reference, subject, wishes, product_name, product_url, company_name, state, "
    f"created_at) VALUES ('a', 'm', 'r', 's', '[]', '', '', '', 'open', {DAY})",
    "INSERT INTO message (id, mail, inquiry, side, channel, state, at, dated, mail_from, from_email, from_name, subject, "
    "message_id, parent_by, dedupe, text, html, quoted, signature, disclaimer, split_by, language, size, authentication, "
    f"may_tell, why_held) VALUES ('m', 'x', 1, 'buyer', 'mail', 'accepted', {DAY}, {DAY}, '', 'a@b.example', '', '', '', "
    "'', 'd', 'the words', '', '', '', '', '', '', 0, '', 0, '')",
    f"INSERT INTO event (inquiry, at, kind, message, proof) VALUES (1, {DAY}, 'message.received', 1, '{{}}')",
    'INSERT INTO delivery (id, token, mail, kind, inquiry, message, "to", cause, state, attempts, created_at, '
    f"next_attempt_at, remote) VALUES ('d', 't', 'x', 'relayed', 1, 1, 'z@z.example', '', 'queued', 0, {DAY}, {DAY}, '')",
    f"INSERT INTO attempt (delivery, number, started_at, host, stage, code, enhanced, text) "
    f"VALUES (1, 1, {DAY}, '', '', 0, '', '')",
)


def test_a_store_of_the_first_schema_keeps_its_rows(tmp_path: Path) -> None:
    one = engine.open_engine(tmp_path / "parley.db")
    config = Config()
    config.set_main_option("script_location", str(Path(engine.__file__).parent / "migrations"))
    with one.connect() as connection:
        config.attributes["connection"] = connection
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        command.upgrade(config, "0001")
        for row in ROWS:
            connection.exec_driver_sql(row)
        connection.exec_driver_sql("COMMIT")
    assert engine.migrate(one) == ("0001", engine.head())
    with one.connect() as connection:
        (message,) = messages.of_inquiry(connection, 1)
        (delivery,) = outbox.of_inquiry(connection, 1)
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    assert (message.text, message.zone, message.seal, message.disguised, message.thread_index) == (
        "the words",
        0,
        "",
        False,
        "",
    )
    assert (delivery.to, delivery.event) == ("z@z.example", None)
    one.dispose()

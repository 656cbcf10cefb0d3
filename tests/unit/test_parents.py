"""Which message of an inquiry a mail answers, looked up in the store: the same on both engines."""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta

import pytest
from parley.relay import parents
from parley.relay.mail import read
from parley.store import lineage, messages
from parley.store.place import Place
from parley.store.rows import add
from parley.store.statements import Query
from parley.store.store import open_store
from parley.store.tables import Delivery, Inquiry, Message
from sqlalchemy import Connection

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DOMAIN = "reply.example"
TOKEN = "abcdefghkmnprstu"
ANNA = "anna@werk.example"


@pytest.fixture
def connection(place: Place) -> Generator[Connection]:
    store = open_store(place)
    engine = store._engine  # pyright: ignore[reportPrivateUsage]
    try:
        with engine.connect() as one:
            one.exec_driver_sql("BEGIN")
            yield one
            one.exec_driver_sql("ROLLBACK")
    finally:
        store.close()


def inquiry(connection: Connection, id: str) -> int:
    row = Inquiry(id=id, marketplace="m", reference=id, subject="Price", wishes=[], created_at=NOON)
    return add(connection, row)


def message(
    connection: Connection, of: int, number: int, *, subject: str = "", message_id: str = "", channel: str = "mail"
) -> int:
    row = Message(
        id=f"{of}-{number}",
        mail=f"{of}-{number}",
        inquiry=of,
        side="seller",
        channel=channel,
        state="accepted",
        at=NOON + timedelta(minutes=number),
        dated=NOON,
        from_email=ANNA,
        subject=subject,
        message_id=message_id,
        message_key=lineage.message_key(message_id),
        dedupe=str(number),
        text=f"words {number}",
    )
    return add(connection, row)


def sent(connection: Connection, of: int, about: int, token: str) -> None:
    row = Delivery(
        id=token,
        token=token,
        mail="1",
        kind="relayed",
        inquiry=of,
        message=about,
        to="bob@acme.example",
        state="sent",
        created_at=NOON,
        next_attempt_at=NOON,
    )
    add(connection, row)


def exchange(connection: Connection, name: str = "a") -> tuple[int, list[int]]:
    """An inquiry whose messages are more than are read where no id leads anywhere."""
    of = inquiry(connection, name)
    count = parents.RECENT + 3
    return of, [
        message(connection, of, number, message_id=f"{number}@werk.example", subject=f"Subject {number}")
        for number in range(count)
    ]


def found(connection: Connection, of: int, head: str) -> tuple[int, str]:
    mail = read(f"From: bob@acme.example\r\n{head}\r\n\r\nHello\r\n".encode())
    parent = parents.find(connection, of, mail, [DOMAIN]).parent
    return parent.message, parent.by


def test_an_id_leads_to_a_message_however_long_ago(connection: Connection) -> None:
    of, seqs = exchange(connection)
    assert found(connection, of, "References: <1@werk.example> <x@else.example>") == (seqs[1], "references")
    assert found(connection, of, "In-Reply-To: <2@werk.example>") == (seqs[2], "in-reply-to")
    assert found(connection, of, "References: <1@werk.example> <2@werk.example>") == (seqs[2], "references")


def test_our_own_id_goes_before_those_of_writers(connection: Connection) -> None:
    of, seqs = exchange(connection)
    sent(connection, of, seqs[1], TOKEN)
    named = f"References: <m.{TOKEN}@{DOMAIN}> <2@werk.example>"
    assert found(connection, of, named) == (seqs[1], "own-id")


def test_ids_of_another_inquiry_lead_nowhere(connection: Connection) -> None:
    other, others = exchange(connection, "b")
    of, seqs = exchange(connection)
    sent(connection, other, others[1], TOKEN)
    assert found(connection, of, f"References: <m.{TOKEN}@{DOMAIN}>\r\nSubject: New") == (seqs[0], "inquiry")
    assert found(connection, of, "References: <1@werk.example>") == (seqs[1], "references")


def test_the_subject_is_looked_for_among_the_first_and_the_last(connection: Connection) -> None:
    of, seqs = exchange(connection)
    assert found(connection, of, f"Subject: Re: Subject {len(seqs) - 1}") == (seqs[-1], "subject")
    assert found(connection, of, "Subject: Re: Subject 0") == (seqs[0], "subject")
    assert found(connection, of, "Subject: Re: Subject 1") == (seqs[0], "inquiry")


@pytest.mark.parametrize(
    "date", ["Fri, 31 Dec 9999 23:59:59 +0000", "Fri, 31 Dec 9999 23:59:59 -1200", "Mon, 1 Jan 0001 00:00:00 +1200"]
)
def test_a_clock_may_be_as_wrong_as_it_can_be(connection: Connection, date: str) -> None:
    of, seqs = exchange(connection)
    assert found(connection, of, f"Date: {date}\r\nSubject: Re: Subject {len(seqs) - 1}") == (seqs[-1], "subject")


def test_a_mail_that_comes_again_does_not_answer_itself(connection: Connection) -> None:
    of, seqs = exchange(connection)
    again = "Message-ID: <52@werk.example>\r\nReferences: <52@werk.example>\r\nSubject: Subject 52"
    assert found(connection, of, again) == (seqs[0], "inquiry")


def test_no_more_than_the_newest_ids_are_looked_up(connection: Connection) -> None:
    of, seqs = exchange(connection)
    many = "\r\n ".join(f"<{number}@else.example>" for number in range(300))
    assert found(connection, of, f"References: <1@werk.example>\r\n {many}") == (seqs[0], "inquiry")
    assert found(connection, of, f"References: {many}\r\n <1@werk.example>") == (seqs[1], "references")
    assert found(connection, of, f"References: {many}\r\nIn-Reply-To: <2@werk.example>") == (seqs[2], "in-reply-to")


def test_an_inquiry_without_a_message(connection: Connection) -> None:
    of = inquiry(connection, "a")
    with pytest.raises(LookupError, match="no message"):
        found(connection, of, "Subject: Price")


def test_the_last_mails_of_an_address(connection: Connection) -> None:
    of, _ = exchange(connection)
    message(connection, of, 100, channel="page")
    exchange(connection, "b")
    last = messages.last_said(connection, of, ANNA, 2, among=3)
    assert [one.text for one in last] == ["words 52", "words 51"]
    assert messages.last_said(connection, of, ANNA, 5, among=1) == ()
    assert messages.last_said(connection, of, "bob@acme.example", 5, among=50) == ()
    since = NOON + timedelta(minutes=49)
    assert [one.text[6:] for one in messages.said_since(connection, of, ANNA, since, among=3)] == ["52", "51"]
    assert len(messages.said_since(connection, of, ANNA, since, among=200)) == 3


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("query", "index"),
    [
        (lineage._COPIES, "(token=?)"),  # pyright: ignore[reportPrivateUsage]
        (lineage._NAMED, "ix_message_message_key"),  # pyright: ignore[reportPrivateUsage]
        (messages._LAST_SAID, "(inquiry=? AND rowid>?)"),  # pyright: ignore[reportPrivateUsage]
        (messages._SAID_SINCE, "(inquiry=? AND rowid>?)"),  # pyright: ignore[reportPrivateUsage]
    ],
)
def test_sqlite_takes_the_narrow_index(connection: Connection, query: Query[object], index: str) -> None:
    given = {"inquiry": 1, "tokens": ["a", "b"], "keys": [1, 2], "ids": ["a", "b"], "writer": "", "among": 5, "most": 5}
    raw = connection.connection.driver_connection
    assert raw is not None
    seen: list[str] = []
    raw.set_trace_callback(seen.append)
    query.all(connection, **given, since=NOON)
    raw.set_trace_callback(None)
    plan = connection.exec_driver_sql("EXPLAIN QUERY PLAN " + seen[0]).all()
    assert index in plan[0][-1]

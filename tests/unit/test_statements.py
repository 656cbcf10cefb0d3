"""Statements on the driver's own cursor give the same rows, changes and errors as through SQLAlchemy."""

import re
from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

import pytest
from parley.store.engine import open_engine
from parley.store.place import Place
from parley.store.rows import add, add_all
from parley.store.schema import require_schema
from parley.store.statements import Query, Statement
from parley.store.tables import Event, Inquiry, Participant, table
from parley.store.values import EventRow, InquiryRow, ParticipantRow, fetch, project
from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DBAPIError, IntegrityError

AT = datetime(2026, 11, 25, 9, 30, tzinfo=timezone(timedelta(hours=2)))
SECRET = "a person's words"
_event, _participant = table(Event), table(Participant)


@pytest.fixture
def connection(place: Place) -> Generator[Connection]:
    engine = open_engine(place)
    require_schema(engine)
    with engine.connect() as connection:
        add(connection, Inquiry(id="q", marketplace="m", reference="r", subject="s", wishes=["a", "b"], created_at=AT))
        for number, side in enumerate(("buyer", "seller", "seller")):
            person = Participant(
                id=f"p{number}", inquiry=1, side=side, email="e", email_key="e", joined_by="x", joined_at=AT
            )
            assert add(connection, person) == number + 1
        yield connection
    engine.dispose()


def event(kind: str, **proof: str) -> EventRow:
    return EventRow(seq=0, inquiry=1, at=AT, kind=kind, actor=None, message=None, proof=proof, raw=None)


def test_a_row_has_our_types_and_is_what_sqlalchemy_gives(connection: Connection) -> None:
    statement = project(Inquiry, InquiryRow, table(Inquiry).c.seq == bindparam("seq"))
    found = Query(statement, InquiryRow).first(connection, seq=1)
    assert found is not None
    assert (found.created_at, found.closed_at, found.wishes) == (AT, None, ["a", "b"])
    assert [found] == list(fetch(connection, statement, InquiryRow, seq=1))
    assert Query(statement, InquiryRow).first(connection, seq=2) is None


@pytest.mark.parametrize("sides", [[], ["seller"], ["buyer", "seller"], ["buyer", "seller", "x"], ["seller"] * 70])
def test_a_list_of_any_length(connection: Connection, sides: list[str]) -> None:
    statement = project(Participant, ParticipantRow, _participant.c.side.in_(bindparam("sides", expanding=True)))
    query = Query(statement, ParticipantRow)
    assert query.all(connection, sides=sides) == list(fetch(connection, statement, ParticipantRow, sides=sides))
    assert query.all(connection, sides=["buyer", "buyer"]) == query.all(connection, sides=["buyer"])


def test_values_of_the_statement_itself_are_kept(connection: Connection) -> None:
    statement = project(
        Participant, ParticipantRow, _participant.c.side.in_(("buyer", "seller")), _participant.c.seq > bindparam("seq")
    )
    assert [one.seq for one in Query(statement.limit(1), ParticipantRow).all(connection, seq=1)] == [2]


def test_changes_are_counted_and_parameters_converted(connection: Connection) -> None:
    moved = Statement(
        update(_participant)
        .where(_participant.c.side.in_(bindparam("sides", expanding=True)))
        .values(joined_at=bindparam("at"), state=bindparam("new"))
    )
    later = AT + timedelta(days=1)
    assert moved.run(connection, sides=["seller"], at=later, new="left") == 2
    people = Query(project(Participant, ParticipantRow), ParticipantRow).all(connection)
    assert [(one.joined_at, one.state) for one in people] == [(AT, "active"), (later, "left"), (later, "left")]


def test_a_time_without_a_zone_is_refused(connection: Connection) -> None:
    with pytest.raises(ValueError, match="zone"):
        add(connection, EventRow(0, 1, datetime(2026, 1, 1), "k", None, None, {}, None))  # noqa: DTZ001


def test_returning(connection: Connection) -> None:
    gone = Query(
        delete(_participant).where(_participant.c.seq == bindparam("of")).returning(_participant.c.joined_at),
        lambda at: at,
    )
    assert gone.all(connection, of=2) == [AT]
    assert gone.all(connection, of=2) == []


def test_rows_are_added_as_values_or_models_one_or_many(connection: Connection) -> None:
    assert add(connection, event("a", by="x")) == 1
    add_all(connection, [event("b"), event("c", why="ü")])
    add_all(connection, [])
    assert add(connection, Event(inquiry=1, at=AT, kind="d", proof={})) == 4
    events = Query(project(Event, EventRow), EventRow).all(connection)
    assert [(one.kind, one.proof) for one in events] == [("a", {"by": "x"}), ("b", {}), ("c", {"why": "ü"}), ("d", {})]
    assert events[0].at == AT
    assert events[0].at.tzinfo is UTC


def test_errors_are_sqlalchemys_and_tell_no_values(connection: Connection) -> None:
    named = Statement(insert(_participant), ["id", "inquiry", "side", "email"])
    with pytest.raises(IntegrityError) as caught:
        named.run(connection, id=SECRET, inquiry=1, side="x", email=SECRET)
    assert SECRET not in str(caught.value)
    connection.exec_driver_sql("ALTER TABLE event RENAME TO gone")
    with pytest.raises(DBAPIError, match=r"no such table|does not exist"):
        Query(project(Event, EventRow), EventRow).all(connection)


def test_it_is_compiled_once(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[object] = []
    plain = type(select(_event)).compile

    def counted(self: object, *args: object, **given: object) -> object:
        compiled.append(self)
        return plain(self, *args, **given)  # pyright: ignore

    monkeypatch.setattr(type(select(_event)), "compile", counted)
    query = Query(project(Event, EventRow, _event.c.seq == bindparam("seq")), EventRow)
    for seq in range(5):
        query.first(connection, seq=seq)
    assert len(compiled) == 1


@dataclass
class _Cursor:
    """Stands where PostgreSQL's driver would, to show what it would be given."""

    got: list[tuple[str, object]]

    def cursor(self) -> "_Cursor":
        return self

    def execute(self, sql: str, given: object) -> None:
        self.got.append((sql, given))

    def fetchall(self) -> list[object]:
        return []


@dataclass
class _Pooled:
    driver_connection: _Cursor


@dataclass
class _PostgreSql:
    connection: _Pooled
    dialect: PGDialect_psycopg


def test_parameters_go_by_name_where_the_driver_wants_names() -> None:
    cursor = _Cursor([])
    postgresql = _PostgreSql(_Pooled(cursor), PGDialect_psycopg(dbapi=PGDialect_psycopg.import_dbapi()))
    query = Query(
        project(
            Event,
            EventRow,
            _event.c.kind.in_(bindparam("kinds", expanding=True)),
            _event.c.inquiry == bindparam("inquiry"),
            _event.c.at < bindparam("before"),
        ).limit(5),
        EventRow,
    )
    given = {"kinds": ["a", "b", "c"], "inquiry": 7, "before": AT}
    assert query.all(postgresql, **given) == []  # pyright: ignore
    sql, filled = cursor.got[0]
    assert isinstance(filled, dict)
    assert set(re.findall(r"%\((\w+)\)s", sql)) == set(filled)
    assert sorted(map(str, filled.values())) == sorted(["a", "b", "c", "c", "7", str(AT.astimezone(UTC)), "5"])

"""Core statements that are compiled once and then run on the driver's own cursor: what the hot path is made of.

SQLAlchemy looks at a statement anew at every execution, which costs 30–250 µs; the database itself needs a few. Here a
statement of the schema is compiled once for each kind of database, with what turns our values into the driver's and
back, and from then on costs little more than the driver. Written next to the function that runs it:

    _GET = Query(select(...).where(_message.c.seq == bindparam("seq")), MessageRow)
    _GET.first(connection, seq=7)

It is the same SQL, in the transaction of the connection that it is given; errors come as SQLAlchemy's DBAPIError.
Statements whose shape depends on what is asked (filters, optional limits) go the ordinary way, through values.fetch.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import Connection, Dialect, Executable, Select, UpdateBase
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

V = TypeVar("V")
_Change = Callable[[Any], Any]


class Statement:
    """A statement with bound parameters. A parameter that is "expanding" takes a list (`IN`)."""

    def __init__(self, statement: Executable, given: Sequence[str] | None = None) -> None:
        """`given`: the columns that an INSERT without values of its own is given."""
        self._statement = statement
        self._given = given
        self._compiled: dict[str, _Compiled] = {}

    def run(self, connection: Connection, **given: object) -> int:
        """Run it and return how many rows it changed."""
        return int(self._execute(connection, given).rowcount)

    def insert(self, connection: Connection, **given: object) -> int:
        """Run an INSERT of one row and return its number, on a database whose driver tells it (`lastrowid`)."""
        return int(self._execute(connection, given).lastrowid)

    def run_all(self, connection: Connection, rows: Iterable[Mapping[str, object]]) -> None:
        """Run it once for each of `rows`, which have the same parameters. Expanding ones are not for this."""
        listed = list(rows)
        if not listed:
            return
        plan = self._for(connection).plan(listed[0])
        filled = [plan.fill(row) for row in listed]
        cursor = _cursor(connection)
        try:
            cursor.executemany(plan.sql, filled)
        except connection.dialect.loaded_dbapi.Error as error:
            raise _translated(connection, plan.sql, error, cursor) from error

    def _execute(self, connection: Connection, given: Mapping[str, object]) -> Any:
        """Run it and return the driver's cursor. Raises DBAPIError, as SQLAlchemy would."""
        plan = self._for(connection).plan(given)
        cursor = _cursor(connection)
        try:
            cursor.execute(plan.sql, plan.fill(given))
        except connection.dialect.loaded_dbapi.Error as error:
            raise _translated(connection, plan.sql, error, cursor) from error
        return cursor

    def _for(self, connection: Connection) -> "_Compiled":
        dialect = connection.dialect
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _Compiled(self._statement, dialect, self._given)
        return compiled


class Query(Statement, Generic[V]):
    """A statement that gives rows: a SELECT, or anything with RETURNING. Each row becomes a `value`."""

    def __init__(self, statement: Executable, value: Callable[..., V], given: Sequence[str] | None = None) -> None:
        super().__init__(statement, given)
        self._value = value

    def all(self, connection: Connection, **given: object) -> list[V]:
        """Run it and return every row."""
        rows: list[Sequence[Any]] = self._execute(connection, given).fetchall()
        value, read = self._value, self._for(connection).read
        return [value(*read(row)) for row in rows]

    def first(self, connection: Connection, **given: object) -> V | None:
        """Run it and return the first row, None where there is none."""
        cursor = self._execute(connection, given)
        row = cursor.fetchone()
        cursor.close()
        return None if row is None else self._value(*self._for(connection).read(row))


@dataclass(frozen=True, slots=True)
class _Plan:
    """The SQL for one set of list lengths, and how its parameters are filled in."""

    sql: str
    names: tuple[str, ...]  # of the parameters, in the order of their places in the SQL
    changes: tuple[tuple[int, _Change], ...]  # place, what its value becomes for the driver
    lists: tuple[tuple[str, tuple[str, ...]], ...]  # a list, and the parameters that its values are
    fixed: Mapping[str, object]  # parameters with values of their own
    counted: bool  # the driver counts parameters; else it knows them by name

    def fill(self, given: Mapping[str, object]) -> list[object] | dict[str, object]:
        """Return the driver's parameters."""
        if self.fixed or self.lists:
            given = {**self.fixed, **given, **self._spread(given)}
        filled = [given[name] for name in self.names]
        for place, change in self.changes:
            filled[place] = change(filled[place])
        return filled if self.counted else dict(zip(self.names, filled, strict=True))

    def _spread(self, given: Mapping[str, object]) -> dict[str, object]:
        """Return the values of lists by the names of their places; the last one fills the places that are left."""
        found: dict[str, object] = {}
        for name, places in self.lists:
            values = cast("Sequence[object]", given[name])
            found.update(zip(places, chain(values, repeat(values[-1] if values else None)), strict=False))
        return found


class _Compiled:
    """A statement in the words of one kind of database."""

    def __init__(self, statement: Executable, dialect: Dialect, given: Sequence[str] | None) -> None:
        # The public signature of compile() names neither the dialect nor the columns.
        keys: Any = {"column_keys": list(given)} if given is not None else {}
        self._compiled = cast(SQLCompiler, cast(Any, statement).compile(dialect=dialect, **keys))
        binds = {name: bind for bind, name in self._compiled.bind_names.items()}
        self._lists = tuple(name for name, bind in binds.items() if bind.expanding)
        self._fills = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in binds.items()}
        self._reads = _reads(statement, dialect)
        self._plans: dict[tuple[int, ...], _Plan] = {}

    def plan(self, given: Mapping[str, object]) -> _Plan:
        """Return how to run it with lists as long as these: lengths are rounded up, so that there are few plans."""
        lengths = tuple([_room(cast("Sequence[object]", given[name])) for name in self._lists if name in given])
        plan = self._plans.get(lengths)
        if plan is None:
            plan = self._plans[lengths] = self._plan(given, lengths)
        return plan

    def _plan(self, given: Mapping[str, object], lengths: tuple[int, ...]) -> _Plan:
        lists = [name for name in self._lists if name in given]
        sample = dict(given) | {name: [None] * length for name, length in zip(lists, lengths, strict=True)}
        state = self._compiled.construct_expanded_state(sample, escape_names=False)
        spread = {name: tuple(places) for name, places in state.parameter_expansion.items() if name in given}
        origin = {place: name for name, places in state.parameter_expansion.items() for place in places}
        names = tuple(state.positiontup or state.parameters)
        fills = [self._fills[origin.get(name, name)] for name in names]
        return _Plan(
            state.statement,
            names,
            tuple((place, fill) for place, fill in enumerate(fills) if fill is not None),
            tuple(spread.items()),
            {name: value for name, value in state.parameters.items() if origin.get(name, name) not in given},
            counted=bool(state.positiontup),
        )

    def read(self, row: Sequence[Any]) -> Sequence[Any]:
        """Return a row of the driver's values as ours."""
        if not self._reads:
            return row
        values = list(row)
        for place, change in self._reads:
            values[place] = change(values[place])
        return values


def _reads(statement: Executable, dialect: Dialect) -> tuple[tuple[int, _Change], ...]:
    """Return place → what turns the driver's value there into ours, for the columns that need it."""
    if not isinstance(statement, Select | UpdateBase):
        return ()
    kinds = [column.type.dialect_impl(dialect) for column in cast(Any, statement).exported_columns]
    found = [(place, kind.result_processor(dialect, None)) for place, kind in enumerate(kinds)]
    return tuple((place, change) for place, change in found if change is not None)


def _room(values: Sequence[object]) -> int:
    """Return the next power of two: a list is filled up with its last value, which changes no `IN`."""
    return 1 << (len(values) - 1).bit_length() if values else 0


def _cursor(connection: Connection) -> Any:
    """Return a new cursor of the driver."""
    return cast(Any, connection.connection.driver_connection).cursor()


def _translated(connection: Connection, sql: str, error: Exception, cursor: Any) -> BaseException:
    """Return the driver's error as SQLAlchemy's, without the parameters: they may be a person's words."""
    dialect = connection.dialect
    lost = dialect.is_disconnect(cast(Any, error), connection.connection.driver_connection, cursor)
    if lost:
        connection.invalidate(error)
    base = dialect.loaded_dbapi.Error
    return DBAPIError.instance(
        sql, None, error, base, hide_parameters=True, connection_invalidated=lost, dialect=dialect
    )

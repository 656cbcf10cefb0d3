"""Writes rows: of a table's model, or of the frozen values that queries give. `seq` is the database's to choose."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Table, insert
from sqlmodel import SQLModel

from .statements import Query, Statement
from .tables import Attachment, Attempt, Delivery, Event, Message, table
from .values import AttachmentRow, AttemptRow, DeliveryRow, EventRow, MessageRow

Value = AttachmentRow | AttemptRow | DeliveryRow | EventRow | MessageRow
Row = SQLModel | Value
V = TypeVar("V", bound=Value)


class _Insertion:
    """The INSERT of one type of row."""

    def __init__(self, target: Table, names: Sequence[str]) -> None:
        self._names = names
        self.values: Callable[[Any], tuple[object, ...]] = attrgetter(*names)
        self._plain = Statement(insert(target), names)
        self._returning = Query(insert(target).returning(target.c.seq), int, names) if "seq" in target.c else None

    def one(self, connection: Connection, values: Sequence[object]) -> int:
        """Insert a row and return its sequence number, 0 where the table has none."""
        given = dict(zip(self._names, values, strict=True))
        if self._returning is None:
            self._plain.run(connection, **given)
            return 0
        if connection.dialect.name == "sqlite":  # SQLite tells the number anyway; RETURNING costs as much again
            return self._plain.insert(connection, **given)
        return self._returning.first(connection, **given) or 0

    def several(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Insert rows of this one type."""
        self._plain.run_all(connection, [dict(zip(self._names, self.values(row), strict=True)) for row in rows])


_MODELS: dict[type, type[SQLModel]] = {
    AttachmentRow: Attachment,
    AttemptRow: Attempt,
    DeliveryRow: Delivery,
    EventRow: Event,
    MessageRow: Message,
}


_INSERTIONS: dict[Any, _Insertion] = {}  # by type of row, each made when it is first needed


def _insertion(row: Row) -> _Insertion:
    """Return how rows of this type are inserted. A column that the type does not have stays empty."""
    found = _INSERTIONS.get(type(row))
    if found is None:
        target = table(type(row) if isinstance(row, SQLModel) else _MODELS[type(row)])
        names = target.c.keys() if isinstance(row, SQLModel) else [field.name for field in fields(row)]
        found = _INSERTIONS[type(row)] = _Insertion(target, [name for name in names if name != "seq"])
    return found


def add(connection: Connection, row: Row) -> int:
    """Insert `row` and return its sequence number (of tables that have one, else 0)."""
    insertion = _insertion(row)
    return insertion.one(connection, insertion.values(row))


def added(connection: Connection, row: V) -> V:
    """Insert `row` and return it with its sequence number."""
    insertion = _insertion(row)
    values = insertion.values(row)
    return cast(Any, type(row))(insertion.one(connection, values), *values)


def add_all(connection: Connection, rows: Sequence[Row]) -> None:
    """Insert rows of one type with one statement."""
    if rows:
        _insertion(rows[0]).several(connection, rows)

"""Writes rows: a table's model says the types, Core does the insert."""

from collections.abc import Sequence

from sqlalchemy import Connection, insert
from sqlmodel import SQLModel

from .tables import table

_INSERT = {name: insert(one) for name, one in SQLModel.metadata.tables.items()}


def _values(row: SQLModel) -> dict[str, object]:
    return {column.name: getattr(row, column.name) for column in table(type(row)).c if column.name != "seq"}


def add_all(connection: Connection, rows: Sequence[SQLModel]) -> None:
    """Insert rows of one table, by one statement."""
    connection.execute(_INSERT[table(type(rows[0])).name], [_values(row) for row in rows])


def add(connection: Connection, row: SQLModel) -> int:
    """Insert `row` and return its sequence number (of tables that have one, else 0)."""
    target = table(type(row))
    result = connection.execute(_INSERT[target.name], _values(row))
    return int(result.inserted_primary_key[0]) if "seq" in target.c and result.inserted_primary_key else 0

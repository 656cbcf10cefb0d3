"""Writes rows: a table's model says the types, Core does the insert."""

from sqlalchemy import Connection, insert
from sqlmodel import SQLModel

from .tables import table

_INSERT = {name: insert(one) for name, one in SQLModel.metadata.tables.items()}


def add(connection: Connection, row: SQLModel) -> int:
    """Insert `row` and return its sequence number (of tables that have one, else 0)."""
    target = table(type(row))
    values = {column.name: getattr(row, column.name) for column in target.c if column.name != "seq"}
    result = connection.execute(_INSERT[target.name], values)
    return int(result.inserted_primary_key[0]) if "seq" in target.c and result.inserted_primary_key else 0

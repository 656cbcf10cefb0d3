"""Alembic's entry: runs the migrations on the connection that store/engine.py hands over."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from parley.store import tables
from sqlmodel import AutoString


def render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Write our column types as plain SQLAlchemy ones, so that a migration never changes when the code does."""
    if kind == "type" and isinstance(item, AutoString):
        return "sa.String()"
    if kind == "type" and isinstance(item, tables.Utc):
        return "sa.DateTime(timezone=True)"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=tables.SQLModel.metadata,
    render_as_batch=True,
    render_item=render_item,
    transactional_ddl=False,
)
context.run_migrations()

"""The history's facts: added, listed, never changed."""

from sqlalchemy import Connection

from .tables import Event, table
from .values import EventRow, fetch, project

_event = table(Event)


def of_inquiry(connection: Connection, inquiry: int) -> tuple[EventRow, ...]:
    """Return all events of an inquiry, oldest first."""
    return tuple(fetch(connection, project(Event, EventRow, _event.c.inquiry == inquiry), EventRow))

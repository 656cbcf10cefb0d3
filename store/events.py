"""The history's facts: added, listed, never changed."""

from sqlalchemy import Connection, bindparam

from .tables import Event, table
from .values import EventRow, fetch, fetch_one, project

_event = table(Event)


_GET = project(Event, EventRow, _event.c.seq == bindparam("seq"))


def get(connection: Connection, seq: int) -> EventRow:
    """Return an event that is known to exist. Raises LookupError."""
    row = fetch_one(connection, _GET, EventRow, seq=seq)
    if row is None:
        raise LookupError(f"event {seq}")
    return row


def of_inquiry(connection: Connection, inquiry: int) -> tuple[EventRow, ...]:
    """Return all events of an inquiry, oldest first."""
    return tuple(fetch(connection, project(Event, EventRow, _event.c.inquiry == inquiry), EventRow))

"""The history's facts: added, listed, never changed."""

from collections.abc import Collection

from sqlalchemy import Connection, bindparam

from .statements import Query
from .tables import Event, table
from .values import EventRow, fetch, project

_event = table(Event)


_GET = Query(project(Event, EventRow, _event.c.seq == bindparam("seq")), EventRow)


def get(connection: Connection, seq: int) -> EventRow:
    """Return an event that is known to exist. Raises LookupError."""
    row = _GET.first(connection, seq=seq)
    if row is None:
        raise LookupError(f"event {seq}")
    return row


_OF_KINDS = Query(
    project(
        Event,
        EventRow,
        _event.c.inquiry == bindparam("inquiry"),
        _event.c.kind.in_(bindparam("kinds", expanding=True)),
    ),
    EventRow,
)


def of_kinds(connection: Connection, inquiry: int, kinds: Collection[str]) -> tuple[EventRow, ...]:
    """Return the events of an inquiry that are of these kinds, oldest first."""
    return tuple(_OF_KINDS.all(connection, inquiry=inquiry, kinds=list(kinds)))


_ABOUT = Query(
    project(
        Event,
        EventRow,
        _event.c.inquiry == bindparam("inquiry"),
        _event.c.message == bindparam("message"),
        _event.c.actor == bindparam("actor"),
    ),
    EventRow,
)


def about(connection: Connection, inquiry: int, message: int, actor: int) -> tuple[EventRow, ...]:
    """Return what one participant's events say of one message, oldest first."""
    return tuple(_ABOUT.all(connection, inquiry=inquiry, message=message, actor=actor))


_FIRST_BY = Query(
    project(
        Event,
        EventRow,
        _event.c.inquiry == bindparam("inquiry"),
        _event.c.kind == bindparam("kind"),
        _event.c.actor.in_(bindparam("actors", expanding=True)),
    ).limit(1),
    EventRow,
)


def first_by(connection: Connection, inquiry: int, kind: str, actors: Collection[int]) -> EventRow | None:
    """Return the first event of this kind by one of these participants."""
    return _FIRST_BY.first(connection, inquiry=inquiry, kind=kind, actors=list(actors))


def of_inquiry(connection: Connection, inquiry: int) -> tuple[EventRow, ...]:
    """Return all events of an inquiry, oldest first."""
    return tuple(fetch(connection, project(Event, EventRow, _event.c.inquiry == inquiry), EventRow))

"""Messages that are still on their way after long."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, exists

from .tables import Delivery, DeliveryState, table
from .values import DeliveryRow, fetch, project

_delivery = table(Delivery)
_notice = _delivery.alias()
_TOLD = exists().where(_notice.c.message == _delivery.c.message, _notice.c.kind == "delayed")
_LATE = (
    project(
        Delivery,
        DeliveryRow,
        _delivery.c.state.in_((DeliveryState.DEFERRED, DeliveryState.SENDING)),
        _delivery.c.attempts > 0,
        _delivery.c.kind.in_(("request", "relayed")),
        _delivery.c.created_at <= bindparam("since"),
        ~_TOLD,
    )
    .order_by(_delivery.c.seq)
    .limit(bindparam("most"))
)


def late(connection: Connection, since: datetime, limit: int) -> tuple[DeliveryRow, ...]:
    """Return deliveries of people's words that wait since `since` or longer and whose writer was not told."""
    return tuple(fetch(connection, _LATE, DeliveryRow, since=since, most=limit))


_IS_TOLD = project(Delivery, DeliveryRow, _delivery.c.message == bindparam("of"), _delivery.c.kind == "delayed")


def is_told(connection: Connection, message: int) -> bool:
    """True when the writer of this message was told that it is late."""
    return any(True for _ in fetch(connection, _IS_TOLD, DeliveryRow, of=message))

"""Messages that are still on their way after long, and attempts that are planned too far away."""

from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, exists, or_, select, update

from .tables import Delivery, DeliveryState, Message, Participant, table
from .values import DeliveryRow, fetch, project

_delivery = table(Delivery)
_notice = _delivery.alias()
_message = table(Message)
_author = table(Participant)
_TOLD = exists().where(_notice.c.message == _delivery.c.message, _notice.c.kind == "delayed")
_SOMEBODY_TO_TELL = exists().where(
    _message.c.seq == _delivery.c.message, _author.c.seq == _message.c.author, _author.c.state == "active"
)
_LATE = (
    project(
        Delivery,
        DeliveryRow,
        _delivery.c.state.in_((DeliveryState.DEFERRED, DeliveryState.SENDING)),
        _delivery.c.attempts > 0,
        _delivery.c.kind.in_(("request", "relayed")),
        _delivery.c.created_at <= bindparam("since"),
        ~_TOLD,
        _SOMEBODY_TO_TELL,
    )
    .order_by(_delivery.c.seq)
    .limit(bindparam("most"))
)


def late(connection: Connection, since: datetime, limit: int) -> tuple[DeliveryRow, ...]:
    """Return deliveries of people's words that wait since `since` or longer, whose writer is there and was not told."""
    return tuple(fetch(connection, _LATE, DeliveryRow, since=since, most=limit))


_FAR = and_(
    _delivery.c.next_attempt_at > bindparam("latest"),
    or_(
        _delivery.c.state == DeliveryState.DEFERRED,
        and_(_delivery.c.state == DeliveryState.QUEUED, _delivery.c.next_attempt_at == _delivery.c.created_at),
    ),
)
_IS_FAR = select(_delivery.c.seq).where(_FAR).limit(1)
_PULL_IN = update(_delivery).where(_FAR).values(next_attempt_at=bindparam("latest"))


def is_far(connection: Connection, latest: datetime) -> bool:
    """True when an attempt is planned later than `latest`, though it was to be made at once or was put off."""
    return connection.execute(_IS_FAR, {"latest": latest}).first() is not None


def pull_in(connection: Connection, latest: datetime) -> int:
    """Plan none of these later than `latest`; returns how many deliveries that moved.

    A clock that was put back leaves attempts planned for a time that is far away now.
    """
    return connection.execute(_PULL_IN, {"latest": latest}).rowcount


_IS_TOLD = project(Delivery, DeliveryRow, _delivery.c.message == bindparam("of"), _delivery.c.kind == "delayed")


def is_told(connection: Connection, message: int) -> bool:
    """True when the writer of this message was told that it is late."""
    return any(True for _ in fetch(connection, _IS_TOLD, DeliveryRow, of=message))

"""Deliveries: leased by whoever sends, each attempt written before it starts, finished rows kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, exists, func, insert, or_, select, update

from .tables import WAITING, Attempt, Delivery, DeliveryState, table
from .values import AttemptRow, DeliveryRow, columns, fetch, fetch_one, project

_delivery, _attempt = table(Delivery), table(Attempt)

_HEAD_HOLDS = timedelta(minutes=30)  # how long a waiting mail keeps later ones of its conversation behind it


@dataclass(frozen=True, slots=True)
class Tried:
    """What one attempt came to."""

    at: datetime
    host: str
    stage: str
    code: int
    enhanced: str
    text: str


def lease(connection: Connection, now: datetime, until: datetime, limit: int) -> tuple[DeliveryRow, ...]:
    """Take up to `limit` due deliveries for this process and record that an attempt of each begins.

    A delivery waits while an earlier one of the same inquiry to the same recipient does, so that a
    conversation arrives in order; after 30 minutes it goes ahead.
    """
    due = select(_delivery.c.seq).where(_due(now), ~_behind_another(now)).order_by(_delivery.c.seq).limit(limit)
    statement = (
        update(_delivery)
        .where(_delivery.c.seq.in_(due))
        .values(state=DeliveryState.SENDING, lease_until=until, attempts=_delivery.c.attempts + 1)
        .returning(*columns(Delivery, DeliveryRow))
    )
    leased = tuple(sorted(fetch(connection, statement, DeliveryRow), key=lambda delivery: delivery.seq))
    if leased:
        rows = [{"delivery": row.seq, "number": row.attempts, "started_at": now} | _BLANK for row in leased]
        connection.execute(insert(_attempt), rows)
    return leased


_BLANK = {"host": "", "stage": "", "code": 0, "enhanced": "", "text": ""}


def _due(now: datetime) -> ColumnElement[bool]:
    state = _delivery.c.state
    waiting = and_(
        state.in_((DeliveryState.QUEUED, DeliveryState.DEFERRED)),
        _delivery.c.next_attempt_at <= now,
    )
    lease_over = and_(state == DeliveryState.SENDING, _delivery.c.lease_until <= now)
    return or_(waiting, lease_over)


def _behind_another(now: datetime) -> ColumnElement[bool]:
    earlier = _delivery.alias()
    return exists().where(
        earlier.c.inquiry == _delivery.c.inquiry,
        earlier.c.recipient == _delivery.c.recipient,
        earlier.c.seq < _delivery.c.seq,
        earlier.c.state.in_(WAITING),
        earlier.c.created_at > now - _HEAD_HOLDS,
    )


def next_due(connection: Connection) -> datetime | None:
    """Return when the next waiting delivery is due."""
    states = (DeliveryState.QUEUED, DeliveryState.DEFERRED)
    statement = select(func.min(_delivery.c.next_attempt_at)).where(_delivery.c.state.in_(states))
    return connection.execute(statement).scalar()


def take_back(connection: Connection, now: datetime) -> int:
    """Put every delivery that a stopped process was sending back into the queue; returns how many."""
    statement = update(_delivery).where(_delivery.c.state == DeliveryState.SENDING)
    return connection.execute(
        statement.values(state=DeliveryState.DEFERRED, next_attempt_at=now, lease_until=None)
    ).rowcount


def finish(
    connection: Connection, delivery: DeliveryRow, tried: Tried, state: DeliveryState, next_attempt: datetime
) -> bool:
    """Record how an attempt ended; False when the delivery was not being sent any more (dropped meanwhile)."""
    this_try = and_(_attempt.c.delivery == delivery.seq, _attempt.c.number == delivery.attempts)
    connection.execute(
        update(_attempt)
        .where(this_try)
        .values(
            ended_at=tried.at,
            host=tried.host,
            stage=tried.stage,
            code=tried.code,
            enhanced=tried.enhanced,
            text=tried.text,
        )
    )
    over = state in (DeliveryState.SENT, DeliveryState.FAILED)
    statement = update(_delivery).where(_delivery.c.seq == delivery.seq, _delivery.c.state == DeliveryState.SENDING)
    return (
        connection.execute(
            statement.values(
                state=state,
                next_attempt_at=next_attempt,
                lease_until=None,
                finished_at=tried.at if over else None,
                remote=" ".join(filter(None, (str(tried.code or ""), tried.enhanced, tried.text))),
            )
        ).rowcount
        == 1
    )


def fail_later(connection: Connection, seq: int, at: datetime, remote: str) -> bool:
    """A sent delivery came back as undeliverable; False when it was not in the state sent."""
    statement = update(_delivery).where(_delivery.c.seq == seq, _delivery.c.state == DeliveryState.SENT)
    values = {"state": DeliveryState.FAILED, "finished_at": at, "remote": remote}
    return connection.execute(statement.values(values)).rowcount == 1


def retry(connection: Connection, seq: int, now: datetime) -> bool:
    """Make a delivery due now (failed and dropped ones too); False when it is sent or being sent."""
    states = (DeliveryState.QUEUED, DeliveryState.DEFERRED, DeliveryState.FAILED, DeliveryState.DROPPED)
    statement = update(_delivery).where(_delivery.c.seq == seq, _delivery.c.state.in_(states))
    values = {"state": DeliveryState.QUEUED, "next_attempt_at": now, "finished_at": None}
    return connection.execute(statement.values(values)).rowcount == 1


def drop(connection: Connection, seq: int, now: datetime) -> bool:
    """Take a waiting delivery off the queue; False when it is over or being sent."""
    states = (DeliveryState.QUEUED, DeliveryState.DEFERRED)
    statement = update(_delivery).where(_delivery.c.seq == seq, _delivery.c.state.in_(states))
    return connection.execute(statement.values(state=DeliveryState.DROPPED, finished_at=now)).rowcount == 1


def find(connection: Connection, id: str) -> DeliveryRow | None:
    """Find a delivery by its id."""
    return fetch_one(connection, project(Delivery, DeliveryRow, _delivery.c.id == id), DeliveryRow)


def get(connection: Connection, seq: int) -> DeliveryRow:
    """Return a delivery that is known to exist. Raises LookupError."""
    row = fetch_one(connection, project(Delivery, DeliveryRow, _delivery.c.seq == seq), DeliveryRow)
    if row is None:
        raise LookupError(f"delivery {seq}")
    return row


def by_token(connection: Connection, token: str) -> DeliveryRow | None:
    """Find a delivery by the token in its Message-ID and return path."""
    return fetch_one(connection, project(Delivery, DeliveryRow, _delivery.c.token == token), DeliveryRow)


def waiting(connection: Connection, limit: int) -> tuple[DeliveryRow, ...]:
    """Return the queue: what is not over yet, oldest first."""
    statement = project(Delivery, DeliveryRow, _delivery.c.state.in_(WAITING)).limit(limit)
    return tuple(fetch(connection, statement, DeliveryRow))


def where(connection: Connection, *conditions: ColumnElement[bool]) -> tuple[DeliveryRow, ...]:
    """Return deliveries by conditions on the table, oldest first."""
    return tuple(fetch(connection, project(Delivery, DeliveryRow, *conditions), DeliveryRow))


def of_inquiry(connection: Connection, inquiry: int) -> tuple[DeliveryRow, ...]:
    """Return all deliveries of an inquiry, oldest first."""
    return where(connection, _delivery.c.inquiry == inquiry)


def by_mail(connection: Connection, mail: str) -> tuple[DeliveryRow, ...]:
    """Return all deliveries that one mail made, oldest first."""
    return where(connection, _delivery.c.mail == mail)


def of_message(connection: Connection, message: int) -> tuple[DeliveryRow, ...]:
    """Return all deliveries of a message, oldest first."""
    return where(connection, _delivery.c.message == message)


def attempts(connection: Connection, delivery: int) -> tuple[AttemptRow, ...]:
    """Return the attempts of a delivery, oldest first."""
    return tuple(fetch(connection, project(Attempt, AttemptRow, _attempt.c.delivery == delivery), AttemptRow))

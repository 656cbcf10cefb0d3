"""Deliveries: leased by whoever sends, each attempt written before it starts, finished rows kept."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    and_,
    bindparam,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from .rows import added
from .statements import Query, Statement
from .tables import WAITING, Attempt, Delivery, DeliveryState, table
from .values import AttemptRow, DeliveryRow, columns, domain_of, fetch, project

_delivery, _attempt = table(Delivery), table(Attempt)

_HEAD_HOLDS = timedelta(minutes=30)  # how long a waiting mail keeps later ones of its conversation behind it
_ON_ITS_WAY = timedelta(seconds=30)  # from a commit to whoever asked for it: longer than any writer has patience


@dataclass(frozen=True, slots=True)
class Lease:
    """By whom a delivery is being sent, and until when it is his alone."""

    by: int  # the process's number (presence.py)
    until: datetime
    not_to: tuple[str, ...] = ()  # domains, in lower case, that get nothing more just now


def _due() -> ColumnElement[bool]:
    state = _delivery.c.state
    now: BindParameter[datetime] = bindparam("now")
    waiting = and_(state.in_((DeliveryState.QUEUED, DeliveryState.DEFERRED)), _delivery.c.next_attempt_at <= now)
    # Never one that is being sent here, whatever the clock says; it may have been put forward.
    not_here = _delivery.c.seq.not_in(bindparam("held", expanding=True))
    ours_but_lost = and_(_delivery.c.lease_by == bindparam("by"), _delivery.c.lease_until <= bindparam("lost"))
    lease_over = or_(_delivery.c.lease_until <= now, ours_but_lost)
    return or_(waiting, and_(state == DeliveryState.SENDING, lease_over, not_here))


def _behind_another() -> ColumnElement[bool]:
    earlier = _delivery.alias()
    return exists().where(
        earlier.c.inquiry == _delivery.c.inquiry,
        earlier.c.recipient == _delivery.c.recipient,
        earlier.c.seq < _delivery.c.seq,
        earlier.c.state.in_(WAITING),
        earlier.c.created_at > bindparam("head_since"),
    )


@cache
def _lease_but_not_to(domains: int) -> Query[DeliveryRow]:
    """The statement that leases, with a bound parameter `not_…` for each domain that is left out."""
    others = [~func.lower(_delivery.c.to).endswith(bindparam(f"not_{number}")) for number in range(domains)]
    wanted = (
        select(_delivery.c.seq)
        .where(_due(), ~_behind_another(), *others)
        .order_by(_delivery.c.seq)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)  # PostgreSQL: several processes lease; SQLite leaves it out
    )
    statement = (
        update(_delivery)
        .where(_delivery.c.seq.in_(wanted))
        .values(
            state=DeliveryState.SENDING,
            lease_until=bindparam("until"),
            lease_by=bindparam("by"),
            attempts=_delivery.c.attempts + 1,
        )
    )
    return Query(statement.returning(*columns(Delivery, DeliveryRow)), DeliveryRow)


_ATTEMPT: dict[str, object] = {"host": "", "stage": "", "code": 0, "enhanced": "", "text": ""}
_BEGIN_ATTEMPT = Statement(insert(_attempt), ("delivery", "number", "started_at", *_ATTEMPT))


def lease(
    connection: Connection,
    now: datetime,
    lease: Lease,
    limit: int,
    held: Collection[int] = (),
) -> tuple[DeliveryRow, ...]:
    """Take up to `limit` due deliveries for this process and record that an attempt of each begins.

    Those to addresses in the domains `lease.not_to` stay where they are. `held`: what this process is sending;
    what was leased to it more than 30 seconds ago, for as long as this lease is, and is not among them was lost on the
    way to it (a commit that looked like a failure).

    A delivery waits while an earlier one of the same inquiry to the same recipient does, so that a
    conversation arrives in order; after 30 minutes it goes ahead.
    """
    given = {"now": now, "by": lease.by, "until": lease.until, "head_since": now - _HEAD_HOLDS, "most": limit}
    given["lost"] = lease.until - _ON_ITS_WAY
    given |= {f"not_{number}": f"@{domain}" for number, domain in enumerate(lease.not_to)}
    found = _lease_but_not_to(len(lease.not_to)).all(connection, **given, held=[0, *held])  # no delivery has number 0
    leased = tuple(sorted(found, key=lambda delivery: delivery.seq))
    _begin_attempts(connection, leased, now)
    return leased


def _begin_attempts(connection: Connection, leased: Sequence[DeliveryRow], now: datetime) -> None:
    rows = [{"delivery": row.seq, "number": row.attempts, "started_at": now} | _ATTEMPT for row in leased]
    _BEGIN_ATTEMPT.run_all(connection, rows)


def queue(connection: Connection, row: DeliveryRow) -> DeliveryRow:
    """Record a new delivery; returns it with its sequence number."""
    return added(connection, row)


def queue_leased(
    connection: Connection, rows: Sequence[DeliveryRow], now: datetime, lease: Lease
) -> tuple[DeliveryRow, ...]:
    """Record new deliveries, and of each that need not wait behind another, or for its domain, that its attempt begins.

    Those are in state "sending" in what is returned: whoever called sends them, and nobody else.
    """
    behind = _waiting_for(connection, rows)
    waits = [row.recipient in behind or domain_of(row.to) in lease.not_to for row in rows]
    begun = [row if wait else _sent_by(row, lease) for row, wait in zip(rows, waits, strict=True)]
    queued = tuple(queue(connection, row) for row in begun)
    _begin_attempts(connection, [row for row in queued if row.state == DeliveryState.SENDING], now)
    return queued


def _sent_by(row: DeliveryRow, lease: Lease) -> DeliveryRow:
    return replace(row, state=DeliveryState.SENDING, attempts=1, lease_until=lease.until, lease_by=lease.by)


_LEGS = Query(
    select(_delivery.c.recipient).where(
        _delivery.c.inquiry == bindparam("inquiry"),
        _delivery.c.recipient.in_(bindparam("recipients", expanding=True)),
        _delivery.c.state.in_(WAITING),
    ),
    int,
)


def _waiting_for(connection: Connection, rows: Sequence[DeliveryRow]) -> set[int | None]:
    """Return the recipients of these deliveries of one inquiry to whom an earlier one is still to go."""
    recipients = [row.recipient for row in rows if row.recipient is not None]
    if not recipients:
        return set()
    return set(_LEGS.all(connection, inquiry=rows[0].inquiry, recipients=recipients))


_WAITS = _delivery.c.state.in_((DeliveryState.QUEUED, DeliveryState.DEFERRED))
_NEXT_DUE = select(func.min(_delivery.c.next_attempt_at)).where(_WAITS, _delivery.c.next_attempt_at > bindparam("now"))
_OVERDUE = select(_delivery.c.seq).where(_WAITS, _delivery.c.next_attempt_at <= bindparam("now")).limit(1)


def next_due(connection: Connection, now: datetime) -> tuple[bool, datetime | None]:
    """Return whether a delivery is due and still waits (behind another, or for a place), and when the next one is."""
    overdue = connection.execute(_OVERDUE, {"now": now}).first() is not None
    return overdue, connection.execute(_NEXT_DUE, {"now": now}).scalar()


def take_back(connection: Connection, now: datetime, owners: Collection[int]) -> int:
    """Put every delivery that one of the dead processes `owners` was sending back into the queue; returns how many."""
    state, by = _delivery.c.state, func.coalesce(_delivery.c.lease_by, 0)
    statement = update(_delivery).where(state == DeliveryState.SENDING, by.in_(owners))
    values = {"state": DeliveryState.DEFERRED, "next_attempt_at": now, "lease_until": None, "lease_by": None}
    return connection.execute(statement.values(values)).rowcount


def fail_later(connection: Connection, seq: int, at: datetime, remote: str) -> bool:
    """What the remote took came back as undeliverable; False when that was known, or ops took it off the queue.

    The report may be here before our own record that it was taken, or when the answer that took it was lost.
    """
    states = (DeliveryState.SENT, DeliveryState.SENDING, DeliveryState.DEFERRED)
    statement = update(_delivery).where(_delivery.c.seq == seq, _delivery.c.state.in_(states))
    values = {"state": DeliveryState.FAILED, "finished_at": at, "remote": remote, "lease_until": None}
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


_FIND = Query(project(Delivery, DeliveryRow, _delivery.c.id == bindparam("id")), DeliveryRow)


def drop_all_to(connection: Connection, recipient: int, now: datetime) -> list[str]:
    """Take everything that waits for a participant off the queue; returns the deliveries' ids.

    What is being sent this moment goes on, but its result changes nothing any more, so it is never tried again.
    """
    states = (DeliveryState.QUEUED, DeliveryState.DEFERRED, DeliveryState.SENDING)
    statement = update(_delivery).where(_delivery.c.recipient == recipient, _delivery.c.state.in_(states))
    values = {"state": DeliveryState.DROPPED, "finished_at": now}
    return list(connection.execute(statement.values(values).returning(_delivery.c.id)).scalars())


def find(connection: Connection, id: str) -> DeliveryRow | None:
    """Find a delivery by its id."""
    return _FIND.first(connection, id=id)


_GET = Query(project(Delivery, DeliveryRow, _delivery.c.seq == bindparam("seq")), DeliveryRow)


def get(connection: Connection, seq: int) -> DeliveryRow:
    """Return a delivery that is known to exist. Raises LookupError."""
    row = _GET.first(connection, seq=seq)
    if row is None:
        raise LookupError(f"delivery {seq}")
    return row


_BY_TOKEN = Query(project(Delivery, DeliveryRow, _delivery.c.token == bindparam("token")), DeliveryRow)


def by_token(connection: Connection, token: str) -> DeliveryRow | None:
    """Find a delivery by the token in its Message-ID and return path."""
    return _BY_TOKEN.first(connection, token=token)


def waiting(connection: Connection, limit: int) -> tuple[DeliveryRow, ...]:
    """Return the queue: what is not over yet, oldest first."""
    statement = project(Delivery, DeliveryRow, _delivery.c.state.in_(WAITING)).limit(limit)
    return tuple(fetch(connection, statement, DeliveryRow))


def where(connection: Connection, *conditions: ColumnElement[bool]) -> tuple[DeliveryRow, ...]:
    """Return deliveries by conditions on the table, oldest first."""
    return tuple(fetch(connection, project(Delivery, DeliveryRow, *conditions), DeliveryRow))


_AFTER = select(*columns(Delivery, DeliveryRow)).where(_delivery.c.seq > bindparam("seq")).order_by(_delivery.c.seq)


def after(connection: Connection, seq: int, limit: int) -> tuple[DeliveryRow, ...]:
    """Return up to `limit` deliveries recorded after the one with this sequence number, in order."""
    return tuple(fetch(connection, _AFTER.limit(limit), DeliveryRow, seq=seq))


def of_inquiry(connection: Connection, inquiry: int) -> tuple[DeliveryRow, ...]:
    """Return all deliveries of an inquiry, oldest first."""
    return where(connection, _delivery.c.inquiry == inquiry)


def by_mail(connection: Connection, mail: str) -> tuple[DeliveryRow, ...]:
    """Return all deliveries that one mail made, oldest first."""
    return where(connection, _delivery.c.mail == mail)


def told_since(connection: Connection, address: str, since: datetime) -> bool:
    """True when the writer at `address` was told that a mail of his waits, after `since`."""
    told = (_delivery.c.kind == "told", _delivery.c.cause == "held")
    return bool(where(connection, _delivery.c.to == address, *told, *_made_since(since)))


def asked_since(connection: Connection, recipient: int | None, since: datetime) -> bool:
    """True when a participant was asked about a mail that waits, after `since`."""
    asked = (_delivery.c.recipient == recipient, _delivery.c.kind == "asked")
    return bool(where(connection, *asked, *_made_since(since)))


def _made_since(since: datetime) -> tuple[ColumnElement[bool], ...]:
    """Conditions for deliveries recorded after `since`. None is tried before it is recorded: so an index serves."""
    states = _delivery.c.state.in_(list(DeliveryState))
    return _delivery.c.created_at > since, _delivery.c.next_attempt_at > since, states


def attempts(connection: Connection, delivery: int) -> tuple[AttemptRow, ...]:
    """Return the attempts of a delivery, oldest first."""
    return tuple(fetch(connection, project(Attempt, AttemptRow, _attempt.c.delivery == delivery), AttemptRow))

"""What attempts came to, written down: any number of them in one unit of work, by a handful of statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select, update

from .statements import Query, Statement
from .tables import Attempt, Delivery, DeliveryState, table
from .values import DeliveryRow

_delivery, _attempt = table(Delivery), table(Attempt)


@dataclass(frozen=True, slots=True)
class Tried:
    """What one attempt came to."""

    at: datetime
    host: str
    stage: str
    code: int
    enhanced: str
    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """An attempt that ended: what it came to, the state that its delivery is in now, and when it is tried again."""

    delivery: DeliveryRow
    tried: Tried
    state: DeliveryState
    next_attempt: datetime


class _Sending(NamedTuple):
    """A delivery that is being sent, and by which attempt."""

    delivery: int
    attempt: int


_STILL_SENDING = Query(
    select(_delivery.c.seq, _delivery.c.attempts)
    .where(_delivery.c.seq.in_(bindparam("those", expanding=True)), _delivery.c.state == DeliveryState.SENDING)
    .with_for_update(),
    _Sending,
)
_END_ATTEMPT = Statement(
    update(_attempt)
    .where(_attempt.c.delivery == bindparam("of"), _attempt.c.number == bindparam("try"))
    .values({name: bindparam(f"new_{name}") for name in ("ended_at", "host", "stage", "code", "enhanced", "text")})
)
_FINISH = Statement(
    update(_delivery)
    .where(_delivery.c.seq == bindparam("of"))
    .values(
        state=bindparam("new_state"),
        next_attempt_at=bindparam("again"),
        lease_until=None,
        lease_by=None,
        finished_at=bindparam("finished"),
        remote=bindparam("said"),
    )
)


def finish(connection: Connection, ended: Sequence[Finished]) -> list[Finished]:
    """Record how attempts ended; returns those whose delivery was still being sent by this attempt.

    The others were taken back, and may be under way again: what comes late says nothing of the later attempt.
    """
    _END_ATTEMPT.run_all(connection, map(_attempt_values, ended))
    sending = set(_STILL_SENDING.all(connection, those=[one.delivery.seq for one in ended]))
    known = [one for one in ended if (one.delivery.seq, one.delivery.attempts) in sending]
    _FINISH.run_all(connection, map(_delivery_values, known))
    return known


def _attempt_values(one: Finished) -> dict[str, object]:
    tried = one.tried
    return {
        "of": one.delivery.seq,
        "try": one.delivery.attempts,
        "new_ended_at": tried.at,
        "new_host": tried.host,
        "new_stage": tried.stage,
        "new_code": tried.code,
        "new_enhanced": tried.enhanced,
        "new_text": tried.text,
    }


def _delivery_values(one: Finished) -> dict[str, object]:
    tried = one.tried
    return {
        "of": one.delivery.seq,
        "new_state": one.state,
        "again": one.next_attempt,
        "finished": tried.at if one.state in (DeliveryState.SENT, DeliveryState.FAILED) else None,
        "said": " ".join(filter(None, (str(tried.code or ""), tried.enhanced, tried.text))),
    }

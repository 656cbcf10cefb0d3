"""When a delivery that was not taken is tried again. Pure: the time and the spread are handed in."""

from datetime import datetime, timedelta
from hashlib import sha256

from ...store.tables import DeliveryState
from ...store.values import DeliveryRow
from ..sections_outbound import OutboundSettings

SPREAD = 0.1  # each delay is moved by at most this part of itself, so that what failed together comes back apart


def next_attempt(
    created: datetime,
    now: datetime,
    attempts: int,
    retry: tuple[timedelta, ...],
    give_up: timedelta,
    spread: float,
) -> datetime | None:
    """Return when to try again after `attempts` (≥ 1) attempts, the last of which failed at `now`.

    The delays of `retry` are taken in order and the last one repeats (RFC 5321 4.5.4.1). `spread` from 0 to 1
    shortens or lengthens the delay by up to a tenth: 0 by -10 %, 0.5 not at all, 1 by +10 %. No attempt is
    planned later than `give_up` after `created`: the last one falls on that moment, and after it comes None.
    """
    left = give_up - (now - created)
    if left <= timedelta():
        return None
    delay = retry[min(attempts, len(retry)) - 1] * (1 + SPREAD * (2 * spread - 1))
    return now + min(delay, left)


def state_after(
    delivery: DeliveryRow, outcome: str, now: datetime, outbound: OutboundSettings
) -> tuple[DeliveryState, datetime]:
    """Return the state after an attempt that ended "sent", "failed" or "deferred", and when the next one is due.

    Where there is none, that is now.
    """
    if outcome != "deferred":
        return DeliveryState(outcome), now
    spread = int(sha256(delivery.token.encode()).hexdigest()[:4], 16) / 65536
    again = next_attempt(delivery.created_at, now, delivery.attempts, outbound.retry, outbound.give_up, spread)
    return (DeliveryState.FAILED, now) if again is None else (DeliveryState.DEFERRED, again)

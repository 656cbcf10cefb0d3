"""Time and identifiers. Everything that needs the time is handed a `Clock`; tests hand in their own."""

import random
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]

_BASE32 = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford: no i l o u


def utc_now() -> datetime:
    """The machine's time, UTC with a zone."""
    return datetime.now(UTC)


def new_id(now: datetime) -> str:
    """Return a 16-character identifier: 45 bits of milliseconds, then 35 random bits.

    Identifiers made later sort later, so an index on them grows at one end. They are names, not secrets,
    and never decide an order: the store's sequence does.
    """
    value = (int(now.timestamp() * 1000) << 35 | random.getrandbits(35)) & ((1 << 80) - 1)
    return "".join(_BASE32[value >> shift & 31] for shift in range(75, -1, -5))


def iso(at: datetime) -> str:
    """Return `at` as RFC 3339 in UTC with milliseconds: 2026-11-23T20:45:41.123Z."""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"

"""Dates as mails have them (RFC 5322 section 3.3): written, and their zones read."""

from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WIDEST = 14 * 60  # minutes: no place on earth is further from UTC


def date_text(date: datetime, *, own_zone: bool = False) -> str:
    """A date by RFC 5322 section 3.3, in UTC or in its own zone. Raises ValueError where it has no time zone."""
    offset = date.utcoffset()
    if offset is None:
        raise ValueError("a date without a time zone")
    minutes = int(offset.total_seconds()) // 60 if own_zone else 0
    with suppress(OverflowError):  # within a day of the years 1 and 9999: from the mail of a joker
        date = date if own_zone else date.astimezone(UTC)
    day = f"{_DAYS[date.weekday()]}, {date.day:02} {_MONTHS[date.month - 1]} {date.year:04}"
    return f"{day} {date.hour:02}:{date.minute:02}:{date.second:02} {_zone(minutes)}"


def _zone(minutes: int) -> str:
    """`+hhmm` for minutes east of UTC."""
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}{rest:02}"


def zone_of(header: str) -> int:
    """Return the zone that a Date names, in minutes east of UTC; 0 where it names none that exists."""
    try:
        offset = parsedate_to_datetime(header).utcoffset()
    except (ValueError, TypeError, OverflowError, IndexError):
        return 0
    minutes = int(offset.total_seconds()) // 60 if offset else 0
    return minutes if abs(minutes) <= _WIDEST else 0

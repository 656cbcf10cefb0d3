"""When a seller's office is open, and how much of a time that is. Pure.

Hours are those of the clock on the wall, in one time zone; a day on which the clocks change may be longer or shorter.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_DAY = timedelta(days=1)
_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a day, in minutes from midnight on the wall clock."""

    opens: int
    closes: int

    @property
    def text(self) -> str:
        """Return "09:00-17:00"."""
        return f"{_clock(self.opens)}-{_clock(self.closes)}"


@dataclass(frozen=True, slots=True)
class Hours:
    """The week of an office. `days` count from Monday, 0."""

    days: tuple[int, ...]
    spans: tuple[Span, ...]
    zone: str  # IANA
    holidays: frozenset[date] = frozenset()


def read_span(text: str) -> Span:
    """Read "09:00-17:00"; 24:00 is the end of the day. Raises ValueError."""
    match = _SPAN.fullmatch(text)
    if match is None:
        raise ValueError(f'{text!r} is not of the form "09:00-17:00"')
    opens, closes = (int(match[place]) * 60 + int(match[place + 1]) for place in (1, 3))
    if not opens < closes <= _MINUTES:
        raise ValueError(f"{text!r} ends before it begins, or after 24:00")
    return Span(opens, closes)


def read_hours(days: Sequence[str], spans: Sequence[str], zone: str, holidays: Sequence[date]) -> Hours:
    """Read a week. Raises ValueError: an unknown zone, no days or hours, hours that overlap."""
    read = sorted(map(read_span, spans), key=lambda span: span.opens)
    if not read or not days:
        raise ValueError("needs at least one day and one pair of hours")
    if any(later.opens < earlier.closes for earlier, later in pairwise(read)):
        raise ValueError("the hours overlap")
    try:
        ZoneInfo(zone)
    except (OSError, ValueError, LookupError) as error:
        raise ValueError(f"{zone!r} is no time zone of the IANA list, like Europe/Berlin") from error
    return Hours(tuple(sorted({DAYS.index(day) for day in days})), tuple(read), zone, frozenset(holidays))


def worked(start: datetime, end: datetime, hours: Hours) -> timedelta:
    """Return how much of the time from `start` to `end` (aware) lies in office hours; none where `end` is earlier."""
    zone = ZoneInfo(hours.zone)
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    total = timedelta(0)
    day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    while day <= last:
        if day.weekday() in hours.days and day not in hours.holidays:
            for span in hours.spans:
                opens, closes = (_utc(day, minutes, zone) for minutes in (span.opens, span.closes))
                total += max(min(end, closes) - max(start, opens), timedelta(0))
        day += _DAY
    return total


def _utc(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """The moment at which the wall clock shows so many minutes after midnight."""
    if minutes == _MINUTES:
        day, minutes = day + _DAY, 0
    return datetime.combine(day, time(minutes // 60, minutes % 60), zone).astimezone(UTC)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"

"""How much of a time lies in office hours: a table, and what must hold of all times."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley.relay.business_hours import DAYS, Hours, read_hours, worked

WEEK = ("mon", "tue", "wed", "thu", "fri")
BERLIN = read_hours(WEEK, ["09:00-17:00"], "Europe/Berlin", [date(2026, 12, 25)])
LUNCH = read_hours(WEEK, ["13:30-18:00", "09:00-12:30"], "Europe/Berlin", [])
ALWAYS = read_hours(DAYS, ["00:00-24:00"], "Europe/Berlin", [])
NIGHT = read_hours(DAYS, ["02:00-04:00"], "Europe/Berlin", [])
TOKYO = read_hours(WEEK, ["09:00-18:00"], "Asia/Tokyo", [])


def at(text: str, zone: str = "Europe/Berlin") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("start", "end", "hours", "minutes"),
    [
        ("2026-11-23T10:00", "2026-11-23T12:30", BERLIN, 150),  # within a Monday
        ("2026-11-23T07:00", "2026-11-23T09:30", BERLIN, 30),  # before it opens
        ("2026-11-23T16:30", "2026-11-24T09:30", BERLIN, 60),  # over a night
        ("2026-11-27T16:00", "2026-11-30T10:00", BERLIN, 120),  # over a weekend
        ("2026-11-28T10:00", "2026-11-29T18:00", BERLIN, 0),  # a weekend
        ("2026-12-24T16:00", "2026-12-28T10:00", BERLIN, 120),  # over Christmas, a Friday, and the weekend
        ("2026-11-23T12:00", "2026-11-23T12:00", BERLIN, 0),
        ("2026-11-24T12:00", "2026-11-23T12:00", BERLIN, 0),  # backwards
        ("2026-11-23T08:00", "2026-11-23T20:00", LUNCH, 480),
        ("2026-11-23T12:45", "2026-11-23T13:15", LUNCH, 0),  # lunch
        ("2026-03-28T12:00", "2026-03-29T12:00", ALWAYS, 23 * 60),  # the clocks go forward
        ("2026-10-24T12:00", "2026-10-25T12:00", ALWAYS, 25 * 60),  # and back
        ("2026-03-29T00:00", "2026-03-29T12:00", NIGHT, 60),  # 02:00 to 03:00 is not there
        ("2026-11-23T00:00", "2026-11-23T12:00", TOKYO, 9 * 60),  # Monday there is over at 10:00 here
        ("2026-01-01T00:00", "2027-01-01T00:00", BERLIN, (261 - 1) * 480),
    ],
)
def test_the_table(start: str, end: str, hours: Hours, minutes: int) -> None:
    assert worked(at(start), at(end), hours) == timedelta(minutes=minutes)


MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2021, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
WEEKS = st.builds(
    lambda days, opens, length, zone: read_hours(
        sorted(days), [f"{opens:02d}:00-{min(opens + length, 24):02d}:00"], zone, [date(2020, 12, 25)]
    ),
    st.sets(st.sampled_from(DAYS), min_size=1),
    st.integers(0, 23),
    st.integers(1, 24),
    st.sampled_from(
        ["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia", "Australia/Lord_Howe"]
    ),
)


@given(st.tuples(MOMENTS, MOMENTS, MOMENTS).map(sorted), WEEKS)
def test_parts_add_up_and_never_exceed_the_time_itself(moments: list[datetime], hours: Hours) -> None:
    first, middle, last = moments
    whole = worked(first, last, hours)
    assert worked(first, middle, hours) + worked(middle, last, hours) == whole
    assert timedelta(0) <= whole <= last - first


@given(MOMENTS, st.integers(0, 60 * 24 * 30))
def test_round_the_clock_it_is_the_time_itself(start: datetime, minutes: int) -> None:
    end = start + timedelta(minutes=minutes)
    assert worked(start, end, ALWAYS) == end - start


@pytest.mark.parametrize(
    ("days", "hours", "zone", "words"),
    [
        ([], ["09:00-17:00"], "UTC", "at least one day"),
        (WEEK, [], "UTC", "at least one day"),
        (WEEK, ["9-17"], "UTC", "is not of the form"),
        (WEEK, ["17:00-09:00"], "UTC", "ends before it begins"),
        (WEEK, ["09:00-24:30"], "UTC", "after 24:00"),
        (WEEK, ["09:00-13:00", "12:00-17:00"], "UTC", "overlap"),
        (WEEK, ["09:00-17:00"], "Europe/Nowhere", "no time zone"),
        (WEEK, ["09:00-17:00"], "../etc/passwd", "no time zone"),
    ],
)
def test_what_is_no_week(days: list[str], hours: list[str], zone: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_hours(days, hours, zone, [])

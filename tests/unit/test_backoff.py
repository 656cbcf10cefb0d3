"""When a delivery is tried again."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley.relay.outbound.backoff import SPREAD, next_attempt

CREATED = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
RETRY = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15))
DAY = timedelta(days=1)

spans = st.timedeltas(min_value=timedelta(), max_value=timedelta(days=3660))
schedules = st.lists(spans, min_size=1, max_size=8).map(tuple)
spreads = st.floats(min_value=0, max_value=1)


@pytest.mark.parametrize(
    ("age", "attempts", "spread", "minutes"),
    [
        (timedelta(), 1, 0.5, 1),
        (timedelta(minutes=1), 2, 0.5, 5),
        (timedelta(minutes=6), 3, 0.5, 15),
        (timedelta(minutes=21), 4, 0.5, 15),  # the last delay repeats
        (timedelta(hours=9), 40, 0.5, 15),
        (timedelta(), 2, 0.0, 4.5),  # ten percent sooner
        (timedelta(), 2, 1.0, 5.5),  # and later
        (timedelta(), 2, 0.75, 5.25),
        (DAY - timedelta(minutes=3), 9, 0.5, 3),  # never later than the end of the patience
    ],
)
def test_delays(age: timedelta, attempts: int, spread: float, minutes: float) -> None:
    now = CREATED + age
    assert next_attempt(CREATED, now, attempts, RETRY, DAY, spread) == now + timedelta(minutes=minutes)


@pytest.mark.parametrize("late", [timedelta(), timedelta(microseconds=1), timedelta(days=400)])
def test_giving_up(late: timedelta) -> None:
    assert next_attempt(CREATED, CREATED + DAY + late, 30, RETRY, DAY, 0.5) is None


def test_no_patience_is_one_attempt() -> None:
    assert next_attempt(CREATED, CREATED, 1, RETRY, timedelta(), 0.5) is None


def test_no_delay_is_at_once() -> None:
    assert next_attempt(CREATED, CREATED, 1, (timedelta(),), DAY, 0.5) == CREATED


@given(age=spans, attempts=st.integers(1, 10_000), retry=schedules, give_up=spans, spread=spreads)
def test_it_is_never_in_the_past_never_after_the_end_and_near_the_schedule(
    age: timedelta, attempts: int, retry: tuple[timedelta, ...], give_up: timedelta, spread: float
) -> None:
    now = CREATED + age
    again = next_attempt(CREATED, now, attempts, retry, give_up, spread)
    if age >= give_up:
        assert again is None
        return
    assert again is not None
    assert now <= again <= CREATED + give_up
    delay = retry[min(attempts, len(retry)) - 1]
    assert again - now <= delay * (1 + SPREAD) + timedelta(microseconds=1)
    assert again == CREATED + give_up or again - now >= delay * (1 - SPREAD) - timedelta(microseconds=1)


@given(retry=schedules, give_up=spans, spreads=st.tuples(spreads, spreads))
def test_more_spread_is_never_sooner(
    retry: tuple[timedelta, ...], give_up: timedelta, spreads: tuple[float, float]
) -> None:
    sooner, later = (next_attempt(CREATED, CREATED, 1, retry, give_up, spread) for spread in sorted(spreads))
    assert (sooner is None) == (later is None)
    assert sooner is None or later is None or sooner <= later


@given(
    retry=st.lists(st.timedeltas(timedelta(hours=1), timedelta(days=2)), min_size=1, max_size=8).map(tuple),
    spread=spreads,
)
def test_the_schedule_ends_with_an_attempt_at_the_last_moment(retry: tuple[timedelta, ...], spread: float) -> None:
    times = [CREATED]
    while (again := next_attempt(CREATED, times[-1], len(times), retry, 5 * DAY, spread)) is not None:
        times.append(again)
    assert times[-1] == CREATED + 5 * DAY
    assert all(earlier < later for earlier, later in pairwise(times))

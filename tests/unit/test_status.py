"""How an inquiry stands, read from events: contact, sale, and what stops the response clock."""

from datetime import UTC, datetime, timedelta

import pytest
from parley.relay.business_hours import read_hours
from parley.relay.compose.i18n import words_for
from parley.relay.compose.response_words import counted_line, length_of, response_line
from parley.relay.status import StoppedBy, status
from parley.store.values import EventRow

BUYER, SELLER, COLLEAGUE = 1, 2, 3
OPENED = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday
HOURS = read_hours(("mon", "tue", "wed", "thu", "fri"), ["09:00-17:00"], "UTC", [])
Fact = tuple[int, str, int]  # hours after it was opened, kind, actor


def rows(*facts: Fact) -> list[EventRow]:
    return [
        EventRow(number, 1, OPENED + timedelta(hours=hours), kind, actor, None, {"event": hours}, None)
        for number, (hours, kind, actor) in enumerate(facts, 1)
    ]


MESSAGE, PHONE, DECLINED, UNDONE = "message.relayed", "phone.shown", "inquiry.declined", "action.undone"


@pytest.mark.parametrize(
    ("facts", "contacted", "stopped_by", "worked"),
    [
        ([], None, None, 8 + 4),  # now is on Tuesday at 13:00
        ([(1, MESSAGE, BUYER)], None, None, 12),  # the buyer's own words are no answer
        ([(2, MESSAGE, SELLER), (5, MESSAGE, SELLER)], 2, "message", 2),
        ([(3, MESSAGE, COLLEAGUE)], 3, "message", 3),
        ([(4, PHONE, SELLER), (5, MESSAGE, SELLER)], 4, "phone", 4),
        ([(4, PHONE, BUYER)], None, None, 12),
        ([(25, DECLINED, SELLER)], None, "decline", 9),
        ([(1, DECLINED, SELLER), (2, MESSAGE, SELLER)], 2, "decline", 1),
        ([(5, "quote.accepted", BUYER)], None, None, 12),
    ],
)
def test_the_table(facts: list[Fact], contacted: int | None, stopped_by: StoppedBy | None, worked: int) -> None:
    stands = status(OPENED, rows(*facts), (SELLER, COLLEAGUE), HOURS, OPENED + timedelta(hours=28))
    assert stands.contacted == (None if contacted is None else OPENED + timedelta(hours=contacted))
    assert stands.response.stopped_by == stopped_by
    assert stands.response.running == (stopped_by is None)
    assert stands.response.worked == timedelta(hours=worked)


def test_a_decline_that_was_taken_back_stops_nothing() -> None:
    happened = rows((1, DECLINED, SELLER))
    happened.append(EventRow(9, 1, OPENED + timedelta(hours=2), UNDONE, SELLER, None, {"event": 1}, None))
    stands = status(OPENED, happened, (SELLER,), HOURS, OPENED + timedelta(hours=3))
    assert stands.response.running
    happened += [EventRow(10, 1, OPENED + timedelta(hours=4), MESSAGE, SELLER, None, {}, None)]
    stands = status(OPENED, happened, (SELLER,), HOURS, OPENED + timedelta(hours=30))
    assert stands.response.stopped_by == "message"


@pytest.mark.parametrize("kind", ["quote.accepted", "order.paid"])
def test_a_sale_has_the_date_of_its_first_sign(kind: str) -> None:
    happened = rows((6, kind, BUYER), (7, "order.paid", BUYER))
    assert status(OPENED, happened, (SELLER,), HOURS, OPENED).sold == OPENED + timedelta(hours=6)


def test_in_words() -> None:
    english, german = words_for("en"), words_for("de")
    assert length_of(english, timedelta(hours=3, minutes=20, seconds=59)) == "3 hrs, 20 mins"
    assert length_of(english, timedelta(seconds=30)) == "0 mins"
    assert length_of(english, timedelta(hours=2)) == "2 hrs"
    assert "Std" in length_of(german, timedelta(hours=30))
    assert counted_line(english, HOURS) == "Only business hours count: Mon–Fri, 09:00–17:00 (UTC)."
    lines = [response_line(english, word, timedelta(hours=2)) for word in (None, "message", "phone", "decline")]
    assert lines[0] == "Not answered yet, 2 hrs so far."
    assert [line.rpartition(" after ")[2] for line in lines[1:]] == ["2 hrs."] * 3
    odd = read_hours(("mon", "wed"), ["08:00-12:00", "13:00-24:00"], "Asia/Tokyo", [OPENED.date()])
    assert counted_line(english, odd) == (
        "Only business hours count: Mon and Wed, 08:00–12:00 and 13:00–24:00 (Asia/Tokyo). "
        "Public holidays of the company are left out."
    )

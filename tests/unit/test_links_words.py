"""People, states and events in words: pure, each case by itself."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar, get_type_hints

import pytest
from parley.relay.compose.i18n import words_for
from parley.relay.links.history import NAMELESS, SENTENCES, SILENT, history
from parley.relay.links.people import People, initials
from parley.relay.links.states import state_lines
from parley.relay.settings import Marketplace
from parley.store.tables import DeliveryState
from parley.store.values import DeliveryRow, EventRow, InquiryRow, MessageRow, ParticipantRow

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WORDS = words_for("en")
PLACE = Marketplace(id="market", name="Market", reply_domain="reply.example")
KINDS = re.findall(  # CONTRACT
    r"\S+",
    """
action.undone action.not_understood history.sent inquiry.reopened
inquiry.created message.received message.held message.released message.refused message.relayed message.delivered
message.read message.answered message.failed auto_reply.received bounce.received complaint.received participant.joined
participant.left phone.shown document.sent quote.sent quote.opened quote.accepted quote.change_requested quote.refused
order.paid inquiry.transferred inquiry.declined inquiry.closed review.received reminder.sent link.rotated
""",
)


R = TypeVar("R")


def row(of: type[R], /, **values: object) -> R:
    """A row of a query; what is not given is empty."""
    blank: dict[object, object] = {str: "", int: 0, bool: False, datetime: AT, list[str]: []}
    hints = get_type_hints(of)
    return of(**{name: values.get(name, blank.get(hint)) for name, hint in hints.items()})


def person(seq: int, side: str, name: str, company: str = "", phone: str = "") -> ParticipantRow:
    email = f"{(name or 'nobody').partition(' ')[0].lower()}@{side}.example"
    return row(ParticipantRow, seq=seq, side=side, email=email, name=name, company=company, phone=phone, state="active")


BUYER = person(1, "buyer", "Jean Dupont", "ACME", "+33 1 23 45 67 89")
SELLER, COLLEAGUE = person(2, "seller", "Anna Weber"), person(3, "seller", "Ben Kurz")
OBSERVER = person(4, "observer", "Brand Owner")
INQUIRY = row(InquiryRow, subject="Pumps", company_name="Werk GmbH", state="open")


def seen_by(reader: ParticipantRow, *people: ParticipantRow) -> People:
    return People(people or (BUYER, SELLER, COLLEAGUE, OBSERVER), reader, INQUIRY, PLACE, WORDS)


def event(kind: str, actor: int | None = 2, message: int | None = None, seq: int = 1, **proof: object) -> EventRow:
    return row(EventRow, seq=seq, kind=kind, actor=actor, message=message, proof=proof)


def told(people: People, *events: EventRow, sides: dict[int, str] | None = None) -> list[str]:
    return [line.text for line in history(events, sides or {7: "buyer", 8: "seller"}, people, WORDS)]


def test_people_of_both_sides() -> None:
    people = seen_by(SELLER)
    assert people.called(BUYER) == "Jean D. (ACME)"
    assert people.called(COLLEAGUE) == "Ben Kurz"
    assert people.counterpart() == "Jean D. (ACME)"
    assert seen_by(BUYER).counterpart() == "Anna W. and Ben K. (Werk GmbH)"
    assert people.find(4) is None
    view = people.view(BUYER)
    assert (view.address, view.own) == ("", False)
    assert people.view(SELLER).you
    nameless = person(5, "seller", "")
    assert seen_by(BUYER, BUYER, nameless).called(nameless) == "Werk GmbH"
    assert seen_by(SELLER, BUYER, nameless).called(nameless) == "nobody@seller.example"


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Jean D. (ACME)", "JD"),
        ("anna", "A"),
        ("王小明", "王"),
        ("", "·"),
        ("(x)", "X"),
        ("J. P. Müller", "JM"),
        ("ann.b@b.example", "AE"),
    ],
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_every_event_of_the_contract_has_words_or_is_silent() -> None:
    assert set(KINDS) == set(SENTENCES) | SILENT | {"message.failed"}
    assert set(NAMELESS) <= set(SENTENCES)
    for kind in KINDS:
        lines = told(seen_by(SELLER), event(kind, by="cc"))
        assert len(lines) == (kind not in SILENT)


def test_who_is_told_what() -> None:
    seller, buyer = seen_by(SELLER), seen_by(BUYER)
    assert told(seller, event("message.received", 1, 9)) == []  # of a message that he must not know of
    assert told(seller, event("participant.joined", 4, by="released")) == []  # an observer
    assert told(seller, event("participant.joined", 3, by="inquiry")) == []
    assert told(seller, event("link.rotated", 1)) == []
    failed = event("message.failed", 1, 8, why="full")
    assert told(seller, failed) == ["Not delivered to Jean D. (ACME): the mailbox is full"]
    own_copy = event("message.failed", 2, 8, why="refused")
    assert told(buyer, own_copy) == []
    assert told(seller, own_copy) == ["Not delivered to Anna Weber: the mail server refused the message"]
    assert told(seller, event("message.failed", 1, 8, status="5.1.1")) == [
        "Not delivered to Jean D. (ACME): this mail address no longer exists"
    ]
    assert told(seller, event("unknown.kind")) == []
    assert told(seller, event("auto_reply.received", None)) == ["Automatic reply"]


def test_one_message_that_reached_several_is_one_line() -> None:
    events = [event("message.delivered", actor, 7, seq=9 - actor) for actor in (3, 2)]
    assert told(seen_by(BUYER), *events) == ["Delivered to Anna W. and Ben K. (Werk GmbH)"]
    apart = [event("message.delivered", 2, 7), event("message.delivered", 3, 8)]
    assert len(told(seen_by(BUYER), *apart)) == 2


MESSAGE = row(MessageRow, seq=8, author=2, side="seller", state="accepted")
DELIVERY = row(DeliveryRow, seq=1, kind="relayed", message=8, recipient=1, state="queued")


@pytest.mark.parametrize(
    ("deliveries", "lines"),
    [
        ([DELIVERY], [("way", "Sent, on its way to Jean D. (ACME)")]),
        ([replace(DELIVERY, state=DeliveryState.SENDING, attempts=1)], [("way", "Sent, on its way to Jean D. (ACME)")]),
        (
            [replace(DELIVERY, state=DeliveryState.DEFERRED, attempts=2)],
            [("late", "Not delivered to Jean D. (ACME) yet; we keep trying")],
        ),
        ([replace(DELIVERY, state=DeliveryState.SENT, finished_at=AT)], [("done", "Delivered to Jean D. (ACME)")]),
        ([replace(DELIVERY, state=DeliveryState.DROPPED)], [("failed", "Not delivered to Jean D. (ACME)")]),
        (
            [
                replace(DELIVERY, state=DeliveryState.FAILED),
                replace(DELIVERY, kind="failed", recipient=2, about=1, cause="too_big"),
            ],
            [("failed", "Not delivered to Jean D. (ACME): the message is too big for the mailbox")],
        ),
        ([replace(DELIVERY, kind="copy", recipient=2, state=DeliveryState.FAILED)], []),
        ([], []),
    ],
)
def test_states_of_ones_own_message(deliveries: list[DeliveryRow], lines: list[tuple[str, str]]) -> None:
    found = state_lines(MESSAGE, deliveries, [], seen_by(SELLER), WORDS)
    assert [(line.word, line.text) for line in found] == lines


def test_held_and_refused() -> None:
    held, refused = replace(MESSAGE, state="held"), replace(MESSAGE, state="refused")
    assert state_lines(held, [], [], seen_by(SELLER), WORDS)[0].word == "held"
    assert state_lines(refused, [], [], seen_by(SELLER), WORDS)[0].text == "Not passed on"


@pytest.mark.parametrize(
    ("proof", "told"),
    [
        ({"by": "page", "how": "screen"}, "it was on the screen, on the page"),
        ({"by": "page", "how": "form"}, "a button on the page was pressed under it"),
        ({"by": "mdn", "mail": "x"}, "the mail program sent a read receipt"),
        ({"by": "answered", "message": "x"}, "it was answered"),
        ({}, ""),
    ],
)
def test_read_is_told_with_its_proof(proof: dict[str, str], told: str) -> None:
    (line,) = state_lines(
        MESSAGE, [DELIVERY], [replace(event("message.read", 1, 8), proof=proof)], seen_by(SELLER), WORDS
    )
    assert (line.word, line.text, line.proof) == ("read", "Read by Jean D. (ACME)", told)


def test_each_reader_has_one_line_the_furthest() -> None:
    other = replace(DELIVERY, recipient=2, state=DeliveryState.SENT)
    mine = replace(MESSAGE, side="buyer", author=1)
    events = [
        event("message.read", 2, 8, by="mdn"),
        event("message.read", 3, 8, by="page"),
        event("message.answered", 2, 8),
        event("message.answered", None, 8),
    ]
    late = replace(DELIVERY, recipient=1)
    lines = state_lines(mine, [other, late], events, seen_by(BUYER), WORDS)
    assert [(line.word, line.text) for line in lines][:2] == [
        ("answered", "Answered by Anna W. (Werk GmbH)"),
        ("read", "Read by Ben K. (Werk GmbH)"),
    ]
    assert [line.word for line in lines][2:] == ["way"]

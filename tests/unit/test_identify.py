"""Who wrote it: the table of docs/sender.md."""

from dataclasses import dataclass

import pytest
from parley.relay.errors import NO_FROM, NOT_ANY_MORE, OUR_OWN, OWN_SIDE, SEVERAL_FROM, UNREADABLE_FROM
from parley.relay.identify import Clue, Decision, Held, Joins, Known, Policy, Refusal, Rules, identify
from parley.relay.mail.addresses import read_from


@dataclass(frozen=True)
class One:
    seq: int
    side: str
    email_key: str
    state: str = "active"


PEOPLE = (
    One(1, "buyer", "jean@acheteur.example"),
    One(2, "seller", "anna@werk.example"),
    One(3, "seller", "gone@werk.example", "left"),
    One(4, "observer", "brand@maker.example"),
    One(5, "seller", "cc@agency.example", "invited"),
    One(6, "seller", "once@agency.example", "guest"),
    One(7, "seller", "kim@gmail.com"),
)
PROVED, UNPROVED = Clue(proved=True), Clue(proved=False)


def decide(text: str, clue: Clue = PROVED, policy: Policy = "confirm", *, enforce: bool = True) -> Decision:
    rules = Rules(policy, enforce, {"reply.market.example"})
    return identify(read_from([text.encode()]), "seller", PEOPLE, clue, rules)


@pytest.mark.parametrize(
    ("text", "proved", "unproved"),
    [
        ("Anna <anna@werk.example>", Known(2), Held("unproved", 2)),
        ("ANNA@WERK.EXAMPLE", Known(2), Held("unproved", 2)),
        ('"jean@acheteur.example" <anna@werk.example>', Known(2), Held("unproved", 2)),
        ("gone@werk.example", Refusal(NOT_ANY_MORE, 3), Refusal(NOT_ANY_MORE, 3)),
        ("cc@agency.example", Joins("cc", 5), Held("unknown sender")),
        ("once@agency.example", Held("unknown sender"), Held("unknown sender")),
        ("jean@acheteur.example", Refusal(OWN_SIDE, 1), Refusal(OWN_SIDE, 1)),
        ("tom@werk.example", Joins("domain"), Held("unknown sender")),
        ("tom@eu.werk.example", Joins("domain"), Held("unknown sender")),
        ("lee@gmail.com", Held("unknown sender"), Held("unknown sender")),
        ("brand@maker.example", Held("unknown sender"), Held("unknown sender")),
        ("carl@elsewhere.example", Held("unknown sender"), Held("unknown sender")),
        ("anna@werk.example.evil.example", Held("unknown sender"), Held("unknown sender")),
        ("anna@xn--wrk-hoa.example", Held("unknown sender"), Held("unknown sender")),
        ("buyer-x@reply.market.example", Refusal(OUR_OWN), Refusal(OUR_OWN)),
    ],
)
def test_the_table_under_enforce(text: str, proved: Decision, unproved: Decision) -> None:
    assert decide(text, PROVED) == proved
    assert decide(text, UNPROVED) == unproved


@pytest.mark.parametrize("text", ["anna@werk.example", "cc@agency.example"])
def test_without_enforce_from_is_believed(text: str) -> None:
    assert decide(text, UNPROVED, enforce=False) == decide(text, PROVED)


def test_a_company_domain_counts_only_when_it_is_proved() -> None:
    assert decide("tom@werk.example", UNPROVED, enforce=False) == Held("unknown sender")


@pytest.mark.parametrize(
    ("policy", "stranger", "colleague"),
    [
        ("open", Joins("open"), Joins("open")),
        ("confirm", Held("unknown sender"), Joins("domain")),
        ("approve", Held("unknown sender"), Held("unknown sender")),
    ],
)
def test_policies(policy: Policy, stranger: Decision, colleague: Decision) -> None:
    assert decide("carl@elsewhere.example", PROVED, policy) == stranger
    assert decide("tom@werk.example", PROVED, policy) == colleague
    assert decide("carl@elsewhere.example", UNPROVED, policy) == Held("unknown sender")


def test_an_answer_to_a_participants_copy_is_asked_of_him() -> None:
    answers = Clue(proved=True, answers=2)
    assert decide("anna@private.example", answers) == Held("other mailbox", 2)
    assert decide("anna@private.example", Clue(proved=False, answers=2)) == Held("other mailbox", 2)
    assert decide("anna@private.example", Clue(proved=True, answers=3)) == Held("unknown sender")
    assert decide("anna@private.example", Clue(proved=True, answers=1)) == Held("unknown sender")


def test_a_header_that_was_not_read_to_its_end_makes_nobody_sure() -> None:
    unsure = Clue(proved=True, certain=False)
    assert decide("anna@werk.example", unsure) == Held("odd header", 2)
    assert decide("anna@werk.example", unsure, enforce=False) == Held("odd header", 2)
    assert decide("tom@werk.example", unsure, "open") == Held("odd header")


@pytest.mark.parametrize(
    ("values", "decision"),
    [
        ([], Refusal(NO_FROM)),
        ([b""], Refusal(UNREADABLE_FROM)),
        ([b"anna@werk.example", b"anna@werk.example"], Refusal(SEVERAL_FROM)),
        ([b"anna@werk.example, jean@acheteur.example"], Refusal(SEVERAL_FROM)),
        ([b"anna@werk.example <x@evil.example>"], Refusal(UNREADABLE_FROM)),
        ([b"sales: anna@werk.example;"], Refusal(UNREADABLE_FROM)),
        ([b"Anna"], Refusal(UNREADABLE_FROM)),
    ],
)
def test_a_from_that_names_nobody_or_several(values: list[bytes], decision: Decision) -> None:
    assert identify(read_from(values), "seller", PEOPLE, PROVED, Rules()) == decision

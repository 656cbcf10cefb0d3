"""Who wrote it: the table of decisions."""

from dataclasses import dataclass

import pytest
from parley.relay.errors import NO_FROM, NOT_ANY_MORE, OWN_SIDE, SEVERAL_FROM, UNREADABLE_FROM
from parley.relay.identify import Decision, Held, Known, Refusal, identify
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
)


@pytest.mark.parametrize(
    ("values", "decision"),
    [
        ([b"Anna <anna@werk.example>"], Known(2)),
        ([b"ANNA@WERK.EXAMPLE"], Known(2)),
        ([b'"jean@acheteur.example" <anna@werk.example>'], Known(2)),
        ([b"gone@werk.example"], Refusal(NOT_ANY_MORE, 3)),
        ([b"jean@acheteur.example"], Refusal(OWN_SIDE, 1)),
        ([b"brand@maker.example"], Held("unknown sender")),
        ([b"carl@elsewhere.example"], Held("unknown sender")),
        ([b"anna@werk.example.evil.example"], Held("unknown sender")),
        ([], Refusal(NO_FROM)),
        ([b""], Refusal(UNREADABLE_FROM)),
        ([b"anna@werk.example", b"anna@werk.example"], Refusal(SEVERAL_FROM)),
        ([b"anna@werk.example, jean@acheteur.example"], Refusal(SEVERAL_FROM)),
        ([b"anna@werk.example <x@evil.example>"], Refusal(UNREADABLE_FROM)),
        ([b"sales: anna@werk.example;"], Refusal(UNREADABLE_FROM)),
        ([b"Anna"], Refusal(UNREADABLE_FROM)),
    ],
)
def test_decisions(values: list[bytes], decision: Decision) -> None:
    assert identify(read_from(values), "seller", PEOPLE) == decision

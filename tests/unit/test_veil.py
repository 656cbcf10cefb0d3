"""What one side sees of the other's words: the same rules in mails and on the page."""

from datetime import UTC, datetime
from typing import Literal

import pytest
from parley.relay.veil import OPEN, Veil, names_for
from parley.relay.veil import phones as phones_of
from parley.store.values import MessageRow, ParticipantRow

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TOKENS = {"buyer": "abcdefghkmnprstu", "seller": "bcdefghkmnprstuv"}
DOMAIN = "reply.market.example"
BUYER_MASK = f"buyer-{TOKENS['buyer']}@{DOMAIN}"


def person(seq: int, side: str, email: str, phone: str = "") -> ParticipantRow:
    return ParticipantRow(seq, str(seq), 1, side, email, email.lower(), "", "", phone, "en", "active", "inquiry", AT)


PEOPLE = (
    person(1, "buyer", "jean@buyer.example", "+33 1 23 45 67 89"),
    person(2, "seller", "anna@werk.example"),
    person(3, "seller", "anna.private@gmail.com"),
    person(4, "observer", "watch@brand.example"),
)


def veil(reader: ParticipantRow, *, keep: bool = True) -> Veil:
    return Veil(names_for(PEOPLE, TOKENS, DOMAIN, reader.email), phones_of(PEOPLE, reader), keep)


def message(*, disguised: bool = False) -> MessageRow:
    return MessageRow(
        seq=7,
        id="m",
        mail="x",
        inquiry=1,
        author=1,
        side="buyer",
        channel="mail",
        state="accepted",
        at=AT,
        dated=AT,
        zone=0,
        mail_from="jean@buyer.example",
        from_email="jean@buyer.example",
        from_name="",
        subject="",
        message_id="",
        parent=None,
        parent_by="",
        text="",
        html="",
        quoted="",
        signature="",
        disclaimer="",
        split_by="",
        language="",
        seal="",
        thread_index="",
        wants_receipt=False,
        disguised=disguised,
        raw=None,
        size=0,
        authentication="",
        may_tell=False,
        why_held="",
        ask=None,
        dedupe="",
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("jean@buyer.example", BUYER_MASK),
        ("JEAN@Buyer.example", BUYER_MASK),
        ("jean%40buyer.example", BUYER_MASK),
        ("+33 1 23 45 67 89", "***"),
        ("33(1)23-45-67-89", "***"),
        ("33123456789", "***"),
        ("mail.buyer.example", "***"),
    ],
)
def test_what_a_mail_carries_along_is_hidden(text: str, shown: str) -> None:
    seen = veil(PEOPLE[1]).over(message())
    assert seen.carried(f"before {text} after") == f"before {shown} after"
    assert OPEN.carried(f"before {text} after") == f"before {text} after"


Row = tuple[bool, bool, Literal["stays", "hidden"]]


@pytest.mark.parametrize(
    ("keep", "disguised", "own"),
    [(True, False, "stays"), (True, True, "hidden"), (False, False, "hidden"), (False, True, "hidden")],
)
def test_what_somebody_typed_about_himself(keep: bool, disguised: bool, own: str) -> None:
    seen = veil(PEOPLE[1], keep=keep).over(message(disguised=disguised))
    said = seen.said("Write to jean@buyer.example please.")
    assert ("jean@buyer.example" in said) == (own == "stays")
    assert "anna@werk.example" not in seen.said("I was told anna@werk.example by somebody.")
    html = seen.said_html("<p>Write to jean@buyer.example please.</p>")
    assert ("jean@buyer.example" in html) == (own == "stays")


def test_a_public_provider_is_no_host_of_anybodys() -> None:
    seen = veil(PEOPLE[0]).over(message())
    assert seen.carried("see gmail.com or mail.werk.example") == "see gmail.com or ***"

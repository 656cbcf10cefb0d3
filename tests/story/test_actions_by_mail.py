"""What people do by a mail to an action address: it happens once, is told to whom it concerns, and is proved."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest
from parley.relay.actions.act import By, act
from parley.relay.actions.deed import CannotAct
from parley.relay.actions.undo import Undo
from parley.relay.clock import utc_now
from parley.store import inquiries
from parley.store.values import ParticipantRow
from parley.tests.gateway import BUYER, COLLEAGUE, SELLER, Running, body, header, mail, opened, running, to
from parley.tests.peer import Got, Peer

pytestmark = pytest.mark.usefixtures("engines")


class Now:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.after = timedelta(0)

    def __call__(self) -> Any:
        return utc_now() + self.after


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
async def world(tmp_path: Path, peer: Peer, now: Now) -> AsyncIterator[Running]:
    async with running(tmp_path, peer, clock=now) as one:
        yield one


def verb(word: str, mask: str, detail: str = "") -> str:
    local, _, domain = mask.partition("@")
    token = local.partition("-")[2]
    return f"{word}-{token}{'+' + detail if detail else ''}@{domain}"


async def order(world: Running, who: str, address: str, text: str, **more: str) -> aiosmtplib.SMTPResponse:
    """Send a mail of `who` to an action address."""
    return await world.send(who, address, mail(who, address, text, subject="", **more))


def kinds(shown: dict[str, Any]) -> list[str]:
    return [event["kind"] for event in shown["events"]]


def said(mails: list[Got], address: str) -> str:
    """All texts that went to an address, on one line."""
    return " ".join("\n".join(body(got) for got in to(mails, address)).split())


async def person(world: Running, inquiry: str, email: str) -> ParticipantRow:
    def query(connection: Any) -> ParticipantRow:
        found = inquiries.find(connection, inquiry)
        assert found is not None
        return next(one for one in inquiries.participants(connection, found.seq) if one.email == email)

    return await world.gateway.world.store.read(query)


async def test_a_decline_is_told_kindly_and_can_be_taken_back(world: Running, peer: Peer, now: Now) -> None:
    made = await world.open()
    await peer.wait(2)
    address = verb("decline", made.masks["buyer"], "discontinued")
    await order(world, SELLER, address, "Sorry, write to me at anna@werk.example if you need a spare part.")
    mails = await peer.wait(4)
    kind = body(to(mails, BUYER)[-1])
    assert "cannot make you an offer" in kind
    assert "no longer made" in kind
    assert "spare part" in kind
    assert made.masks["seller"] in header(to(mails, BUYER)[-1], "From")
    done = to(mails, SELLER)[-1]
    assert "You declined this request (No longer made)" in body(done)
    assert f"{made.links[SELLER]}#undo" in body(done)
    assert opened(done)["Auto-Submitted"]
    assert kinds(await world.show(made.id)).count("inquiry.declined") == 1

    seller = await person(world, made.id, SELLER)
    await act(world.gateway.world, By(seller.seq, "page", "test"), Undo())
    mails = await peer.wait(6)
    assert "taken the refusal back" in body(to(mails, BUYER)[-1])
    assert kinds(await world.show(made.id))[-1] in ("action.undone", "message.delivered")

    now.after = timedelta(hours=25)
    with pytest.raises(CannotAct, match="nothing_to_undo"):
        await act(world.gateway.world, By(seller.seq, "page", "test"), Undo())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("4", "discontinued"),
        ("4. No longer made", "discontinued"),
        ("no longer made.", "discontinued"),
        ("5\nsize?", "incomplete"),
        ("We do not like pumps", "other"),
    ],
)
async def test_a_reason_is_a_number_its_words_or_ones_own(world: Running, peer: Peer, text: str, reason: str) -> None:
    made = await world.open()
    await peer.wait(2)
    await order(world, SELLER, verb("decline", made.masks["buyer"]), text)
    await peer.wait(4)
    (event,) = [one for one in (await world.show(made.id))["events"] if one["kind"] == "inquiry.declined"]
    assert event["proof"]["reason"] == reason
    assert event["actor"] == SELLER


async def test_spam_is_told_to_the_operator_alone(world: Running, peer: Peer) -> None:
    made = await world.open()
    await peer.wait(2)
    await order(world, SELLER, verb("decline", made.masks["buyer"], "spam"), "-")
    mails = await peer.wait(4)
    assert len(to(mails, BUYER)) == 1
    assert "not honest" in said(mails, "ops@gateway.example")
    assert "Only the operator was told" in said(mails, SELLER)


async def test_a_mail_that_makes_no_sense_gets_help(world: Running, peer: Peer) -> None:
    made = await world.open()
    await peer.wait(2)
    await order(world, SELLER, verb("decline", made.masks["buyer"]), "")
    mails = await peer.wait(3)
    helped = to(mails, SELLER)[-1]
    assert "Nothing was done" in body(helped)
    assert verb("decline", made.masks["buyer"], "discontinued") in body(helped)
    assert len(to(mails, BUYER)) == 1
    await order(world, SELLER, verb("transfer", made.masks["buyer"]), "to my colleague please")
    assert "first line" in body(to(await peer.wait(4), SELLER)[-1])
    assert "inquiry.declined" not in kinds(await world.show(made.id))


async def test_what_cannot_be_done_any_more_is_not_explained(world: Running, peer: Peer) -> None:
    made = await world.open()
    await peer.wait(2)
    await order(world, SELLER, verb("decline", made.masks["buyer"], "discontinued"), "")
    await peer.wait(4)
    await order(world, SELLER, verb("decline", made.masks["buyer"], "outside_area"), "")
    helped = said(await peer.wait(5), SELLER)
    assert "declined already" in helped
    assert "To decline, send" not in helped


async def test_a_transfer_gives_a_colleague_the_whole_inquiry(world: Running, peer: Peer) -> None:
    made = await world.open()
    await peer.wait(2)
    await world.send(SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], "They cost 4,800 EUR."))
    await peer.wait(3)
    await order(world, SELLER, verb("transfer", made.masks["buyer"]), f"Ben Weber <{COLLEAGUE}>\nHe knows pumps.")
    mails = await peer.wait(6)
    handed = to(mails, COLLEAGUE)[-1]
    assert "handed this request over to you" in body(handed)
    for words in ("twelve P-200 pumps", "4,800 EUR", "He knows pumps."):
        assert words in body(handed)
    assert made.masks["buyer"] in header(handed, "From")
    assert BUYER.encode() not in handed.data
    told = to(mails, BUYER)[-1]
    assert "handed this request over to a colleague" in body(told)
    assert b"werk.example" not in told.data
    assert f"handed this request over to {COLLEAGUE}" in said(mails, SELLER)

    shown = await world.show(made.id)
    (event,) = [one for one in shown["events"] if one["kind"] == "inquiry.transferred"]
    assert event["proof"]["email"] == COLLEAGUE
    assert {one["email"]: one["state"] for one in shown["participants"]}[SELLER] == "transferred"

    await world.send(COLLEAGUE, made.masks["buyer"], mail(COLLEAGUE, made.masks["buyer"], "Ben here: 4,700."))
    assert "Ben here" in body(to(await peer.wait(7), BUYER)[-1])
    with pytest.raises(aiosmtplib.SMTPDataError, match=r"5\.7\.1 R103"):
        await world.send(SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], "Me again"))


async def test_a_colleague_in_cc_is_the_one_to_hand_over_to(world: Running, peer: Peer) -> None:
    made = await world.open()
    await peer.wait(2)
    address = verb("transfer", made.masks["buyer"])
    data = mail(SELLER, address, "Please go on with this.").replace(
        b"\r\nSubject", f"\r\nCc: {COLLEAGUE}\r\nSubject".encode(), 1
    )
    await world.send(SELLER, address, data)
    handed = to(await peer.wait(5), COLLEAGUE)[-1]
    assert "Please go on with this." in body(handed)


async def test_a_transfer_can_be_taken_back(world: Running, peer: Peer) -> None:
    made = await world.open()
    await peer.wait(2)
    await order(world, SELLER, verb("transfer", made.masks["buyer"]), COLLEAGUE)
    await peer.wait(5)
    seller = await person(world, made.id, SELLER)
    await act(world.gateway.world, By(seller.seq, "page", "test"), Undo())
    states = {one["email"]: one["state"] for one in (await world.show(made.id))["participants"]}
    assert (states[SELLER], states[COLLEAGUE]) == ("active", "left")


@pytest.mark.parametrize("target", [BUYER, SELLER, "ops@reply.market.example"])
async def test_it_cannot_be_handed_over_to_anybody(world: Running, peer: Peer, target: str) -> None:
    made = await world.open()
    await peer.wait(2)
    await order(world, SELLER, verb("transfer", made.masks["buyer"]), target)
    assert "Nothing was done" in body(to(await peer.wait(3), SELLER)[-1])
    assert "inquiry.transferred" not in kinds(await world.show(made.id))


async def test_the_number_goes_to_who_asked_for_it_and_to_nobody_else(world: Running, peer: Peer) -> None:
    made = await world.open()
    first = await peer.wait(2)
    assert not [got for got in first if b"23 45 67" in got.data]
    await order(world, SELLER, verb("phone", made.masks["buyer"]), "")
    mails = await peer.wait(4)
    assert "+33 1 23 45 67 89" in body(to(mails, SELLER)[-1])
    assert "has seen it" in body(to(mails, BUYER)[-1])
    assert [got.rcpt for got in mails if b"23 45 67" in got.data] == [(SELLER,)]
    await order(world, SELLER, verb("phone", made.masks["buyer"]), "again")
    await peer.wait(5)
    assert kinds(await world.show(made.id)).count("phone.shown") == 1
    await order(world, BUYER, verb("phone", made.masks["seller"]), "")
    assert "has given no telephone number" in body(to(await peer.wait(6), BUYER)[-1])


async def test_where_the_setting_forbids_it_no_mail_holds_the_number(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer, extra="[actions]\nphone_by_mail = false\n") as world:
        made = await world.open()
        await peer.wait(2)
        await order(world, SELLER, verb("phone", made.masks["buyer"]), "")
        mails = await peer.wait(4)
        assert "shown in the conversation" in body(to(mails, SELLER)[-1])
        assert not [got for got in mails if b"23 45 67" in got.data]


async def test_the_history_comes_with_all_words_and_documents(world: Running, peer: Peer) -> None:
    made = await world.open()
    await peer.wait(2)
    data = with_file(SELLER, made.masks["buyer"], "They cost 4,800 EUR.", "offer.pdf")
    await world.send(SELLER, made.masks["buyer"], data)
    await peer.wait(3)
    await order(world, BUYER, verb("history", made.masks["seller"]), "please")
    history = to(await peer.wait(4), BUYER)[-1]
    text = body(history)
    assert text.index("twelve P-200 pumps") < text.index("4,800 EUR")
    assert [part.get_filename() for part in opened(history).walk() if part.get_filename()] == ["offer.pdf"]
    assert b"werk.example" not in history.data


def with_file(who: str, address: str, text: str, name: str) -> bytes:
    head = mail(who, address, "").partition(b"Content-Type")[0]
    parts = (
        'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n'
        f"{text}\r\n--b\r\nContent-Type: application/pdf\r\n"
        f'Content-Disposition: attachment; filename="{name}"\r\n\r\n%PDF-1.4 x\r\n--b--\r\n'
    )
    return head + parts.encode()


async def test_closing_and_opening_again(world: Running, peer: Peer) -> None:
    made = await world.open()
    await peer.wait(2)
    await order(world, BUYER, verb("close", made.masks["seller"]), "")
    mails = await peer.wait(4)
    assert "has closed this conversation" in said(mails, SELLER)
    with pytest.raises(aiosmtplib.SMTPRecipientRefused, match=r"5\.1\.6"):
        await order(world, SELLER, made.masks["buyer"], "hello?")
    with pytest.raises(aiosmtplib.SMTPRecipientRefused, match=r"5\.1\.6"):
        await order(world, SELLER, verb("decline", made.masks["buyer"], "spam"), "-")
    await order(world, BUYER, verb("reopen", made.masks["seller"]), "")
    await peer.wait(6)
    await order(world, SELLER, made.masks["buyer"], "hello!")
    assert "hello!" in said(await peer.wait(7), BUYER)


async def test_who_is_alone_on_his_side_cannot_leave(world: Running, peer: Peer) -> None:
    made = await world.open()
    await peer.wait(2)
    await order(world, SELLER, verb("leave", made.masks["buyer"]), "")
    assert "somebody must be there" in body(to(await peer.wait(3), SELLER)[-1])


@pytest.mark.parametrize("who", ["stranger@elsewhere.example", COLLEAGUE])
async def test_only_people_who_take_part_can_do_anything(world: Running, peer: Peer, who: str) -> None:
    made = await world.open()
    await peer.wait(2)
    with pytest.raises(aiosmtplib.SMTPDataError, match=r"5\.7\.1 R210"):
        await order(world, who, verb("decline", made.masks["buyer"], "spam"), "-")
    with pytest.raises(aiosmtplib.SMTPDataError, match=r"5\.7\.1 R207"):
        await order(world, BUYER, verb("close", made.masks["buyer"]), "-")


async def test_a_vacation_mail_does_nothing(world: Running, peer: Peer) -> None:
    made = await world.open()
    await peer.wait(2)
    address = verb("decline", made.masks["buyer"], "discontinued")
    data = mail(SELLER, address, "I am away").replace(b"MIME-Version", b"Auto-Submitted: auto-replied\r\nMIME-Version")
    await world.send(SELLER, address, data)
    assert "inquiry.declined" not in kinds(await world.show(made.id))


async def test_the_same_mail_twice_does_it_once(world: Running, peer: Peer) -> None:
    made = await world.open()
    await peer.wait(2)
    address = verb("close", made.masks["seller"])
    data = mail(BUYER, address, "enough", message_id="close-1@acheteur.example")
    await world.send(BUYER, address, data)
    await world.send(BUYER, verb("reopen", made.masks["seller"]), mail(BUYER, address, "no"))
    await world.send(BUYER, address, data)
    assert (await world.show(made.id))["state"] == "open"

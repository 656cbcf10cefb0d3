"""Postfix as smarthost: everything the gateway sends goes by it, and what cannot be delivered comes back by it."""

import re
from pathlib import Path

import pytest
from parley.relay.prepare import prepare
from parley.store import outbox
from parley.tests.gateway import BUYER, COLLEAGUE, SELLER, body, header, mail, to
from parley.tests.interop.house import House, house, message_id, with_file
from parley.tests.peer import Got

pytestmark = pytest.mark.interop
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 400
_RECEIVED = re.compile(rb"Received: [^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*")


async def as_written(all_: House, got: Got) -> bytes:
    """The bytes the gateway made for this mail: they are the same each time they are asked for."""
    token = message_id(got).removeprefix("<m.").partition("@")[0]
    world = all_.gateway.gateway.world
    delivery = await world.store.read(lambda connection: outbox.by_token(connection, token))
    assert delivery is not None, got.data[:2000]
    return (await prepare(world, delivery)).data


async def assert_intact(all_: House, mails: list[Got]) -> None:
    """Postfix has put its Received in front of each mail and changed no other byte."""
    for got in mails:
        trace = _RECEIVED.match(got.data)
        assert trace, got.data[:500]
        assert got.data[trace.end() :] == await as_written(all_, got)
        assert got.violations == ()


async def test_every_kind_of_mail_arrives_byte_for_byte(tmp_path: Path) -> None:
    async with house(tmp_path, smarthost=True, copy=True) as all_:
        made = await all_.gateway.open(cc=[{"email": COLLEAGUE, "name": "Ben"}])
        mask = made.masks["buyer"]
        await all_.sink.wait(3)  # request, the same to the colleague, confirmation
        text = "Grüße – 4.800 € für zwölf.\n\n" + "word " * 500 + "\n.\nFrom here on: 你好"
        await all_.hand(SELLER, [mask], with_file(mask, text, "Angebot-ü.pdf", PDF, "f1@werk.example"))
        mails = await all_.sink.wait(6)  # to the buyer, to the colleague, the writer's copy
        await assert_intact(all_, mails)
        assert {address for got in mails[3:] for address in got.rcpt} == {BUYER, COLLEAGUE, SELLER}
        assert "From here on: 你好" in body(to(mails[3:], BUYER)[-1])
        await all_.postfix.empty()
        assert len(all_.sink.mails) == 6


async def test_a_bounce_that_the_real_postfix_makes_is_told_to_the_writer(tmp_path: Path) -> None:
    async with house(tmp_path, smarthost=True) as all_:
        made = await all_.gateway.open()
        mask = made.masks["buyer"]
        await all_.sink.wait(2)
        all_.sink.refuse("rcpt", 550, f"5.1.1 <{BUYER}>: there is no such mailbox", rcpt=BUYER)
        await all_.hand(SELLER, [mask], mail(SELLER, mask, "Hello?", message_id="h@werk.example"))
        notice = (await all_.sink.wait(3))[-1]
        assert notice.rcpt == (SELLER,)
        assert notice.mail_from == ""
        assert header(notice, "In-Reply-To") == "<h@werk.example>"
        assert "Hello?" in body(notice)
        assert b"acheteur.example" not in notice.data
        await assert_intact(all_, [notice])
        shown = await all_.gateway.show(made.id)
        assert shown["messages"][1]["state"] == "failed"
        events = [event["kind"] for event in shown["events"]]
        assert {"bounce.received", "message.failed"} <= set(events)
        await all_.postfix.empty()
        assert len(all_.sink.mails) == 3  # nobody was sent the bounce itself


async def test_a_notice_that_cannot_be_delivered_goes_round_no_more(tmp_path: Path) -> None:
    """Both sides are dead: Postfix bounces the buyer's mail, the notice of that finds nobody, and there it ends."""
    async with house(tmp_path, smarthost=True) as all_:
        made = await all_.gateway.open()
        mask = made.masks["buyer"]
        await all_.sink.wait(2)
        all_.sink.refuse("rcpt", 550, "5.1.1 nobody here")
        await all_.hand(SELLER, [mask], mail(SELLER, mask, "Anybody?"))
        await all_.gateway.wait_for("sent", 4)  # request, confirmation, the reply, the notice
        await all_.postfix.empty()
        assert len(all_.sink.mails) == 2
        assert len(all_.gateway.logged("received")) == 2  # the seller's mail and one bounce

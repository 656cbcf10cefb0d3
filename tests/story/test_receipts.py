"""Who asks for a read receipt gets one: his reader's mail program is asked, by the mask, and what it says is proof."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from parley.relay.actions.create import Created
from parley.relay.actions.read import read_on_page
from parley.relay.mail.unpacked import holds
from parley.store import inquiries
from parley.tests.gateway import BUYER, COLLEAGUE, SELLER, Running, body, header, mail, opened, running, to
from parley.tests.peer import Got, Peer
from parley.tests.story.test_read_states import receipt

ASKING = "Disposition-Notification-To"


def asking(mask: str, text: str, fields: Mapping[str, str], message_id: str = "ask@werk.example") -> bytes:
    """A seller's mail with fields that ask for a receipt."""
    more = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return more.encode() + mail(SELLER, mask, text, message_id=message_id)


async def said(world: Running, made: Created, fields: Mapping[str, str], peer: Peer) -> Got:
    """What the buyer gets when the seller asks like this."""
    await world.quiet()
    before = len(to(peer.mails, BUYER))
    await world.send(SELLER, made.masks["buyer"], asking(made.masks["buyer"], "4,800 EUR", fields))
    await world.quiet()
    return to(peer.mails, BUYER)[before]


async def read_notices(world: Running, peer: Peer) -> list[Got]:
    await world.quiet()
    return [got for got in to(peer.mails, SELLER) if header(got, "Subject").startswith("Read: ")]


@pytest.mark.usefixtures("engines")
@pytest.mark.parametrize(
    "fields",
    [
        {ASKING: SELLER},
        {ASKING: f"Anna Weber <{SELLER}>", "Disposition-Notification-Options": "signed-receipt=optional,pkcs7"},
        {"Return-Receipt-To": f"<{SELLER}>"},
        {ASKING: f"=?utf-8?q?Anna_{SELLER.replace('@', '=40')}?= <{SELLER}>, other@werk.example"},
        {ASKING: "anna@elsewhere.example", "Return-Receipt-To": SELLER, "X-Confirm-Reading-To": SELLER},
    ],
)
async def test_a_receipt_goes_both_ways_and_nobody_is_named(
    tmp_path: Path, peer: Peer, fields: Mapping[str, str]
) -> None:
    async with running(tmp_path, peer) as world:
        made = await world.open()
        got = await said(world, made, fields, peer)
        assert opened(got).get_all(ASKING) == [made.masks["seller"]]
        assert not holds(got.data, [SELLER, "werk.example", "elsewhere.example"])
        shown = receipt(BUYER, made.masks["seller"], header(got, "Message-ID").strip("<>"))
        await world.send("", made.masks["seller"], shown)
        await world.send("", made.masks["seller"], shown)
        events = (await world.show(made.id))["events"]
        (read,) = [one for one in events if (one["kind"], one["actor"]) == ("message.read", BUYER)]
        assert read["proof"]["by"] == "mdn"
        (told,) = await read_notices(world, peer)
        assert "Jean D. (Acheteur SA) has read your message." in body(told)
        assert "sent a read receipt" in body(told)
        assert (told.mail_from, header(told, "Auto-Submitted")) == ("", "auto-replied")
        assert header(told, "In-Reply-To") == "<ask@werk.example>"
        assert ASKING not in opened(told)
        assert not holds(told.data, [BUYER, "acheteur.example"])


@pytest.mark.parametrize("value", ["", "nobody", "<>", "@", "\x00", "anna(at)werk.example"])
async def test_what_names_no_address_asks_for_nothing(tmp_path: Path, peer: Peer, value: str) -> None:
    async with running(tmp_path, peer) as world:
        made = await world.open()
        assert ASKING not in opened(await said(world, made, {ASKING: value}, peer))


async def test_the_page_answers_for_the_mail_program(tmp_path: Path, peer: Peer) -> None:
    """Read on the page: the writer who asked is told, another is not."""
    async with running(tmp_path, peer) as world:
        made = await world.open()
        await said(world, made, {ASKING: SELLER}, peer)
        await world.send(
            SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], "plus VAT", message_id="2@werk")
        )
        ids = [one["id"] for one in (await world.show(made.id))["messages"][1:]]

        async def reader() -> int:
            people = await world.gateway.world.store.read(lambda c: inquiries.participants(c, 1))
            return next(one.seq for one in people if one.email == BUYER)

        assert await read_on_page(world.gateway.world, await reader(), ids, {"how": "screen"}, "x") == tuple(ids)
        (told,) = await read_notices(world, peer)
        assert "4,800 EUR" in body(told)
        assert "on this person's screen" in body(told)


async def test_an_answer_is_its_own_receipt(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer) as world:
        made = await world.open()
        got = await said(world, made, {ASKING: SELLER}, peer)
        answer = mail(BUYER, made.masks["seller"], "Agreed.", references=header(got, "Message-ID"))
        await world.send(BUYER, made.masks["seller"], answer)
        assert await read_notices(world, peer) == []
        assert "Agreed." in body(to(peer.mails, SELLER)[-1])


@pytest.mark.parametrize("asks", [True, False])
async def test_the_gateway_asks_by_itself_where_it_is_set(tmp_path: Path, peer: Peer, asks: bool) -> None:
    extra = f"[mail]\nask_read_receipt = {str(asks).lower()}"
    async with running(tmp_path, peer, extra=extra, copy=True) as world:
        made = await world.open(sellers=[{"email": SELLER}, {"email": COLLEAGUE}])
        await world.send(SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], "4,800", message_id="3@werk"))
        await world.quiet()
        (_, answer), request = to(peer.mails, BUYER), to(peer.mails, SELLER)[0]
        for got, mask in ((answer, "seller"), (request, "buyer")):
            assert opened(got).get_all(ASKING, []) == ([made.masks[mask]] if asks else [])
        copies = [*to(peer.mails, SELLER)[1:], *to(peer.mails, COLLEAGUE)[1:], to(peer.mails, BUYER)[0]]
        assert len(copies) == 3
        assert not [got for got in copies if ASKING in opened(got)]
        shown = receipt(BUYER, made.masks["seller"], header(answer, "Message-ID").strip("<>"))
        await world.send("", made.masks["seller"], shown)
        assert await read_notices(world, peer) == []  # the writer did not ask
        assert (await world.show(made.id))["messages"][-1]["state"] == "read"

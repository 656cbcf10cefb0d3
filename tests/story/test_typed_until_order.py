"""What people typed about themselves is hidden until an order stands, where the marketplace wants it so; and our own
words never name the other side."""

from pathlib import Path

import pytest
from parley.relay.mail.unpacked import holds
from parley.relay.record import add_event
from parley.store import inquiries
from parley.tests.gateway import BUYER, SELLER, Running, body, header, mail, running, to
from parley.tests.pages import Visitor
from parley.tests.peer import Peer

pytestmark = pytest.mark.usefixtures("engines")

HIDING = '[masking]\ntyped = "mask_until_order"\n'


async def shown(world: Running, link: str) -> str:
    host, port = world.gateway.links_address
    return (await Visitor(host, port).open(link)).text


async def test_an_address_shows_once_an_order_stands(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer, extra=HIDING, copy=True) as world:
        made = await world.open()
        await peer.wait(2)
        words = f"Write to {SELLER} or call me."
        await world.send(SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], words))
        mails = await peer.wait(4)
        assert f"Write to {made.masks['seller']} or call me." in body(to(mails, BUYER)[-1])
        assert SELLER not in await shown(world, made.links[BUYER])
        copy = " ".join(body(to(mails, SELLER)[-1]).split())
        assert "1 mail address was hidden from the other side." in copy
        assert words in copy

        store, now = world.gateway.world.store, world.gateway.world.clock()
        found = await store.read(lambda connection: inquiries.find(connection, made.id))
        assert found is not None
        await store.write(lambda connection: add_event(connection, found.seq, now, "order.paid"))
        await world.send(SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], f"Now {words}"))
        assert f"Now {words}" in body(to(await peer.wait(6), BUYER)[-1])
        assert SELLER in await shown(world, made.links[BUYER])


async def test_a_remotes_words_are_retold_in_ours(tmp_path: Path, peer: Peer) -> None:
    peer.refuse("rcpt", 550, f"5.1.1 <{BUYER}> unknown at mx.acheteur.example [192.0.2.77]", rcpt=BUYER)
    async with running(tmp_path, peer, copy=True) as world:
        made = await world.open()
        await world.send(SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], "They cost 4,800 EUR."))
        await world.wait_for("failed", 2)
        await peer.until(lambda: any("could not be delivered" in body(got) for got in to(peer.mails, SELLER)))
        secrets = (BUYER, "acheteur.example", "192.0.2.77")
        for got in to(peer.mails, SELLER):
            assert not holds(got.data, secrets)
        assert not holds((await shown(world, made.links[SELLER])).encode(), secrets)


@pytest.mark.parametrize(("setting", "date"), [("utc", "08:00:00 +0000"), ("original", "09:00:00 +0100")])
async def test_the_zone_of_a_date(tmp_path: Path, peer: Peer, setting: str, date: str) -> None:
    async with running(tmp_path, peer, extra=f'[masking]\ndate = "{setting}"\n') as world:
        made = await world.open()
        await world.send(SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], "They cost 4,800 EUR."))
        got = to(await peer.wait(3), BUYER)[-1]
        assert header(got, "Date") == f"Mon, 23 Nov 2026 {date}"

"""Nothing is sent to somebody who has left: no notice about what he wrote, and not by a retry of ops either."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from parley.relay.actions.create import Created
from parley.relay.commands import Commands
from parley.relay.control import ControlError
from parley.store import outbox
from parley.tests.gateway import BUYER, COLLEAGUE, SELLER, Running, mail, running, to
from parley.tests.peer import Peer
from parley.tests.story.test_returned import report


@pytest.fixture
async def world(tmp_path: Path, peer: Peer) -> AsyncIterator[Running]:
    async with running(tmp_path, peer) as one:
        yield one


async def of_two(world: Running) -> Created:
    """An inquiry with two sellers, of whom one may leave; what opened it is delivered."""
    made = await world.open(sellers=[{"email": SELLER, "name": "Anna"}, {"email": COLLEAGUE, "name": "Ben"}])
    await world.wait_for("sent", 3)
    return made


async def seller_leaves(world: Running, made: Created) -> None:
    address = made.masks["buyer"].replace("buyer-", "leave-")
    await world.send(SELLER, address, mail(SELLER, address, "Bye."))


async def kinds(world: Running, made: Created) -> list[str]:
    return [event["kind"] for event in (await world.show(made.id))["events"]]


async def test_a_bounce_of_what_he_wrote_is_in_the_history_alone(world: Running, peer: Peer) -> None:
    made = await of_two(world)
    await world.send(SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], "Hello?"))
    await world.wait_for("sent", 5)  # to the buyer and to the colleague
    returned = to(peer.mails, BUYER)[-1].mail_from
    await seller_leaves(world, made)
    await world.quiet()
    before = len(peer.mails)
    await world.send("", returned, report(returned))
    await world.quiet()
    assert len(peer.mails) == before
    assert (await kinds(world, made))[-1] == "message.failed"
    assert (await world.show(made.id))["messages"][1]["state"] == "failed"


async def test_what_was_dropped_when_he_left_cannot_be_sent_by_ops(world: Running, peer: Peer) -> None:
    made = await of_two(world)
    peer.refuse("rcpt", 451, "4.7.1 later", rcpt=SELLER)
    await world.send(BUYER, made.masks["seller"], mail(BUYER, made.masks["seller"], "Hello?"))
    await world.wait_for("deferred")
    store = world.gateway.world.store
    (waiting,) = [one for one in await store.read(lambda c: outbox.waiting(c, 10)) if one.to == SELLER]
    await seller_leaves(world, made)
    with pytest.raises(ControlError, match=f"delivery {waiting.id} is to somebody who takes no part any more"):
        await Commands(world.gateway.world).run("queue.retry", waiting.id)
    assert (await store.read(lambda c: outbox.get(c, waiting.seq))).state == "dropped"

"""A large mail whose bytes are gone from the store: a fault of ours, told soon and in those words."""

import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from parley.relay.job import Job
from parley.relay.mail.envelope import Prepared
from parley.relay.outbound import deliver
from parley.relay.world import World
from parley.store.values import DeliveryRow
from parley.tests.gateway import BUYER, SELLER, Running, body, running, to
from parley.tests.peer import Peer
from parley.tests.story.test_large import MB, document, with_file
from parley.tests.times import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def world(tmp_path: Path, peer: Peer, clock: Clock) -> AsyncIterator[Running]:
    async with running(tmp_path, peer, clock=clock, outbound={"give_up": "5d"}) as one:
        yield one


async def sent(world: Running, folder: Path) -> tuple[str, Path]:
    """Send a large mail that the buyer's server does not take yet; return its inquiry and where it is kept."""
    made = await world.open()
    await world.peer.wait(2)
    world.peer.refuse("rcpt", 451, "4.7.1 later", rcpt=BUYER)
    data = with_file(made.masks["buyer"], document(MB), "1@werk.example")
    assert (await world.send(SELLER, made.masks["buyer"], data)).code == 250
    await world.wait_for("deferred")
    name = hashlib.sha256(data).hexdigest()
    return made.id, folder / "var/blobs" / name[:2] / name


async def again(world: Running, clock: Clock) -> None:
    """It is an hour later: what was put off is due."""
    clock.now += timedelta(hours=1)
    world.gateway.world.wake()


async def told(world: Running, inquiry: str, blob: Path) -> None:
    """Writer and ops learn what happened."""
    [alert] = await world.wait_for("quarantined")
    assert blob.name in alert
    assert [line for line in world.logged("fault") if "where=deliver" in line and blob.name in line]
    await world.wait_for("failed")
    await world.peer.until(lambda: len(to(world.peer.mails, SELLER)) == 2)
    notice = body(to(world.peer.mails, SELLER)[-1])
    assert "a fault of ours" in notice
    assert "See the file." in notice
    shown = await world.show(inquiry)
    assert shown["messages"][-1]["state"] == "failed"
    [event] = [event for event in shown["events"] if event["kind"] == "message.failed"]
    assert (event["proof"]["by"], event["proof"]["why"]) == ("gateway", "ours")
    assert len(to(world.peer.mails, BUYER)) == 1  # of the request


async def test_a_mail_that_is_gone_before_it_is_made_is_told(world: Running, tmp_path: Path, clock: Clock) -> None:
    inquiry, blob = await sent(world, tmp_path)
    blob.unlink()
    await again(world, clock)
    await world.wait_for("deferred", 2)
    await again(world, clock)
    await told(world, inquiry, blob)


async def test_a_mail_that_goes_missing_while_it_is_sent_is_told(
    world: Running, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    inquiry, blob = await sent(world, tmp_path)
    await again(world, clock)
    await world.wait_for("deferred", 2)
    prepare = deliver.prepare

    async def prepare_and_lose(world: World, delivery: DeliveryRow, job: Job | None = None) -> Prepared:
        made = await prepare(world, delivery, job)
        blob.unlink(missing_ok=True)
        return made

    monkeypatch.setattr(deliver, "prepare", prepare_and_lose)
    world.peer.behave()
    await again(world, clock)
    await told(world, inquiry, blob)

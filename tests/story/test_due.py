"""What is due goes out by itself, and what was sent comes to an end: no other mail has to come by, and no restart."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from parley.relay.outbound import marks
from parley.store import outbox, results
from parley.tests.gateway import BUYER, SELLER, mail, running
from parley.tests.peer import Peer
from parley.tests.times import MINUTE, jump


async def test_when_all_places_were_taken_and_all_failed_they_are_tried_again(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer, outbound={"connections": "2", "retry": '["300ms"]'}) as world:
        stall = peer.stall("rcpt", times=2)
        peer.refuse("rcpt", 451, "4.3.2 not now", times=2)
        await world.open()
        await peer.until(lambda: sum(line.startswith("RCPT") for _, line in peer.lines) == 2)
        stall.release()
        await peer.wait(2)


async def test_what_comes_due_while_all_places_are_taken_goes_when_one_is_free(tmp_path: Path, peer: Peer) -> None:
    now = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    async with running(tmp_path, peer, clock=lambda: now, outbound={"connections": "1", "poll": "50ms"}) as world:
        stall = peer.stall("dot", times=1)
        peer.refuse("rcpt", 451, "4.3.2 not now", times=1)
        await world.open()
        await world.wait_for("deferred")
        await stall.reached()  # the other mail has the only place
        now += timedelta(minutes=2)
        stall.release()
        await peer.wait(2)


def broken(*_: object) -> None:
    raise RuntimeError("this cannot be recorded")


async def test_a_result_whose_consequences_cannot_be_recorded_is_an_end_all_the_same(
    tmp_path: Path, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, peer) as world:
        made = await world.open()
        await world.wait_for("sent", 2)
        monkeypatch.setattr(marks, "fail_message", broken)
        peer.refuse("rcpt", 550, "5.1.1 unknown", rcpt=BUYER, times=1)
        await world.send(SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], "hello"))
        await world.wait_for("failed")
        assert len(world.logged("fault")) == 1
        shown = (await world.show(made.id))["messages"][1]
        assert [one["state"] for one in shown["deliveries"]] == ["failed"]


async def test_what_has_no_result_on_record_goes_out_again_when_its_lease_is_over(
    tmp_path: Path, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    async with running(tmp_path, peer, clock=lambda: now, outbound={"poll": "50ms"}) as world:
        made = await world.open()
        await world.wait_for("sent", 2)
        finish = results.finish
        monkeypatch.setattr(results, "finish", broken)
        await world.send(SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], "hello"))
        await world.wait_for("fault", 2)
        monkeypatch.setattr(results, "finish", finish)
        now += timedelta(minutes=11)
        await jump(11 * MINUTE)
        first, second = (await peer.wait(4))[2:]
        assert first.data == second.data
        await world.wait_for("sent", 3)
        await world.quiet()
        assert (await world.show(made.id))["messages"][1]["state"] == "delivered"


@pytest.mark.usefixtures("engines")
async def test_what_a_slow_remote_has_not_answered_is_nobody_elses_to_send(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer) as world:
        made = await world.open()
        await world.wait_for("sent", 2)
        stall = peer.stall("dot", times=1)
        await world.send(SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], "hello"))
        await stall.reached()
        for _ in range(3):  # each time it is looked whose processes are dead
            await jump(MINUTE / 2)
            world.gateway.world.wake()
            await asyncio.sleep(0.1)
        (row,) = await world.gateway.world.store.read(lambda connection: outbox.waiting(connection, 10))
        assert (row.state, row.attempts) == ("sending", 1)
        stall.release()
        await world.wait_for("sent", 3)
        assert len(peer.mails) == 3

"""What is due goes out by itself: no other mail has to come by to wake the deliverer."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from parley.tests.gateway import running
from parley.tests.peer import Peer


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

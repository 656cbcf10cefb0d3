"""Kill -9 at random moments while many people write; then everything that was answered 250 is there, once."""

import asyncio
import random
from pathlib import Path

import pytest
from parley.tests.fault.counts import FULL, PLAIN, Record
from parley.tests.fault.house import House
from parley.tests.fault.invariants import hold
from parley.tests.fault.people import Ledger, open_talks, write_all
from parley.tests.peer import Peer

KILLS, MAILS, TALKS = (200, 10_000, 200) if FULL else (1, 30, 5) if PLAIN else (8, 300, 20)
PER_SECOND = 10.0


@pytest.mark.timeout(7200 if FULL else 300)
async def test_killed_at_random_under_load(tmp_path: Path, peer: Peer, record_property: Record) -> None:
    house = House(tmp_path, peer.port)
    talks = await open_talks(house, TALKS)
    ledger = Ledger()
    writing = asyncio.create_task(write_all(house, ledger, talks, MAILS, PER_SECOND))
    await kill_again_and_again(house, KILLS, seconds=MAILS / PER_SECOND)
    await house.up()
    await writing
    await house.drained(300)
    assert await house.down() == 0
    found = hold(house, ledger, talks, peer.mails)
    assert found.answered == MAILS
    record_property("faults:kill -9 under load", found.as_dict())


async def kill_again_and_again(house: House, kills: int, seconds: float) -> None:
    """Start and kill, at moments that are spread over about `seconds` of running."""
    dice = random.Random(6)
    for _ in range(kills):
        await house.up()
        await asyncio.sleep(dice.uniform(0, 2 * seconds / (kills + 1)))
        await house.kill()


@pytest.mark.timeout(300)
async def test_without_faults_nothing_comes_twice(tmp_path: Path, peer: Peer, record_property: Record) -> None:
    house = House(tmp_path, peer.port)
    talks = await open_talks(house, TALKS)
    await house.up()
    ledger = Ledger()
    await write_all(house, ledger, talks, 50 if PLAIN else 200, 1000.0)
    await house.drained()
    assert await house.down() == 0
    found = hold(house, ledger, talks, peer.mails)
    assert (found.kills, found.duplicates, found.lost) == (0, 0, 0)
    record_property("faults:no fault", found.as_dict())

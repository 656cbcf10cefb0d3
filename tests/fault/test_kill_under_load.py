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
    await kill_again_and_again(house, ledger, KILLS, MAILS / KILLS)
    await house.up()
    await writing
    await house.drained(300)
    assert await house.down() == 0
    found = hold(house, ledger, talks, peer.mails)
    assert found.answered == MAILS
    record_property("faults:kill -9 under load", found.as_dict())


async def kill_again_and_again(house: House, ledger: Ledger, kills: int, answers: float) -> None:
    """Start and kill, each time after about `answers` mails more were answered: none to twice as many, and a moment.

    The measure is answers, not seconds: on a busy machine a life of some seconds may come to none at all.
    """
    dice = random.Random(6)
    for left in range(kills, 0, -1):
        await house.up()
        until = min(len(ledger.taken) + dice.randrange(int(2 * answers) + 1), MAILS - left)
        while len(ledger.taken) < until:  # noqa: ASYNC110 (another process answers)
            await asyncio.sleep(0.01)
        await asyncio.sleep(dice.uniform(0, 1.0))
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

"""The gateway dies at each place where it matters, and nothing is lost, doubled more than once, or half there."""

import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from parley.relay import crash
from parley.tests.fault.counts import FULL, PLAIN, Record
from parley.tests.fault.house import Died, House
from parley.tests.fault.invariants import hold
from parley.tests.fault.people import Ledger, Mark, Talk, hand_over, open_talks, write_one
from parley.tests.peer import Peer

TIMES = (1, 2, 3, 5, 8) if FULL else (2,)  # at the how-manieth passing it dies
DRIVEN = ("before-250", "after-dot") if PLAIN else tuple(point for point in crash.POINTS if point != "migrating")


@pytest.mark.timeout(240)
@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("point", DRIVEN)
async def test_killed_at(tmp_path: Path, peer: Peer, point: crash.Point, time: int, record_property: Record) -> None:
    house = House(tmp_path, peer.port)
    talks = await open_talks(house, 2)
    ledger = Ledger()
    unanswered = await die_while_writing(house, ledger, talks, f"{point}:{time}")
    await house.up()
    for mark in unanswered:  # its server has no answer, so it sends the mail again
        await write_one(house, ledger, talks[mark.conversation], mark, size_of(mark))
    for talk in talks:
        await write_one(house, ledger, talk, Mark(talk.number, "seller", 100))
    await house.drained()
    assert await house.down() == 0
    found = hold(house, ledger, talks, peer.mails, in_flight=2)
    record_property(f"faults:killed at {point}", found.as_dict())


async def die_while_writing(house: House, ledger: Ledger, talks: list[Talk], crash_at: str) -> list[Mark]:
    """Run the gateway with an armed crash point and write mails, small and large, until it has died there.

    Returns the mails that were under way and got no answer.
    """
    unanswered: list[Mark] = []
    try:
        await house.up(crash_at=crash_at)
    except Died:
        assert await house.ended() == -signal.SIGKILL
        return unanswered
    for number in range(1, 20):
        for talk in talks:
            mark = Mark(talk.number, "seller", number)
            if house.running and not await hand_over(house, ledger, mark, talk.letter(mark, size_of(mark))):
                unanswered.append(mark)
        if not house.running:
            break
    assert await house.ended() == -signal.SIGKILL
    return unanswered


def size_of(mark: Mark) -> int:
    return 120_000 if mark.number % 2 else 500


@pytest.mark.timeout(240)
async def test_killed_in_the_middle_of_a_migration(tmp_path: Path, peer: Peer) -> None:
    house = House(tmp_path, peer.port)
    with pytest.raises(Died):
        await house.up(crash_at="migrating")
    assert await house.ended() == -signal.SIGKILL
    with closing(sqlite3.connect(house.database)) as database:
        assert database.execute("SELECT name FROM sqlite_master").fetchall() == []  # all of it or nothing
    talks = await open_talks(house, 1)
    await house.up()
    ledger = Ledger()
    await write_one(house, ledger, talks[0], Mark(0, "seller", 1))
    await house.drained()
    assert await house.down() == 0
    hold(house, ledger, talks, peer.mails)


def test_every_point_is_driven() -> None:
    assert PLAIN or {*DRIVEN, "migrating"} == set(crash.POINTS)

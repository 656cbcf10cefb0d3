"""The power goes while the disk is being written to; and no 250 is spoken before the disk has said yes."""

import signal
from pathlib import Path

import pytest
from parley.tests.fault.counts import FULL, PLAIN, Record
from parley.tests.fault.house import Died, House
from parley.tests.fault.invariants import hold
from parley.tests.fault.people import Ledger, Mark, hand_over, open_talks, write_one
from parley.tests.fault.tracing import dying_at, needs_strace, syncs_before_answers, watched
from parley.tests.peer import Peer

SYNCS = range(1, 41) if FULL else (3,) if PLAIN else (1, 3, 5, 13)
MAILS = 100 if FULL else 20


@needs_strace
@pytest.mark.timeout(240)
@pytest.mark.parametrize("sync", SYNCS)
async def test_killed_at_a_sync(tmp_path: Path, peer: Peer, sync: int, record_property: Record) -> None:
    house = House(tmp_path, peer.port)
    talks = await open_talks(house, 2)
    ledger = Ledger()
    unanswered: list[Mark] = []
    try:
        await house.up(around=dying_at("fdatasync", sync, tmp_path / "strace"))
        for number in range(1, 60):
            talk = talks[number % 2]
            mark = Mark(talk.number, "seller", number)
            if house.running and not await hand_over(house, ledger, mark, talk.letter(mark, 500)):
                unanswered.append(mark)
    except Died:
        pass
    assert await house.ended() == -signal.SIGKILL
    await house.up()
    for mark in unanswered:
        await write_one(house, ledger, talks[mark.conversation], mark, 500)
    await write_one(house, ledger, talks[0], Mark(0, "seller", 100))
    await house.drained()
    assert await house.down() == 0
    found = hold(house, ledger, talks, peer.mails)
    record_property("faults:killed at fdatasync", found.as_dict())


@needs_strace
@pytest.mark.timeout(240)
async def test_the_disk_says_yes_before_the_250_is_written(tmp_path: Path, peer: Peer) -> None:
    house = House(tmp_path, peer.port)
    (talk,) = await open_talks(house, 1)
    await house.up(around=watched(tmp_path / "strace"), words=("--role", "smtp"))  # nobody else writes
    ledger = Ledger()
    for number in range(1, MAILS + 1):
        await write_one(house, ledger, talk, Mark(0, "seller", number), 120_000 if number % 10 == 0 else 500)
    assert await house.down() == 0
    synced = syncs_before_answers(tmp_path / "strace")
    assert len(synced) == MAILS
    assert min(synced) >= 1

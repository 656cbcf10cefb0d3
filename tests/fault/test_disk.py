"""The disk is full, or the database is locked: the mail is kept where it is, and goes on when there is room."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Generator
from pathlib import Path

import aiosmtplib
import pytest
from parley.tests.fault.counts import FULL, PLAIN
from parley.tests.fault.house import House
from parley.tests.fault.invariants import hold
from parley.tests.fault.people import Ledger, Mark, Talk, hand_over, open_talks, write_one
from parley.tests.peer import Peer

LOCKED_FOR = 30.0 if FULL else 12.0
_BYTES = 12_000_000


@pytest.fixture
def small(tmp_path: Path) -> Generator[Path]:
    """A folder on a disk of its own that holds 12 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("a small disk can only be made by root")
    command = ["mount", "-t", "tmpfs", "-o", f"size={_BYTES}", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"this machine mounts no tmpfs: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Take all the room there is."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for block in (65_536, 4096, 512, 1):
            try:
                while True:
                    file.write(b"x" * block)
            except OSError:
                continue
    return filler


WHERE = {
    "store": {"PARLEY_STORE__URL": "sqlite:///small/parley.db"},
    "blobs": {"PARLEY_STORE__BLOBS": "small/blobs"},
    "log": {"PARLEY_LOG__FILE": "small/parley.log"},
}


@pytest.mark.timeout(240)
@pytest.mark.parametrize("what", ["blobs"] if PLAIN else list(WHERE))
async def test_a_full_disk(tmp_path: Path, small: Path, peer: Peer, what: str) -> None:
    house = House(tmp_path, peer.port, environment=WHERE[what])
    (talk,) = await open_talks(house, 1)
    await house.up()
    ledger = Ledger()
    await write_one(house, ledger, talk, Mark(0, "seller", 1), 200_000)
    await house.drained()
    filler = fill(small)
    full_since = time.monotonic()
    while (
        time.monotonic() - full_since < 1
    ):  # more lines than the log's last page holds; the disk is asked twice a second
        await hello(house)
    large, little = Mark(0, "seller", 2), Mark(0, "buyer", 1)
    answers = [await hand(house, ledger, talk, large, 300_000), await hand(house, ledger, talk, little, 500)]
    assert house.running
    assert [answer[:3] for answer in answers] == ["250" if what == "log" else "452"] * 2  # mail goes on without a log
    filler.unlink()
    await write_one(house, ledger, talk, large, 300_000)
    await write_one(house, ledger, talk, little, 500)
    await write_one(house, ledger, talk, Mark(0, "seller", 3))
    await house.drained()
    assert await house.down() == 0
    hold(house, ledger, [talk], peer.mails)
    if what == "log":
        assert "log_error" in house.errors()
        assert ": stopped " in (small / "parley.log").read_text().splitlines()[-1]


async def hello(house: House) -> None:
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=house.smtp, timeout=60, start_tls=False) as client:
        await client.noop()


async def hand(house: House, ledger: Ledger, talk: Talk, mark: Mark, size: int) -> str:
    """Hand one mail over, NOOP before and after; return the answer to it."""
    sender, mask, data = talk.letter(mark, size)
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=house.smtp, timeout=60, start_tls=False)
    async with client:
        await client.noop()
        await client.mail(sender)
        await client.rcpt(mask)
        try:
            answer = await client.data(data)
        except aiosmtplib.SMTPResponseException as error:
            await client.noop()
            return f"{error.code} {error.message}"
        ledger.write(mark, answer.message)
        return f"{answer.code} {answer.message}"


@pytest.mark.timeout(240)
@pytest.mark.skipif(PLAIN, reason="takes its time: scripts/test faults")
async def test_a_locked_database_is_answered_451_within_10_seconds_and_blocks_nobody(
    tmp_path: Path, peer: Peer
) -> None:
    house = House(tmp_path, peer.port)
    talks = await open_talks(house, 3)
    await house.up()
    ledger = Ledger()
    await write_one(house, ledger, talks[0], Mark(0, "seller", 1))
    await house.drained()
    locking = sqlite3.connect(house.database, isolation_level=None)
    locking.execute("BEGIN IMMEDIATE")
    noops = asyncio.create_task(slowest_noop(house, LOCKED_FOR))
    begun = time.monotonic()
    taken = 0.0
    while time.monotonic() - begun < LOCKED_FOR - 1:
        asked = time.monotonic()
        done = [
            hand_over(house, ledger, Mark(n, "seller", 9), talks[n].letter(Mark(n, "seller", 9), 500)) for n in (1, 2)
        ]
        answers = await asyncio.gather(*done)
        if answers == [False, False]:
            taken = max(taken, time.monotonic() - asked)
    slowest = await noops
    locking.execute("ROLLBACK")
    locking.close()
    assert 0 < taken <= 10
    assert slowest < 0.5
    for n in (1, 2):
        await write_one(house, ledger, talks[n], Mark(n, "seller", 9), 500)
    await house.drained()
    assert await house.down() == 0
    hold(house, ledger, talks, peer.mails)


async def slowest_noop(house: House, seconds: float) -> float:
    """Say NOOP on a connection of its own all the time; return how long the slowest one took."""
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=house.smtp, timeout=60, start_tls=False)
    slowest, ends = 0.0, time.monotonic() + seconds
    async with client:
        while time.monotonic() < ends:
            asked = time.monotonic()
            await client.noop()
            slowest = max(slowest, time.monotonic() - asked)
            await asyncio.sleep(0.05)
    return slowest

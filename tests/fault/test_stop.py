"""SIGTERM at bad moments, clients that hang up, a second gateway, too few file descriptors, a restored backup."""

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from parley.tests.fault.counts import PLAIN, Record
from parley.tests.fault.house import Died, House
from parley.tests.fault.invariants import arrivals, hold
from parley.tests.fault.people import Ledger, Mark, Talk, open_talks, write_all, write_one
from parley.tests.peer import Peer
from parley.tests.ports import reset
from parley.tests.times import LIMIT

pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.skipif(PLAIN, reason="takes its time: scripts/test faults"),
]


async def half_a_mail(house: House, talk: Talk, mark: Mark) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, bytes]:
    """Begin a mail and send the first half of its content; returns the rest of it too."""
    sender, mask, data = talk.letter(mark, 2000)
    reader, writer = await asyncio.open_connection("127.0.0.1", house.smtp)
    for command in (b"", b"HELO client.example\r\n", b"MAIL FROM:<%b>\r\n" % sender.encode()):
        writer.write(command)
        await reader.readline()
    writer.write(b"RCPT TO:<%b>\r\n" % mask.encode())
    await reader.readline()
    writer.write(b"DATA\r\n")
    assert (await reader.readline()).startswith(b"354")
    middle = len(data) // 2
    writer.write(data[:middle])
    await writer.drain()
    return reader, writer, data[middle:] + b"\r\n.\r\n"


async def test_sigterm_in_data(tmp_path: Path, peer: Peer) -> None:
    """A mail under way is finished and answered; one that never ends is not half taken."""
    house = House(tmp_path, peer.port)
    talks = await open_talks(house, 2)
    ledger = Ledger()
    await house.up()
    finished, endless = Mark(0, "seller", 1), Mark(1, "seller", 1)
    reader, writer, rest = await half_a_mail(house, talks[0], finished)
    other_reader, other_writer, _ = await half_a_mail(house, talks[1], endless)
    stopping = asyncio.create_task(house.down())
    await asyncio.sleep(0.3)
    writer.write(rest)
    answer = await reader.readline()
    assert answer.startswith(b"250 2.0.0 Ok: kept as ")
    ledger.write(finished, answer.decode())
    assert (await reader.readline()).startswith(b"421 4.3.2")
    assert await stopping == 0
    assert not (await other_reader.read()).startswith(b"250")
    writer.close()
    other_writer.close()
    await house.up()
    await write_one(house, ledger, talks[1], endless, 2000)
    await house.drained()
    assert await house.down() == 0
    found = hold(house, ledger, talks, peer.mails)
    assert found.duplicates == 0


async def test_sigterm_in_a_delivery(tmp_path: Path, peer: Peer) -> None:
    """A remote that stalls at the dot cannot hold the stop; the mail goes out again, as the same one."""
    house = House(tmp_path, peer.port)
    (talk,) = await open_talks(house, 1)
    ledger = Ledger()
    await house.up()
    stall = peer.stall("dot")
    await write_one(house, ledger, talk, Mark(0, "seller", 1))
    await stall.reached()
    assert await house.down() == 0
    house.kills += 1  # for the mail it is one: the remote had all of it and had not said yes
    stall.release()
    peer.behave()
    await house.up()
    await house.drained()
    assert await house.down() == 0
    hold(house, ledger, [talk], peer.mails)
    assert "Traceback" not in house.errors()


async def test_graceful_restarts_under_load_double_nothing(tmp_path: Path, peer: Peer, record_property: Record) -> None:
    house = House(tmp_path, peer.port)
    talks = await open_talks(house, 10)
    ledger = Ledger()
    await house.up()
    writing = asyncio.create_task(write_all(house, ledger, talks, 150, 10.0))
    for _ in range(4):
        await asyncio.sleep(1.5)
        assert await house.down() == 0
        await house.up()
    await writing
    await house.drained()
    assert await house.down() == 0
    found = hold(house, ledger, talks, peer.mails)
    assert found.duplicates == 0
    record_property("faults:SIGTERM under load", found.as_dict())


async def test_clients_that_hang_up_after_the_dot_send_again_and_it_comes_once(tmp_path: Path, peer: Peer) -> None:
    house = House(tmp_path, peer.port)
    talks = await open_talks(house, 3)
    ledger = Ledger()
    await house.up()
    for talk, manner in zip(talks, ("reset", "half close", "close"), strict=True):
        mark = Mark(talk.number, "seller", 1)
        for _ in range(5):  # none of them waits for the answer
            reader, writer, rest = await half_a_mail(house, talk, mark)
            writer.write(rest)
            await writer.drain()
            if manner == "reset":
                reset(writer)
            elif manner == "half close":
                writer.write_eof()
                assert (await reader.readline()).startswith(b"250")
            writer.close()
        await write_one(house, ledger, talk, mark, 2000)
    await house.drained()
    assert await house.down() == 0
    found = hold(house, ledger, talks, peer.mails)
    assert found.duplicates == 0


async def test_two_gateways_on_one_store(tmp_path: Path, peer: Peer) -> None:
    """The second one is refused with "try again later"; when the first one is killed, it takes over."""
    house = House(tmp_path, peer.port)
    (talk,) = await open_talks(house, 1)
    ledger = Ledger()
    await house.up()
    second = House(tmp_path, peer.port)
    with pytest.raises(Died, match="status 75"):
        await second.up()
    await peer.down()
    await write_one(house, ledger, talk, Mark(0, "seller", 1))
    await house.kill()
    await peer.up()
    await second.up()
    await write_one(second, ledger, talk, Mark(0, "seller", 2))
    await second.drained()
    assert await second.down() == 0
    hold(second, ledger, [talk], peer.mails)


async def test_no_file_descriptors_left(tmp_path: Path, peer: Peer) -> None:
    """With all descriptors taken nothing is lost and nothing dies; when they are free again mail goes on."""
    if shutil.which("prlimit") is None:
        pytest.skip("prlimit is not installed")
    house = House(tmp_path, peer.port)
    (talk,) = await open_talks(house, 1)
    ledger = Ledger()
    await house.up(around=("prlimit", "--nofile=80:80"))
    await write_one(house, ledger, talk, Mark(0, "seller", 1), 200_000)
    crowd = [await asyncio.open_connection("127.0.0.1", house.smtp) for _ in range(120)]
    writing = asyncio.create_task(write_one(house, ledger, talk, Mark(0, "seller", 2), 200_000))
    await asyncio.sleep(3)
    assert house.running
    for _, writer in crowd:
        writer.close()
    async with asyncio.timeout(2 * LIMIT):
        await writing
    await write_one(house, ledger, talk, Mark(0, "seller", 3))
    await house.drained()
    assert await house.down() == 0
    hold(house, ledger, [talk], peer.mails)


async def test_a_backup_restored(tmp_path: Path, peer: Peer) -> None:
    """A copy of the running store in another place: what was answered before is there, and what waited goes out."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    house = House(first, peer.port)
    (talk,) = await open_talks(house, 1)
    ledger = Ledger()
    await house.up()
    await write_one(house, ledger, talk, Mark(0, "seller", 1), 200_000)
    await house.drained()
    await peer.down()
    await write_one(house, ledger, talk, Mark(0, "seller", 2), 200_000)  # waits in the queue
    (second / "var").mkdir(parents=True)
    with (
        closing(sqlite3.connect(house.database)) as source,
        closing(sqlite3.connect(second / "var" / "parley.db")) as copy,
    ):
        source.backup(copy)
    shutil.copytree(first / "var" / "blobs", second / "var" / "blobs")
    shutil.copy(first / "var" / "secret", second / "var" / "secret")
    await house.kill()
    shutil.rmtree(first)
    await peer.up()
    restored = House(second, peer.port)
    await restored.up()
    await write_one(restored, ledger, talk, Mark(0, "seller", 3))
    await restored.drained()
    assert await restored.down() == 0
    restored.kills += 1
    found = hold(restored, ledger, [talk], peer.mails)
    assert found.duplicates == 0
    assert [mark.number for mark, _ in arrivals(peer.mails)] == [1, 2, 3]


async def test_a_client_that_stalls_in_the_middle_is_cut_and_holds_up_nobody(tmp_path: Path, peer: Peer) -> None:
    house = House(tmp_path, peer.port, environment={"PARLEY_SMTP__DATA_TIMEOUT": "1s"})
    talks = await open_talks(house, 2)
    ledger = Ledger()
    await house.up()
    reader, writer, _ = await half_a_mail(house, talks[0], Mark(0, "seller", 1))
    await write_one(house, ledger, talks[1], Mark(1, "seller", 1))
    assert (await reader.readline()).startswith(b"421 4.4.2")
    writer.close()
    await write_one(house, ledger, talks[0], Mark(0, "seller", 1), 2000)
    await house.drained()
    assert await house.down() == 0
    hold(house, ledger, talks, peer.mails)

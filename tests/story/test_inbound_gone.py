"""Clients that go away in the middle of a large mail, and clients that never stop sending: neither leaves anything."""

import asyncio
import threading
from asyncio import StreamWriter
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from parley.relay.errors import Reply
from parley.relay.inbound.connection import COMMAND_OCTETS, Connection
from parley.tests import spooling
from parley.tests.dialogs.door import Client, OpenDoor, come, held_up, open_door, until
from parley.tests.ports import reset
from parley.tests.spooling import left, written
from parley.tests.times import LIMIT

HEAD = b"From: a@acme.example\r\n\r\n"
LINE = b"A" * 76 + b"\r\n"
LARGE = HEAD + LINE * 12_000  # 0.9 MB
AT_ONCE = 2**18  # octets: the most that asyncio reads in one turn


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Generator[threading.Event]:
    """The disk of all doors: it takes nothing while this is not set."""
    ready = spooling.disk(monkeypatch)
    yield ready
    ready.set()


async def beginning(door: OpenDoor, to: str) -> tuple[Client, Connection]:
    """Return a client in DATA, and the door's side of it."""
    client = await door.greeted()
    await client.begin(to)
    (connection,) = door.accepted()
    return client, connection


def served() -> list[str]:
    """The tasks that serve a connection."""
    return [name for task in asyncio.all_tasks() if "Connection._serve" in (name := repr(task))]


def spool(door: OpenDoor) -> Path:
    return door.door._context.spool.top  # pyright: ignore[reportPrivateUsage]


def unread(connection: Connection) -> int:
    """Octets of commands that the door holds in memory."""
    return len(connection._reader._buffer)  # pyright: ignore


@pytest.mark.parametrize("leave", [reset, StreamWriter.close])
async def test_a_client_that_goes_away_in_data_leaves_nothing(leave: Callable[[StreamWriter], None]) -> None:
    async with open_door() as door:
        client, connection = await beginning(door, "buyer-a")
        await client.send(LARGE)
        await until(lambda: left(spool(door)))
        leave(client.writer)
        await door.gone(connection)
        await until(lambda: not served())
        await written()
        assert left(spool(door)) == []
        assert door.coming() == 0
        assert door.book.kept == []


async def test_a_client_that_goes_away_while_the_disk_is_asked_has_sent_its_mail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with open_door() as door:
        client, connection = await beginning(door, "buyer-a")
        asked, answer = asyncio.Event(), asyncio.Event()

        async def refusal(_client: str, _size: int) -> Reply | None:
            asked.set()
            await answer.wait()
            return None

        monkeypatch.setattr(door.door._context.admission, "refusal", refusal)  # pyright: ignore[reportPrivateUsage]
        await client.send(LARGE + b".\r\n")
        await asyncio.wait_for(asked.wait(), LIMIT)
        reset(client.writer)
        await door.gone(connection)
        await until(lambda: not served())
        answer.set()
        await until(lambda: door.book.kept)
        await until(lambda: not left(spool(door)))


async def test_commands_behind_a_mail_that_waits_for_the_disk_are_not_hoarded(disk: threading.Event) -> None:
    async with open_door() as door:
        client, connection = await beginning(door, "hold")
        disk.clear()
        for end in (300_000, 550_000):  # the disk is given the first of these, the second waits for it
            await client.send(LARGE[come(connection) : end])
            await until(lambda end=end: come(connection) == end)
        pouring = asyncio.create_task(client.send(LINE * 300 + b".\r\n" + b"NOOP\r\n" * 1_000_000))
        await until(lambda: unread(connection) > COMMAND_OCTETS)
        disk.set()
        await asyncio.wait_for(door.book.begun.wait(), LIMIT)
        most = 0
        for _ in range(100):  # turns of the loop: in each the client sends more, if it is let
            await asyncio.sleep(0)
            most = max(most, unread(connection))
        assert most < 2 * COMMAND_OCTETS + AT_ONCE
        connection.abort()
        await asyncio.gather(pouring, return_exceptions=True)


async def test_a_connection_that_is_cut_while_the_disk_is_slow_is_not_read_on(disk: threading.Event) -> None:
    faults: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: faults.append(context))
    async with open_door() as door:
        client, connection = await beginning(door, "buyer-a")
        disk.clear()
        pouring = asyncio.create_task(client.send(LARGE))
        await until(lambda: held_up(connection))
        connection.abort()
        await door.gone(connection)
        disk.set()
        await until(lambda: not served())
        await written()
        await asyncio.gather(pouring, return_exceptions=True)
        assert left(spool(door)) == []
    assert faults == []


@pytest.mark.parametrize("end", ["", ".\r\n", ".\r\nNOOP\r\n"])
@pytest.mark.parametrize("leave", [reset, StreamWriter.close])
async def test_wherever_a_client_goes_away_nothing_of_it_is_left(
    leave: Callable[[StreamWriter], None], end: str
) -> None:
    whole = LARGE + end.encode()
    async with open_door() as door:
        for sent in (0, 1, len(HEAD), AT_ONCE - 1, AT_ONCE, AT_ONCE + 1, 2 * AT_ONCE + 1, 3 * AT_ONCE, len(whole)):
            client, connection = await beginning(door, "buyer-a")
            await client.send(whole[:sent])
            leave(client.writer)
            await door.gone(connection)
        await until(lambda: not served())
        await written()
        await until(lambda: not left(spool(door)))
        assert door.coming() == 0
        assert all(mail.data == LARGE for mail in door.book.kept)  # whole, or not at all

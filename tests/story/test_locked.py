"""Another program locks the SQLite store: mail is answered 451 in time, and nobody else notices."""

import asyncio
import sqlite3
from contextlib import suppress
from pathlib import Path

import aiosmtplib
import pytest
from parley.tests.gateway import SELLER, Running, mail, running
from parley.tests.peer import Peer
from parley.tests.times import LIMIT


async def test_a_locked_store_is_answered_451_while_others_are_served(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer) as world:
        mask = (await world.open()).masks["buyer"]
        await peer.wait(2)
        await world.quiet()
        other = await another_program(tmp_path)
        answered = asyncio.create_task(noops(world))
        await asyncio.gather(*(refused(world, mask, number) for number in range(3)))
        answered.cancel()
        assert await answered > 10  # seconds go by until the store is given up; one NOOP takes a thousandth
        await asyncio.to_thread(other.close)
        await world.send(SELLER, mask, mail(SELLER, mask, "once more", message_id="0@werk.example"))
        await peer.wait(3)


async def another_program(folder: Path) -> sqlite3.Connection:
    def lock() -> sqlite3.Connection:
        other = sqlite3.connect(folder / "var/parley.db", isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        return other

    return await asyncio.to_thread(lock)


async def refused(world: Running, mask: str, number: int) -> None:
    """Send a mail that is told to come again."""
    with pytest.raises(aiosmtplib.SMTPDataError) as refusal:
        await world.send(SELLER, mask, mail(SELLER, mask, "hello", message_id=f"{number}@werk.example"))
    assert refusal.value.code == 451


async def noops(world: Running) -> int:
    """Say NOOP again and again in a session of its own until cancelled; returns how many were answered."""
    answered = 0
    host, port = world.gateway.smtp_address
    async with aiosmtplib.SMTP(hostname=host, port=port, timeout=LIMIT, start_tls=False) as client:
        with suppress(asyncio.CancelledError):
            while answered < 900:  # the limit of a session
                await client.noop()
                answered += 1
                await asyncio.sleep(0.02)
    return answered

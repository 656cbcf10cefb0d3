"""Another program locks the SQLite store: mail is answered 451 in time, and nobody else notices."""

import asyncio
import sqlite3
import time
from pathlib import Path

import aiosmtplib
import pytest
from parley.tests.gateway import SELLER, Running, mail, running
from parley.tests.peer import Peer


async def test_a_locked_store_is_answered_451_while_others_are_served(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer) as world:
        mask = (await world.open()).masks["buyer"]
        await peer.wait(1)
        other = await another_program(tmp_path)
        slowest = asyncio.create_task(slowest_noop(world))
        senders = [asyncio.create_task(refused_after(world, mask, number)) for number in range(3)]
        waited = await asyncio.gather(*senders)
        assert all(seconds < 10 for seconds in waited)
        slowest.cancel()
        assert await slowest < 0.5
        await asyncio.to_thread(other.close)
        await world.send(SELLER, mask, mail(SELLER, mask, "once more", message_id="0@werk.example"))
        await peer.wait(2)


async def another_program(folder: Path) -> sqlite3.Connection:
    def lock() -> sqlite3.Connection:
        other = sqlite3.connect(folder / "var/parley.db", isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        return other

    return await asyncio.to_thread(lock)


async def refused_after(world: Running, mask: str, number: int) -> float:
    """Send a mail; returns the seconds until it was told to come again."""
    began = time.monotonic()
    with pytest.raises(aiosmtplib.SMTPDataError) as refusal:
        await world.send(SELLER, mask, mail(SELLER, mask, "hello", message_id=f"{number}@werk.example"))
    assert refusal.value.code == 451
    return time.monotonic() - began


async def slowest_noop(world: Running) -> float:
    """Say NOOP again and again in a session of its own until cancelled; returns the longest answer's seconds."""
    slowest = 0.0
    host, port = world.gateway.smtp_address
    async with aiosmtplib.SMTP(hostname=host, port=port, timeout=10, start_tls=False) as client:
        try:
            while True:
                began = time.monotonic()
                await client.noop()
                slowest = max(slowest, time.monotonic() - began)
                await asyncio.sleep(0.02)
        except asyncio.CancelledError:
            return slowest

"""A backup taken while mail comes in is restored elsewhere: everything is there, and the gateway goes on."""

import asyncio
import shutil
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from parley.relay.clock import utc_now
from parley.tests import gateway, postgres
from parley.tests.gateway import BUYER, SELLER, Running, body, mail, running, to
from parley.tests.peer import Peer


def later() -> datetime:
    """The time when what waits is due."""
    return utc_now() + timedelta(minutes=2)


LARGE = "a long word " * 9000


async def life(world: Running, peer: Peer) -> str:
    """An inquiry with a large answer, and one mail that cannot be delivered yet; returns its id."""
    made = await world.open()
    await world.send(SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], LARGE, message_id="1@w.example"))
    await world.wait_for("sent", 3)  # the request, its confirmation, the answer
    peer.refuse("mail", 451, "4.3.2 come back later")
    await world.send(SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], "waits", message_id="2@w.example"))
    await world.wait_for("deferred")
    return made.id


async def goes_on(world: Running, peer: Peer, id: str) -> None:
    """What was kept is there, what waited goes out, and the conversation continues."""
    shown = await world.show(id)
    assert [one["text"].strip()[:5] for one in shown["messages"]] == ["Hello", "a lon", "waits"]
    assert BUYER in [one["to"] for one in shown["messages"][2]["deliveries"]]
    await world.wait_for("sent")
    mask = shown["masks"]["buyer"]
    await world.send(SELLER, mask, mail(SELLER, mask, "and on", message_id="3@w.example"))
    await world.wait_for("sent", 2)
    assert ["waits" in body(got) or "and on" in body(got) for got in to(peer.mails, BUYER)][-2:] == [True, True]


def copy_sqlite(source: Path, target: Path) -> None:
    """As docs/store.md says: the database first, then the folder of the large mails, then the secret."""
    (target / "var").mkdir(parents=True)
    with sqlite3.connect(source / "var/parley.db") as connection:
        connection.execute("VACUUM INTO ?", (str(target / "var/parley.db"),))
    connection.close()
    shutil.copytree(source / "var/blobs", target / "var/blobs")
    shutil.copy(source / "var/secret", target / "var/secret")


async def test_sqlite(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path / "before", peer) as world:
        id = await life(world, peer)
        await asyncio.to_thread(copy_sqlite, tmp_path / "before", tmp_path / "after")
    peer.behave()
    async with running(tmp_path / "after", peer, clock=later) as world:
        await goes_on(world, peer, id)


async def test_postgresql(
    tmp_path: Path, peer: Peer, postgresql: postgres.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = postgresql.database(), postgresql.empty()
    dump = tmp_path / "parley.dump"
    monkeypatch.setattr(gateway, "ENGINE", source.render_as_string())
    async with running(tmp_path, peer) as world:
        id = await life(world, peer)
        await asyncio.to_thread(postgresql.run, "pg_dump", "-Fc", "-d", source.database or "", output=dump)
    await asyncio.to_thread(postgresql.run, "pg_restore", "-d", target.database or "", str(dump))
    peer.behave()
    monkeypatch.setattr(gateway, "ENGINE", target.render_as_string())
    async with running(tmp_path, peer, clock=later) as world:
        await goes_on(world, peer, id)

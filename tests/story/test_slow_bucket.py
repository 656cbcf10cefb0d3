"""A bucket, or a disk, that does not answer: who asks for a large mail waits, and nobody else."""

import asyncio
import threading
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from parley.store import messages, outbox
from parley.store.blob_folder import Folder
from parley.store.blobs import SMALL
from parley.tests.gateway import BUYER, SELLER, mail, running
from parley.tests.pages import Web, open_web
from parley.tests.peer import Peer
from parley.tests.story.test_bucket import with_file
from parley.tests.times import LIMIT, Clock

ASKED = 4  # as many as there are threads that read the database


class SlowDisk:
    """The folder of large mails, which hands none out before `answers` is set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers = threading.Event()
        self._entered = asyncio.Semaphore(0)
        loop, get = asyncio.get_running_loop(), Folder.get

        def slow(keep: Folder, name: str) -> bytes:
            loop.call_soon_threadsafe(self._entered.release)
            self.answers.wait(2 * LIMIT)
            return get(keep, name)

        monkeypatch.setattr(Folder, "get", slow)

    async def until(self, count: int) -> None:
        """Return once so many wait for it."""
        for _ in range(count):
            await self._entered.acquire()


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Web]:
    async with open_web(tmp_path) as one:
        yield one


async def test_the_database_is_read_meanwhile(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await web.inquiry()
    mask = made.masks["buyer"]
    data = mail(SELLER, mask, "many words\n" * (SMALL // 8))
    assert (await web.mail(mask, data)).code == 250
    seller, _ = await web.visit(made, SELLER)
    message = (await web.world.store.read(lambda c: messages.of_inquiry(c, 1)))[-1]
    disk = SlowDisk(monkeypatch)
    asking = [asyncio.create_task(seller.get(f"{seller.page_path}/m/{message.id}/raw")) for _ in range(ASKED)]
    try:
        async with asyncio.timeout(LIMIT):
            await disk.until(ASKED)
            assert await web.world.store.read(lambda c: messages.of_inquiry(c, 1))
    finally:
        disk.answers.set()
        pages = await asyncio.gather(*asking)
    assert [page.body for page in pages] == [data] * ASKED


async def test_queued_mails_are_fetched_meanwhile(tmp_path: Path, peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    async with running(tmp_path, peer, clock=clock) as world:
        made = [await world.open(reference=f"R{number}") for number in range(ASKED)]
        await world.wait_for("sent", 2 * ASKED)
        peer.refuse("rcpt", 451, "4.7.1 later", times=ASKED, rcpt=BUYER)
        for number, one in enumerate(made):
            mask = one.masks["buyer"]
            await world.send(SELLER, mask, with_file(mask, f"{number}@werk.example"))
        await world.wait_for("deferred", ASKED)
        disk = SlowDisk(monkeypatch)
        clock.now += timedelta(minutes=2)
        world.gateway.world.wake()
        try:
            async with asyncio.timeout(LIMIT):
                await disk.until(ASKED)
                assert await world.gateway.world.store.read(lambda c: outbox.waiting(c, 1))
        finally:
            disk.answers.set()
        await world.wait_for("sent", 3 * ASKED)

"""A bucket, or a disk, that does not answer: who asks for a large mail waits, and nobody else."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from parley.store import messages
from parley.store.blob_folder import Folder
from parley.store.blobs import SMALL
from parley.tests.gateway import SELLER, mail
from parley.tests.pages import Web, open_web
from parley.tests.times import LIMIT

ASKED = 4  # as many as there are threads that read the database


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
    loop, entered, answers = asyncio.get_running_loop(), asyncio.Semaphore(0), threading.Event()
    get = Folder.get

    def slow(keep: Folder, name: str) -> bytes:
        loop.call_soon_threadsafe(entered.release)
        answers.wait(2 * LIMIT)
        return get(keep, name)

    monkeypatch.setattr(Folder, "get", slow)
    asking = [asyncio.create_task(seller.get(f"{seller.page_path}/m/{message.id}/raw")) for _ in range(ASKED)]
    try:
        async with asyncio.timeout(LIMIT):
            for _ in asking:
                await entered.acquire()
            assert await web.world.store.read(lambda c: messages.of_inquiry(c, 1))
    finally:
        answers.set()
        pages = await asyncio.gather(*asking)
    assert [page.body for page in pages] == [data] * ASKED

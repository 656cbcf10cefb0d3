"""News while a page is open, and a server that stops when it is told to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
from parley.relay.links import live
from parley.relay.links.app import build
from parley.relay.links.live import Live
from parley.relay.links.server import LinksDoor
from parley.tests.gateway import BUYER, SELLER, mail
from parley.tests.pages import Visitor, Web, open_web
from parley.tests.times import HOUR, LIMIT


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Web]:
    async with open_web(tmp_path) as one:
        yield one


class Stream:
    """An open stream of server-sent events."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(cls, visitor: Visitor, query: str = "", header: str = "") -> "Stream":
        reader, writer = await asyncio.open_connection(visitor.host, visitor.port)
        (cookie,) = visitor.cookies.values()
        head = f"GET {visitor.page_path}/events{query} HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n{header}\r\n"
        writer.write(head.encode())
        return cls(reader, writer)

    async def until(self, words: bytes) -> bytes:
        """Everything up to these bytes. Raises IncompleteReadError at the end, TimeoutError after a minute."""
        async with asyncio.timeout(LIMIT):
            return await self.reader.readuntil(words)

    def close(self) -> None:
        self.writer.close()


async def test_an_open_page_is_told_within_a_second(web: Web) -> None:
    assert live.PAUSE < 0.5  # between two looks at the store; nothing else is waited for
    made = await web.inquiry()
    buyer, page = await web.visit(made, BUYER)
    version = page.text.split('data-version="')[1].split('"')[0]
    stream = await Stream.open(buyer, f"?seen={version}")
    head = await stream.until(b"retry: 2000\n\n")
    assert b"text/event-stream" in head
    await web.mail(made.masks["buyer"], mail(SELLER, made.masks["buyer"], "fresh words", message_id="1@werk.example"))
    told = await stream.until(b"event: change\n")
    assert b"id: " in told
    fresh = await buyer.get(f"{buyer.page_path}/live")
    assert "fresh words" in fresh.words
    assert "<html" not in fresh.text
    stream.close()


async def test_what_happened_before_the_stream_was_open_is_told_at_once(web: Web) -> None:
    made = await web.inquiry()
    buyer, _ = await web.visit(made, BUYER)
    for query, header in (("?seen=0", ""), ("", ""), ("?seen=999", "Last-Event-ID: 1\r\n"), ("?seen=nonsense", "")):
        stream = await Stream.open(buyer, query, header)
        await stream.until(b"event: change\n")
        stream.close()


async def test_other_inquiries_make_no_noise(web: Web) -> None:
    one, two = await web.inquiry(), await web.inquiry(reference="MK-1002")
    watching = Live(web.world.store, web.world.journal, web.clock)
    async with aclosing(watching.versions(1, -1, heartbeat=1)) as versions:
        seen = await anext(versions)
        assert seen is not None
        await web.mail(two.masks["buyer"], mail(SELLER, two.masks["buyer"], "elsewhere", message_id="1@werk.example"))
        assert await anext(versions) is None  # a heartbeat
        await web.mail(one.masks["buyer"], mail(SELLER, one.masks["buyer"], "here", message_id="2@werk.example"))
        while (version := await anext(versions)) is None:
            pass
        assert version > seen
    watching.close()


async def test_stopping_ends_the_streams_at_once(web: Web) -> None:
    made = await web.inquiry()
    visitor, _ = await web.visit(made, BUYER)
    streams = [await Stream.open(visitor) for _ in range(3)]
    for stream in streams:
        await stream.until(b"event: change\n")
    await web.door.stop(HOUR)
    for stream in streams:
        assert b"0\r\n\r\n" in await stream.reader.read()  # ended, not cut
        stream.close()


async def test_a_taken_port_is_an_error(web: Web) -> None:
    door = LinksDoor(build(web.world), f"127.0.0.1:{web.port}", web.world.journal)
    with pytest.raises(OSError, match="in use"):
        await door.start()
    await door.stop(1)

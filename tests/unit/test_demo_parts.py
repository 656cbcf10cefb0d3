"""The demo's small parts: news for the page, ports, settings, what is typed as a recipient."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import closing

import pytest
from parley.relay.demo.feed import Feed, News
from parley.relay.demo.ports import bind, bind_preferred, free
from parley.relay.demo.postman import NoAddress, recipients
from parley.relay.demo.toml import MARK, relay_toml
from parley.relay.settings import parse


def data(event: str) -> object:
    return json.loads(event.split("data: ", 1)[1])


async def follow(feed: Feed, count: int) -> tuple[AsyncIterator[str], list[str]]:
    stream = feed.listen().stream(News("now", {"n": 0}))
    return stream, [await anext(stream) for _ in range(count)]


async def test_a_page_gets_the_present_and_then_the_news() -> None:
    feed = Feed(asyncio.get_running_loop(), lambda: None)
    stream, first = await follow(feed, 1)
    feed.tell("mail", {"text": "line\nbreak"})
    event = await anext(stream)
    assert data(first[0]) == {"n": 0}
    assert event.startswith("event: mail\n")
    assert event.count("\n") == 3  # a line end in a value never ends the event
    assert data(event) == {"text": "line\nbreak"}


async def test_the_journal_may_write_from_any_thread_and_the_last_lines_are_kept() -> None:
    stirred = asyncio.Event()
    feed = Feed(asyncio.get_running_loop(), stirred.set)
    await asyncio.to_thread(lambda: [feed.sink(f"line {number}") for number in range(600)])
    await stirred.wait()
    assert len(feed.lines()) == 500
    assert feed.lines()[-1] == "line 599"


async def test_a_closed_feed_ends_its_pages() -> None:
    feed = Feed(asyncio.get_running_loop(), lambda: None)
    stream, _ = await follow(feed, 1)
    feed.close()
    assert [event async for event in stream] == []
    assert len([event async for event in feed.listen().stream(News("now", {}))]) == 1


async def test_a_page_that_falls_behind_is_let_go() -> None:
    feed = Feed(asyncio.get_running_loop(), lambda: None)
    stream, _ = await follow(feed, 1)
    for number in range(5000):
        feed.tell("log", {"n": number})
    assert len([event async for event in stream]) < 2000


def test_a_taken_port_is_replaced_and_a_free_one_is_used() -> None:
    with closing(bind(0)) as taken:
        port = taken.getsockname()[1]
        taken.listen()
        with closing(bind_preferred(port)) as other:
            assert other.getsockname()[1] != port
        with pytest.raises(OSError, match="in use"):
            bind(port)
        assert port not in free(port)
    assert len(set(free(0, 0, 0))) == 3


def test_a_port_taken_by_who_would_share_it_is_not_used() -> None:
    """Postfix listens with SO_REUSEPORT; a second listener would get half of the connections."""
    with closing(socket.socket()) as sharing:
        sharing.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sharing.bind(("127.0.0.1", 0))
        sharing.listen()
        with pytest.raises(OSError, match="in use"):
            bind(sharing.getsockname()[1])


def test_the_settings_it_writes_are_right(tmp_path) -> None:  # pyright: ignore[reportMissingParameterType, reportUnknownParameterType]
    text = relay_toml(2525, 8080, 1025)
    settings = parse(text, "relay.toml", tmp_path, {})  # pyright: ignore[reportUnknownArgumentType]
    assert text.startswith(MARK)
    assert settings.smtp.listen == "127.0.0.1:2525"
    assert settings.links.base_url == "http://127.0.0.1:8080"
    assert settings.outbound.port == 1025


def test_recipients() -> None:
    assert recipients(" a@x.example , <b@y.example>,") == ("a@x.example", "b@y.example")
    for typed in ("", " , ", "nobody", "a@x.example\r\nRCPT TO:<b@y.example>", "a@x.example; b@y.example"):
        with pytest.raises(NoAddress):
            recipients(typed)

"""Long conversations: two thousand messages are paged, the whole history too, and paper has all of it in slices."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from parley.relay.links import happened, paper
from parley.relay.links.desk import Desk
from parley.relay.links.view import PageView
from parley.relay.links.visit import Visit
from parley.store.links import Cut
from parley.tests.conversations import KINDS, messages
from parley.tests.gateway import BUYER, SELLER, mail
from parley.tests.pages import Page, Visitor, Web, open_web
from parley.tests.times import LIMIT


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Web]:
    async with open_web(tmp_path) as one:
        yield one


async def linked(visitor: Visitor, page: Page, words: str) -> Page:
    """Follow a link by its words."""
    (address,) = re.findall(rf'href="([^"]*)">{words}</a>', page.text)
    return await visitor.get(address.replace("&amp;", "&"))


async def seconds(visitor: Visitor) -> float:
    """What a page costs server and visitor together; a wall clock tells of the machine's other work."""
    spent: list[float] = []
    for path in ("", "", "", "/history", "/history", "/history"):
        start = time.process_time()
        await visitor.get(visitor.page_path + path)
        spent.append(time.process_time() - start)
    return sorted(spent)[3]


async def test_two_thousand_messages_are_paged_and_cost_what_a_hundred_do(web: Web) -> None:
    made = await web.inquiry()
    await web.world.store.write(messages(100, web.clock()))
    visitor, _ = await web.visit(made, SELLER)
    hundred = await seconds(visitor)
    await web.world.store.write(messages(1900, web.clock(), 100))
    assert await seconds(visitor) < 5 * hundred
    visitor, page = await web.visit(made, SELLER)
    assert "message number 1999 " in page.words
    assert "message number 1949 " not in page.words
    assert page.text.count("<article") == 50
    earlier = await linked(visitor, page, "Earlier messages")
    assert "message number 1949 " in earlier.words
    assert "Newest messages" in earlier.words
    assert "<textarea" not in earlier.text
    assert (await visitor.get(f"{visitor.page_path}?before=nonsense")).status == 200


@pytest.mark.parametrize(("order", "onward", "back"), [("", "Earlier", "Later"), ("?order=oldest", "Later", "Earlier")])
async def test_every_event_is_on_one_page_of_the_history(web: Web, order: str, onward: str, back: str) -> None:
    made = await web.inquiry()
    await web.world.store.write(messages(300, web.clock()))
    visitor, page = await web.visit(made, BUYER)
    page = await linked(visitor, page, "The whole history")
    page = await visitor.get(f"{visitor.page_path}/history{order}")
    lines, pages = re.findall(r"<li>.*</li>", page.text), 1
    assert f"{back} events" not in page.words
    while f"{onward} events" in page.words:
        page = await linked(visitor, page, f"{onward} events")
        lines += re.findall(r"<li>.*</li>", page.text)
        pages += 1
    assert len(lines) == 300 * len(KINDS) + 1  # "Request sent"
    assert pages == -(-300 * len(KINDS) // happened.EVENTS)
    while f"{back} events" in page.words:
        page = await linked(visitor, page, f"{back} events")
        pages -= 1
    assert pages == 1
    assert ("Request sent" in page.words) == bool(order)


async def test_no_address_of_a_page_of_the_history_is_a_fault(web: Web) -> None:
    made = await web.inquiry()
    visitor, _ = await web.visit(made, BUYER)
    for query in (
        "before=0",
        "before=99999999",
        "before=-1",
        "before=x",
        "order=oldest&after=7777",
        "before=" + "9" * 40,
    ):
        page = await visitor.get(f"{visitor.page_path}/history?{query}")
        assert page.status == 200, query
        assert "Back to the conversation" in page.words


async def test_paper_and_file_have_every_message_and_event_of_a_long_conversation(web: Web, tmp_path: Path) -> None:
    made = await web.inquiry()
    await web.world.store.write(messages(240, web.clock()))
    buyer, _ = await web.visit(made, BUYER)
    page = await buyer.get(f"{buyer.page_path}/print")
    assert page.headers["transfer-encoding"] == "chunked"
    numbers = [int(one) for one in re.findall(r"message number (\d+)", page.text)]
    assert numbers == list(range(240))
    assert page.text.count("<article") == 241
    assert page.text.rstrip().endswith("</html>")
    assert "Request sent" in page.words
    anchors = re.findall(r'href="#(m-[^"]*)"', page.text.partition('id="history-title"')[2])
    assert len(anchors) == 240 * len(KINDS)
    assert set(anchors) < set(re.findall(r'<article class="message" id="([^"]*)"', page.text))
    assert (await buyer.request("HEAD", f"{buyer.page_path}/print")).body == b""


async def test_the_first_messages_are_on_paper_before_the_last_are_read(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is said while the page is written still comes onto it."""
    made = await web.inquiry()
    await web.world.store.write(messages(120, web.clock()))
    buyer, _ = await web.visit(made, BUYER)
    goes_on, load = asyncio.Event(), paper.load_view

    async def slow(desk: Desk, found: Visit, cut: Cut) -> PageView:
        if cut.past:
            await goes_on.wait()
        return await load(desk, found, cut)

    monkeypatch.setattr(paper, "load_view", slow)
    reader, writer = await asyncio.open_connection(web.host, web.port)
    (cookie,) = buyer.cookies.values()
    lines = (
        f"GET {buyer.page_path}/print HTTP/1.1",
        "Host: 127.0.0.1",
        f"Cookie: {cookie}",
        "Connection: close",
        "",
        "",
    )
    writer.write("\r\n".join(lines).encode())
    async with asyncio.timeout(LIMIT):
        head = await reader.readuntil(b"message number 10<")
        assert head.startswith(b"HTTP/1.1 200 ")
        await web.mail(made.masks["buyer"], mail(SELLER, made.masks["buyer"], "One thing more", message_id="1@werk"))
        goes_on.set()
        rest = await reader.read(-1)
    writer.close()
    await writer.wait_closed()
    assert rest.index(b"message number 119<") < rest.index(b"One thing more") < rest.index(b"</html>")

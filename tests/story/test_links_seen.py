"""What counts as read on the page: a message on a visible screen, or beside a form that was sent. No GET ever does."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from parley.store import events, messages
from parley.store.values import EventRow
from parley.tests.gateway import BUYER, SELLER, mail
from parley.tests.pages import OBSERVER, Page, Visitor, Web, open_web


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Web]:
    async with open_web(tmp_path) as one:
        yield one


async def reads(web: Web) -> list[EventRow]:
    return list(await web.world.store.read(lambda connection: events.of_kinds(connection, 1, ["message.read"])))


async def tell(visitor: Visitor, ids: str, key: str, **headers: str) -> Page:
    kind = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    body = f"key={key}&seen={ids.replace(' ', '+')}".encode()
    return await visitor.request("POST", f"{visitor.page_path}/seen", body, kind)


def unread(page: Page) -> list[str]:
    return [part.split('"')[0] for part in page.text.split('data-unread="')[1:]]


async def test_scanners_open_everything_and_nothing_is_read(web: Web) -> None:
    made = await web.inquiry()
    scanner = web.visitor()
    before = await web.world.store.read(lambda connection: events.of_inquiry(connection, 1))
    for method in ("HEAD", "GET") * 5:
        first = await scanner.request(method, made.links[SELLER].removeprefix("http://127.0.0.1:1"))
        page = first.headers["location"]
        for path in ("", "/live", "/print", "/everything", "?order=oldest", "/seen"):
            await scanner.request(method, page + path)
    assert await web.world.store.read(lambda connection: events.of_inquiry(connection, 1)) == before
    _, opened = await web.visit(made, SELLER)  # and the person after them finds it unread
    assert len(unread(opened)) == 1


async def test_a_visible_page_says_what_was_on_the_screen_and_the_writer_sees_it(web: Web) -> None:
    made = await web.inquiry()
    seller, page = await web.visit(made, SELLER)
    (request,) = unread(page)
    told = await tell(seller, request, page.field("key"))
    assert (told.status, told.body) == (204, b"")
    again = await tell(seller, request, page.field("key"))
    assert again.status == 204
    (event,) = await reads(web)
    assert event.proof == {"by": "page", "how": "screen"}
    assert unread(await seller.get(seller.page_path)) == []
    buyer, _ = await web.visit(made, BUYER)
    page = await buyer.get(buyer.page_path)
    assert "Read by Anna W. (Werk GmbH) 23 November 2026, 09:00 UTC (it was on the screen, on the page)" in page.words
    assert unread(page) == []  # one's own are not for reading


async def test_a_form_shows_that_what_stood_beside_it_was_read(web: Web) -> None:
    made = await web.inquiry()
    seller, page = await web.visit(made, SELLER)
    key, ids = page.field("key"), page.field("seen")
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    await seller.request("POST", f"{seller.page_path}/do/phone", f"key={key}&seen={ids}".encode(), kind)
    (event,) = await reads(web)
    assert event.proof == {"by": "page", "how": "form"}
    shown = await seller.get(seller.page_path)
    assert "(a button on the page was pressed under it)" in shown.words


async def test_an_answer_is_read_before_it_is_answered(web: Web) -> None:
    made = await web.inquiry()
    seller, page = await web.visit(made, SELLER)
    fields = {name: page.field(name) for name in ("key", "nonce", "seen")} | {"text": "Here it is."}
    assert (await seller.post(fields)).status == 303
    (event,) = await reads(web)
    assert event.proof["by"] == "page"
    _, page = await web.visit(made, BUYER)
    assert "Answered by Anna W. (Werk GmbH)" in page.words
    assert "Delivered to Anna" not in page.text.split("</article>")[1]  # one line for each, the furthest
    assert unread(page)


async def test_who_may_not_say_so(web: Web) -> None:
    made = await web.inquiry(observers=[{"email": OBSERVER}])
    other = await web.inquiry(reference="MK-1002")
    await web.mail(
        other.masks["buyer"], mail(SELLER, other.masks["buyer"], "of another inquiry", message_id="o@w.example")
    )
    seller, page = await web.visit(made, SELLER)
    buyer, _ = await web.visit(made, BUYER)
    (request,) = unread(page)
    assert (await tell(seller, request, "wrong")).status == 403
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert (await tell(seller, request, page.field("key"), **foreign)).status == 403
    observer, _ = await web.visit(made, OBSERVER)
    assert (await tell(observer, request, web.world.links.form_key("x"))).status == 404
    assert (await tell(web.visitor(), request, "")).status == 404
    own = (await buyer.get(buyer.page_path)).field("key")
    assert (await tell(buyer, request, own)).status == 204  # his own message: passed over
    rows = await web.world.store.read(lambda connection: messages.of_inquiry(connection, 2))
    odd = f"{rows[-1].id} ../../etc {'x' * 3000} ' OR 1=1"
    assert (await tell(seller, odd, page.field("key"))).status == 204
    assert await reads(web) == []

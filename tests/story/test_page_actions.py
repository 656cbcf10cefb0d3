"""What can be done on the page besides writing: the same actions as by mail, each a form without JavaScript."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from parley.relay.actions.create import Created
from parley.store import events, inquiries, outbox
from parley.tests.gateway import BUYER, COLLEAGUE, SELLER
from parley.tests.pages import Page, Visitor, Web, open_web

pytestmark = pytest.mark.usefixtures("engines")

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(slots=True)
class World:
    """A web server with one inquiry."""

    web: Web
    made: Created

    async def visitor(self, email: str) -> Visitor:
        return (await self.web.visit(self.made, email))[0]

    async def events(self) -> list[str]:
        found = await self.web.world.store.read(lambda connection: events.of_inquiry(connection, 1))
        return [event.kind for event in found]

    async def queued(self, kind: str) -> list[str]:
        found = await self.web.world.store.read(lambda connection: outbox.of_inquiry(connection, 1))
        return [one.to for one in found if one.kind == kind]


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[World]:
    async with open_web(tmp_path) as one:
        yield World(one, await one.inquiry())


async def press(visitor: Visitor, action: str, **fields: str) -> Page:
    """Press the button of an action with what its form holds; follow where it leads."""
    page = await visitor.get(visitor.page_path)
    data = urlencode({"key": page.field("key"), **fields}).encode()
    answer = await visitor.request("POST", f"{visitor.page_path}/do/{action}", data, FORM)
    return await visitor.get(answer.headers["location"]) if answer.status == 303 else answer


async def test_a_seller_declines_and_takes_it_back(web: World) -> None:
    seller = await web.visitor(SELLER)
    page = await press(seller, "decline", reason="outside_area", text="We sell in Germany only.")
    assert "You declined this request." in page.words
    assert "can be taken back until" in page.words
    assert "Why do you decline?" not in page.words
    assert await web.queued("declined") == [BUYER]
    assert "inquiry.declined" in await web.events()
    page = await press(seller, "undo", event=page.field("event"))
    assert "It was taken back." in page.words
    assert "Why do you decline?" in page.words


async def test_it_cannot_be_taken_back_later(web: World) -> None:
    seller = await web.visitor(SELLER)
    page = await press(seller, "decline", reason="duplicate")
    event = page.field("event")
    web.web.clock.advance(timedelta(hours=24))
    page = await press(seller, "undo", event=event)
    assert page.status == 409
    assert "nothing that can still be taken back" in page.words


async def test_what_was_typed_stays_when_a_field_is_wrong(web: World) -> None:
    seller = await web.visitor(SELLER)
    page = await press(seller, "transfer", address="ben at werk", text="Please look <b>here</b>")
    assert page.status == 422
    assert "Nothing was done. This is not a mail address." in page.words
    places = [page.text.index(part) for part in ('for="transfer-address"', 'role="alert"', 'id="transfer-address"')]
    assert places == sorted(places)
    assert '<details class="doing" id="transfer" open>' in page.text
    assert 'value="ben at werk"' in page.text
    assert "Please look &lt;b&gt;here&lt;/b&gt;" in page.text
    page = await press(seller, "decline", reason="because")
    assert page.status == 422
    assert "A reason is missing" in page.words


async def test_a_transfer_leaves_the_first_his_view_and_the_way_back(web: World) -> None:
    seller = await web.visitor(SELLER)
    page = await press(seller, "transfer", address=COLLEAGUE, text="Yours.")
    assert f"This request was handed over to {COLLEAGUE}" in page.words
    assert "You can still read it" in page.words
    assert 'id="reply"' not in page.text
    assert await web.queued("handed") == [COLLEAGUE]
    page = await press(seller, "undo")
    assert 'id="reply"' in page.text


async def test_where_reading_ends_with_the_transfer(tmp_path: Path) -> None:
    async with open_web(tmp_path, extra="[actions]\nkeep_reading = false\n") as web:
        seller, _ = await web.visit(await web.inquiry(), SELLER)
        page = await press(seller, "transfer", address=COLLEAGUE)
        assert "You no longer take part" in page.words
        assert "pumps" not in page.words


async def test_the_number_is_shown_to_who_asks(web: World) -> None:
    seller = await web.visitor(SELLER)
    before = await seller.get(seller.page_path)
    assert "23 45 67" not in before.text
    page = await press(seller, "phone")
    assert "+33 1 23 45 67 89" in page.words
    assert 'href="tel:+33123456789"' in page.text
    await press(seller, "phone")
    assert (await web.events()).count("phone.shown") == 1
    buyer = await web.visitor(BUYER)
    page = await buyer.get(buyer.page_path)
    assert "Telephone number shown to" in page.words
    assert "Show the telephone number" not in page.words  # no seller gave one


async def test_closing_and_opening_again(web: World) -> None:
    buyer = await web.visitor(BUYER)
    page = await press(buyer, "close")
    assert "This conversation is closed" in page.words
    page = await press(buyer, "reopen")
    assert 'id="reply"' in page.text
    assert {"inquiry.closed", "inquiry.reopened"} <= set(await web.events())
    assert await web.queued("news") == [SELLER, SELLER]


async def test_everything_is_mailed_on_demand_but_not_without_end(web: World) -> None:
    buyer = await web.visitor(BUYER)
    for _ in range(5):
        page = await press(buyer, "history")
        assert "on its way to your mailbox" in page.words
    page = await press(buyer, "history")
    assert page.status == 409
    assert await web.queued("history") == [BUYER] * 5


async def test_a_buyer_declines_nothing(web: World) -> None:
    buyer = await web.visitor(BUYER)
    assert "Why do you decline?" not in (await buyer.get(buyer.page_path)).words
    assert (await press(buyer, "decline", reason="spam")).status == 409


async def test_what_a_seller_calls_spam_the_buyer_does_not_learn(web: World) -> None:
    seller, buyer = await web.visitor(SELLER), await web.visitor(BUYER)
    await press(seller, "decline", reason="spam")
    await press(seller, "undo")
    page = await buyer.get(buyer.page_path)
    assert "Declined" not in page.words
    assert "Taken back" not in page.words
    assert await web.queued("declined") == []
    assert await web.queued("news") == []


@pytest.mark.parametrize("action", ["phone", "decline", "transfer", "close", "undo", "history", "reopen"])
async def test_a_form_that_is_none_of_ours_does_nothing(web: World, action: str) -> None:
    seller = await web.visitor(SELLER)
    path = f"{seller.page_path}/do/{action}"
    data = urlencode({"key": "wrong", "reason": "spam", "address": COLLEAGUE}).encode()
    assert (await seller.request("POST", path, data, FORM)).status == 403
    good = urlencode({"key": (await seller.get(seller.page_path)).field("key")}).encode()
    foreign = await seller.request("POST", path, good, {**FORM, "Origin": "https://evil.example"})
    assert foreign.status == 403
    assert (await seller.request("GET", path)).status == 405
    assert "inquiry.closed" not in await web.events()
    state = await web.web.world.store.read(lambda connection: inquiries.get(connection, 1).state)
    assert state == "open"


async def test_an_unknown_action_is_no_page(web: World) -> None:
    seller = await web.visitor(SELLER)
    assert (await press(seller, "explode")).status == 404

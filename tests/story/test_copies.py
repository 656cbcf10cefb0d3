"""A writer's copy can be switched off and on by himself: with one press on a page, or one click in his mail program."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from parley.relay.links.misses import ALLOWED
from parley.store import inquiries, outbox
from parley.tests.gateway import BUYER, SELLER, mail
from parley.tests.pages import Visitor, Web, open_web

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ONE_CLICK = b"List-Unsubscribe=One-Click"


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Web]:
    async with open_web(tmp_path, copy=True) as one:
        yield one


async def link_of(web: Web, email: str) -> str:
    people = await web.world.store.read(lambda connection: inquiries.participants(connection, 1))
    person = next(one for one in people if one.email == email)
    return f"/n/{person.id}/{web.world.links.copies(person.id)}"


async def writes(web: Web, mask: str) -> int:
    """The seller writes; how many copies of his are queued in all."""
    count = len(await copies(web))
    await web.mail(
        mask, mail(SELLER, mask, f"words {count} {web.clock()}", message_id=f"{len(web.lines)}@werk.example")
    )
    return len(await copies(web))


async def copies(web: Web) -> list[str]:
    queued = await web.world.store.read(lambda connection: outbox.of_inquiry(connection, 1))
    return [one.to for one in queued if one.kind == "copy"]


async def press(visitor: Visitor, path: str, answer: str) -> int:
    return (await visitor.request("POST", path, urlencode({"answer": answer}).encode(), FORM)).status


async def test_off_and_on_again_by_pressing(web: Web) -> None:
    made = await web.inquiry()
    mask, visitor, path = made.masks["buyer"], web.visitor(), await link_of(web, SELLER)
    assert await writes(web, mask) == 1
    page = await visitor.get(path)
    assert "You get a copy of each message that you send" in page.words
    for _ in range(3):  # scanners open links, and nothing changes by it
        await visitor.get(path)
    assert await writes(web, mask) == 2
    assert await press(visitor, path, "off") == 303
    assert "Send me copies again" in (await visitor.get(path)).words
    assert await writes(web, mask) == 2
    assert await press(visitor, path, "on") == 303
    assert await writes(web, mask) == 3
    assert len(web.logged("copies")) == 2


async def test_one_click_of_a_mail_program_needs_no_cookie_and_no_form(web: Web) -> None:
    made = await web.inquiry()
    path = await link_of(web, SELLER)
    for _ in range(2):
        answer = await web.visitor().request("POST", path, ONE_CLICK, FORM | {"Origin": "https://mail.example"})
        assert (answer.status, answer.body) == (200, b"")
    assert await writes(web, made.masks["buyer"]) == 0
    mask = made.masks["seller"]
    await web.mail(mask, mail(BUYER, mask, "and mine?"))
    assert await copies(web) == [BUYER]


async def test_another_site_can_switch_nothing_on(web: Web) -> None:
    await web.inquiry()
    path = await link_of(web, SELLER)
    assert await press(web.visitor(), path, "off") == 303
    answer = await web.visitor().request("POST", path, b"answer=on", FORM | {"Origin": "https://evil.example"})
    assert answer.status == 200
    people = await web.world.store.read(lambda connection: inquiries.participants(connection, 1))
    assert [one.copies for one in people] == [True, False]


async def test_a_wrong_token_opens_nothing(web: Web) -> None:
    made = await web.inquiry()
    seller, buyer = await link_of(web, SELLER), await link_of(web, BUYER)
    mixed = seller.rpartition("/")[0] + "/" + buyer.rpartition("/")[2]
    personal = seller.rpartition("/")[0] + "/" + urlsplit(made.links[SELLER]).path.rpartition("/")[2]
    for path in (mixed, personal, "/n/nobody/x"):
        assert (await web.visitor().get(path)).status == 404
        assert await press(web.visitor(), path, "off") == 404
    answers = [await web.visitor().get(mixed) for _ in range(ALLOWED)]
    assert answers[-1].status == 429

"""The life of a personal link: it is renewed on wish and on a transfer, and ends some time after the conversation."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from parley.relay.actions.act import By, act
from parley.relay.actions.close import NoSuchInquiry, close
from parley.relay.actions.revoke_link import NoSuchParticipant, revoke_link
from parley.relay.actions.transfer import Transfer
from parley.relay.mail.addresses import parse_address
from parley.relay.personal_links import token_hash
from parley.relay.prepare import prepare
from parley.store import inquiries, outbox
from parley.store.tables import Link, table
from parley.store.values import DeliveryRow, ParticipantRow
from parley.tests.gateway import BUYER, COLLEAGUE, SELLER, mail
from parley.tests.pages import OBSERVER, Page, Visitor, Web, open_web
from sqlalchemy import select

DAY = timedelta(days=1)


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Web]:
    async with open_web(tmp_path, links='expire = "30d"') as one:
        yield one


async def press(visitor: Visitor, action: str, **fields: str) -> Page:
    key = (await visitor.get(visitor.page_path)).field("key")
    body = "&".join(f"{name}={value}" for name, value in {"key": key, **fields}.items())
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return await visitor.request("POST", f"{visitor.page_path}/do/{action}", body.encode(), kind)


async def person(web: Web, email: str) -> ParticipantRow:
    people = await web.world.store.read(lambda connection: inquiries.participants(connection, 1))
    return next(one for one in people if one.email == email)


async def mailed(web: Web, kind: str) -> str:
    """The link in the newest mail of this kind."""
    rows: tuple[DeliveryRow, ...] = await web.world.store.read(lambda connection: outbox.of_inquiry(connection, 1))
    data = (await prepare(web.world, [row for row in rows if row.kind == kind][-1])).data.replace(b"=\r\n", b"")
    return "http://127.0.0.1:1/c/" + data.partition(b"/c/")[2][:22].decode()


async def test_a_link_that_somebody_else_may_have_is_renewed(web: Web) -> None:
    made = await web.inquiry()
    seller, page = await web.visit(made, SELLER)
    thief, _ = await web.visit(made, SELLER)
    assert "Get a new link" in page.words
    answer = await press(seller, "new-link")
    assert answer.status == 303
    page = await seller.get(answer.headers["location"])  # he goes on, by the new cookie
    assert "You have a new link, and it comes by mail." in page.words
    assert "New link for Anna Weber" in page.words
    assert (await thief.get(thief.page_path)).status == 404
    assert (await thief.get(made.links[SELLER].removeprefix("http://127.0.0.1:1"))).status == 404
    new = await mailed(web, "done")
    assert new != made.links[SELLER]
    assert "You write as Anna Weber" in (await web.visitor().open(new)).words
    assert SELLER not in new


async def test_the_store_knows_renewed_links_by_their_hash_and_when_they_ended(web: Web) -> None:
    made = await web.inquiry()
    seller, _ = await web.visit(made, SELLER)
    await press(seller, "new-link")
    anna = await person(web, SELLER)
    link = table(Link)
    statement = select(link.c.token_hash, link.c.revoked_at).where(link.c.participant == anna.seq)
    found = dict(await web.world.store.read(lambda connection: connection.execute(statement).all()))
    assert anna.link == 1
    old, new = (token_hash(web.world.links.token(anna.id, number)) for number in (0, 1))
    assert found == {old: web.clock(), new: None}


async def test_nobody_renews_for_ever(web: Web) -> None:
    made = await web.inquiry()
    seller, _ = await web.visit(made, SELLER)
    answers = [await press(seller, "new-link") for _ in range(11)]
    assert [one.status for one in answers] == [303] * 10 + [409]
    assert "asked for too often" in answers[-1].words
    web.clock.advance(DAY)
    assert (await press(seller, "new-link")).status == 303


async def test_a_transfer_on_the_page_renews_the_first_ones_link(web: Web) -> None:
    made = await web.inquiry()
    seller, _ = await web.visit(made, SELLER)
    reading_along, _ = await web.visit(made, SELLER)  # who has his mail with the link in it
    answer = await press(seller, "transfer", address=COLLEAGUE)
    page = await seller.get(answer.headers["location"])
    assert "You can still read it" in page.words
    assert (await reading_along.get(reading_along.page_path)).status == 404
    assert "You can still read it" in (await web.visitor().open(await mailed(web, "done"))).words
    assert (await press(seller, "new-link")).status == 303  # who only reads may renew as well


async def test_a_transfer_by_mail_renews_it_too(web: Web) -> None:
    made = await web.inquiry()
    anna, colleague = await person(web, SELLER), parse_address(COLLEAGUE)
    assert colleague is not None
    await act(web.world, By(anna.seq, "mail", "test"), Transfer(colleague))
    assert (await web.visitor().get(made.links[SELLER].removeprefix("http://127.0.0.1:1"))).status == 404
    assert "You can still read it" in (await web.visitor().open(await mailed(web, "done"))).words


async def test_a_link_ends_some_time_after_the_conversation(web: Web) -> None:
    made = await web.inquiry()
    seller, page = await web.visit(made, SELLER)
    await close(web.world, made.id, "ops")
    web.clock.advance(30 * DAY)
    assert (await seller.get(seller.page_path)).status == 200
    web.clock.advance(timedelta(seconds=1))
    for path in (seller.page_path, f"{seller.page_path}/live", made.links[SELLER].removeprefix("http://127.0.0.1:1")):
        over = await seller.get(path)
        assert over.status == 410
        assert "This conversation is over" in over.words
    lost = await seller.send("typed long <before>", page=page)
    assert lost.status == 410
    assert "typed long &lt;before&gt;</textarea>" in lost.text
    hit = await web.mail_refused(made.masks["buyer"])
    assert (hit.code, hit.enhanced) == (550, "5.1.6")


async def test_what_was_typed_behind_a_revoked_link_is_given_back(web: Web) -> None:
    made = await web.inquiry()
    one, page = await web.visit(made, BUYER)
    other, _ = await web.visit(made, BUYER)
    await press(other, "new-link")
    lost = await one.send("a long letter", page=page)
    assert lost.status == 404
    assert "What you wrote" in lost.words
    assert "a long letter</textarea>" in lost.text
    big = await one.send("x" * 500_000, page=page)
    assert big.status == 404


async def test_ops_revoke_a_link_and_the_next_mail_brings_the_new_one(web: Web) -> None:
    made = await web.inquiry(observers=[{"email": OBSERVER}])
    for email in (SELLER, OBSERVER):
        visitor, _ = await web.visit(made, email)
        other, _ = await web.visit(made, BUYER)
        (revoked,) = await revoke_link(web.world, "MK-1001", email.upper(), "ops")
        assert (revoked.inquiry, revoked.email) == (made.id, email)
        assert (await visitor.get(visitor.page_path)).status == 404
        assert (await visitor.get(made.links[email].removeprefix("http://127.0.0.1:1"))).status == 404
        assert (await other.get(other.page_path)).status == 200
        assert (await web.visitor().open(revoked.link)).status == 200
    mask = made.masks["seller"]
    await web.mail(mask, mail(BUYER, mask, "And twenty?", message_id="20@acheteur.example"), BUYER)
    page = await web.visitor().open(await mailed(web, "relayed"))
    assert "And twenty?" in page.words
    assert [line.split()[2] for line in web.lines if "revoke_link" in line] == ["acted", "acted"]
    with pytest.raises(NoSuchParticipant):
        await revoke_link(web.world, "MK-1001", COLLEAGUE, "ops")
    with pytest.raises(NoSuchInquiry):
        await revoke_link(web.world, "MK-none", SELLER, "ops")

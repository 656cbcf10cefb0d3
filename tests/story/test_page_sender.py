"""The sender field of the page (R15): his own address as ever; another one is asked by a mail with a link first."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from parley.relay.actions.hold import release
from parley.store import inquiries, messages, outbox
from parley.store.values import DeliveryRow, MessageRow, ParticipantRow
from parley.tests.gateway import BUYER, COLLEAGUE, DOMAIN, SELLER, body, header, running, to
from parley.tests.pages import Page, Visitor, Web, open_web
from parley.tests.peer import Peer

pytestmark = pytest.mark.usefixtures("engines")

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
STRANGER = "carl@elsewhere.example"
ENFORCE = 'authentication = "enforce"\nproof_timeout = "1s"'
NO_DNS = '[dns]\nservers = ["127.0.0.1:9"]\ntimeout = "200ms"\n'


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Web]:
    async with open_web(tmp_path) as one:
        yield one


async def rows(web: Web) -> tuple[MessageRow, ...]:
    return await web.world.store.read(lambda connection: messages.of_inquiry(connection, 1))


async def people(web: Web) -> dict[str, ParticipantRow]:
    found = await web.world.store.read(lambda connection: inquiries.participants(connection, 1))
    return {one.email: one for one in found}


async def deliveries(web: Web, kind: str) -> list[DeliveryRow]:
    found = await web.world.store.read(lambda connection: outbox.of_inquiry(connection, 1))
    return [one for one in found if one.kind == kind]


async def press(visitor: Visitor, path: str, fields: Mapping[str, str]) -> Page:
    return await visitor.request("POST", path, urlencode(fields).encode(), FORM)


async def write_as(visitor: Visitor, sender: str, text: str = "From the works.", page: Page | None = None) -> Page:
    page = page or await visitor.get(visitor.page_path)
    fields = {"key": page.field("key"), "nonce": page.field("nonce"), "text": text, "sender": sender}
    return await visitor.post(fields)


@pytest.mark.parametrize("sender", ["", "  ", "no address", "a@b@c", "Carl <carl@x.example>", f"seller-x@{DOMAIN}"])
async def test_an_empty_or_bad_sender_is_told_at_its_field_and_all_is_kept(web: Web, sender: str) -> None:
    made = await web.inquiry()
    seller, page = await web.visit(made, SELLER)
    assert f'name="sender" value="{SELLER}"' in page.text
    refused = await write_as(seller, sender, "my <words>")
    assert refused.status == 422
    assert refused.text.count('role="alert"') == 1
    assert refused.text.index('for="sender"') < refused.text.index('role="alert"') < refused.text.index('id="sender"')
    assert "my &lt;words&gt;</textarea>" in refused.text
    assert f'value="{sender.replace("<", "&lt;").replace(">", "&gt;")}"' in refused.text
    assert len(await rows(web)) == 1
    assert (
        (await write_as(seller, SELLER, "my <words>", refused))
        .headers["location"]
        .partition("?")[2]
        .startswith("sent=")
    )


async def test_the_same_mailbox_in_another_spelling_is_himself(web: Web) -> None:
    made = await web.inquiry()
    seller, _ = await web.visit(made, SELLER)
    assert (await write_as(seller, " Anna@WERK.example ")).headers["location"].partition("?")[2].startswith("sent=")
    assert (await rows(web))[-1].state == "accepted"
    assert (await rows(web))[-1].from_email == SELLER


async def test_another_address_is_asked_before_anything_is_sent(web: Web) -> None:
    made = await web.inquiry()
    seller, page = await web.visit(made, SELLER)
    twice = [await write_as(seller, STRANGER, page=page) for _ in range(2)]  # one form is one question
    assert {one.headers["location"] for one in twice} == {twice[0].headers["location"]}
    shown = await seller.get(twice[1].headers["location"])
    assert f"We sent a mail to {STRANGER}; open the link in it to send your message." in shown.words
    held = (await rows(web))[-1]
    assert (held.state, held.why_held, held.channel, held.author) == ("held", "address to prove", "page", None)
    assert [one.to for one in await deliveries(web, "prove")] == [STRANGER]
    assert await deliveries(web, "relayed") == []
    assert "Waits for your yes" not in shown.words  # nobody but that mailbox can say it
    assert f"Waits until the link in our mail to {STRANGER} is opened" in shown.words
    fields = {"key": shown.field("key"), "answer": "always"}
    assert (await press(seller, f"{seller.page_path}/held/{held.id}", fields)).status == 404
    _, page = await web.visit(made, BUYER)
    assert "From the works." not in page.words
    assert "asked=" not in (await seller.get(f"{seller.page_path}?asked=nothing")).text


async def test_only_so_many_strangers_are_asked_within_an_hour(web: Web) -> None:
    made = await web.inquiry()
    seller, _ = await web.visit(made, SELLER)
    assert [(await write_as(seller, f"a{n}@x.example")).status for n in range(3)] == [303] * 3
    pages = [await seller.get(seller.page_path) for _ in range(4)]
    answers = await asyncio.gather(*(write_as(seller, f"n{n}@x.example", page=one) for n, one in enumerate(pages)))
    assert sorted(one.status for one in answers) == [303, 303, 429, 429]
    assert len(await deliveries(web, "prove")) == 5
    refused = next(one for one in answers if one.status == 429)
    assert "too many other mail addresses" in refused.words
    assert "From the works.</textarea>" in refused.text
    assert (await write_as(seller, SELLER, page=refused)).status == 303  # his own address is never too many
    web.clock.advance(timedelta(hours=1))
    assert (await write_as(seller, "n9@x.example")).status == 303


async def asked_link(web: Web) -> tuple[MessageRow, str]:
    held = (await rows(web))[-1]
    return held, f"/p/{held.id}/{web.world.links.proof(held.id)}"


async def test_the_link_shows_what_is_sent_and_its_button_sends_it(web: Web) -> None:
    made = await web.inquiry()
    seller, _ = await web.visit(made, SELLER)
    await write_as(seller, COLLEAGUE, "Ben <here>.")
    held, link = await asked_link(web)
    ben = web.visitor()
    await ben.get(link)
    page = await ben.get(link)
    assert "Ben &lt;here&gt;." in page.text
    assert (await rows(web))[-1].state == "held"  # looking changes nothing
    for secret in (SELLER, BUYER, "Anna", "Jean"):
        assert secret not in page.text
    assert (await press(ben, link, {})).status == 403
    for wrong in (f"/p/{held.id}/{'x' * 22}", f"/p/{held.id}x/{link[-22:]}", f"/p/{held.mail}/{link[-22:]}"):
        assert (await ben.get(wrong)).status == 404
        assert (await press(ben, wrong, {"key": page.field("key")})).status == 404
    for _ in range(2):
        done = await press(ben, link, {"key": page.field("key")})
        assert (done.status, done.headers["location"]) == (303, link)
        assert "Your message was sent" in (await ben.get(link)).words
    assert (await people(web))[COLLEAGUE].joined_by == "domain"
    assert len(await deliveries(web, "relayed")) == 1


async def test_a_proved_stranger_still_waits_for_his_side(web: Web) -> None:
    made = await web.inquiry()
    seller, _ = await web.visit(made, SELLER)
    await write_as(seller, STRANGER)
    held, link = await asked_link(web)
    carl = web.visitor()
    await press(carl, link, {"key": (await carl.get(link)).field("key")})
    assert "waits for a yes by somebody who takes part on your side" in (await carl.get(link)).words
    page = await seller.get(seller.page_path)
    assert "its writer opened the link in a mail to this address" in page.words
    await release(web.world, held.id, SELLER)
    assert "Your message was sent" in (await carl.get(link)).words


async def test_the_other_side_cannot_write_for_this_one(web: Web) -> None:
    made = await web.inquiry()
    seller, _ = await web.visit(made, SELLER)
    done = await write_as(seller, BUYER)
    assert done.status == 303  # the page does not tell whose address it is
    held, link = await asked_link(web)
    jean = web.visitor()
    await press(jean, link, {"key": (await jean.get(link)).field("key")})
    assert "Your message was not passed on" in (await jean.get(link)).words
    assert (await rows(web))[-1].state == "refused"
    assert "Waits for your yes" not in (await seller.get(seller.page_path)).words
    assert held.side == "seller"


@pytest.mark.parametrize("sender", ['authentication = "off"', ENFORCE])
async def test_a_forwarded_link_a_colleague_a_mail_and_his_answer(tmp_path: Path, peer: Peer, sender: str) -> None:
    async with running(tmp_path, peer, extra=NO_DNS, sender=sender) as run:
        made = await run.open()
        await peer.wait(2)
        ben = Visitor(*run.gateway.links_address)
        await ben.open(made.links[SELLER])  # Anna has forwarded him her mail
        done = await write_as(ben, COLLEAGUE, "I am Ben: it is 4,800 EUR.")
        assert f"We sent a mail to {COLLEAGUE}" in (await ben.get(done.headers["location"])).words
        (asked,) = (await peer.wait(3))[2:]
        assert (asked.rcpt, asked.mail_from) == ((COLLEAGUE,), "")
        assert "gave this address as theirs" in " ".join(body(asked).split())
        assert "4,800 EUR" in body(asked)
        assert header(asked, "References") == ""
        for secret in (SELLER, BUYER, "Anna", "Jean", "/c/", "buyer-", "seller-"):
            assert secret not in body(asked) + body(asked, "text/html")
        (link,) = re.findall(r"http://\S+/p/\S+", body(asked))
        path = urlsplit(link).path
        mailbox = Visitor(*run.gateway.links_address)
        page = await mailbox.get(path)
        assert "Is this your message?" in page.words
        assert len(peer.mails) == 3
        await press(mailbox, path, {"key": page.field("key")})
        got = (await peer.wait(5))[3:]
        (relayed,) = to(got, BUYER)
        assert "4,800 EUR" in body(relayed)
        assert b"werk.example" not in relayed.data
        assert any(COLLEAGUE in body(one) or "4,800" in body(one) for one in to(got, SELLER))
        assert "Your message was sent" in (await mailbox.get(path)).words
        token = path.rpartition("/")[2]
        assert not any(token in line for line in run.lines)

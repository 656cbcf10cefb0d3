"""What the manufacturer may know, on every route and in every format; and nothing of what was said (R38)."""

import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from parley.relay.actions.act import By, act
from parley.relay.actions.create import Created
from parley.relay.actions.decline import Decline
from parley.relay.actions.phone import Phone
from parley.relay.links.app import ROUTES
from parley.relay.record import add_event
from parley.store import exchange, inquiries
from parley.tests.gateway import BUYER, COLLEAGUE, SELLER
from parley.tests.pages import OBSERVER, Page, Visitor, Web, open_web
from parley.tests.pdf import real_pdf
from parley.tests.story.test_document import put

SHOP, BRAND, OTHER = "a-long-key-of-the-shop", "a-long-key-of-the-brand", "a-long-key-of-another-brand"
KEYS = f"""
business_zone = "Europe/Berlin"
[api]
keys = [
    {{ name = "shop", key = "{SHOP}" }},
    {{ name = "brand", key = "{BRAND}", role = "observer", observer = "{OBSERVER}" }},
    {{ name = "other", key = "{OTHER}", role = "observer", observer = "else@other.example" }},
]
"""
# Each stands in one place alone, so that a leak names its source. The name of a file is a word of a document.
CANARIES = {
    "subject": "ZEBRA subject",
    "message": "ZEBRA message",
    "answer": "ZEBRA answer",
    "document": "zebra-document.pdf",
    "reason": "ZEBRA reason",
    "note": "ZEBRA note",
    "product": "ZEBRA product",
    "company": "ZEBRA company",
    "buyer": "ZEBRA buyer",
}


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Web]:
    async with open_web(tmp_path, KEYS) as one:
        yield one


async def open_one(web: Web) -> Created:
    return await web.inquiry(
        subject=CANARIES["subject"],
        message=CANARIES["message"],
        product={"name": CANARIES["product"], "url": "https://zebra.example/"},
        company={"name": CANARIES["company"]},
        buyer={"email": BUYER, "name": CANARIES["buyer"], "phone": "+33 999 888 777", "language": "en"},
        sellers=[{"email": SELLER, "name": "ZEBRA seller"}, {"email": COLLEAGUE}],
        observers=[{"email": OBSERVER, "name": "Brand"}],
    )


async def ask(web: Web, path: str, key: str, method: str = "GET", body: bytes | None = None) -> Page:
    return await web.visitor().request(method, path, body, {"Authorization": f"Bearer {key}"})


async def loaded(web: Web) -> exchange.Exchange:
    return await web.world.store.read(lambda connection: exchange.load(connection, 1))


async def seq(web: Web, email: str) -> int:
    people = await web.world.store.read(lambda connection: inquiries.participants(connection, 1))
    return next(one.seq for one in people if one.email == email)


async def converse(web: Web, made: Created) -> None:
    """Messages, a document, a call, a decline and a sale, two hours apart."""
    seller, page = await web.visit(made, SELLER)
    web.clock.advance(timedelta(hours=2))
    file = (CANARIES["document"], "application/pdf", real_pdf(3000))
    assert (await put(seller, [file], page, text=CANARIES["answer"])).status == 303
    for wish in (Phone(), Decline("other", CANARIES["reason"])):
        web.clock.advance(timedelta(hours=2))
        await act(web.world, By(await seq(web, SELLER), "page", "x"), wish)
    now, buyer = web.clock(), await seq(web, BUYER)
    proof = {"note": CANARIES["note"]}
    await web.world.store.write(lambda connection: add_event(connection, 1, now, "quote.accepted", buyer, None, proof))


async def test_the_page_and_the_json_say_how_it_stands(web: Web) -> None:
    made = await open_one(web)
    observer, page = await web.visit(made, OBSERVER)
    assert page.words.count("Not yet") == 2
    assert "0 mins so far, not answered yet" in page.words
    await converse(web, made)
    page = await observer.get(observer.page_path)
    assert "Has the company contacted the buyer? Yes , 23 November 2026" in page.words
    assert "Was a sale concluded? Yes , 23 November 2026" in page.words
    assert "Response time 2 hrs" in page.words
    assert "Only business hours count: Mon–Fri, 09:00–17:00 (Europe/Berlin)." in page.words
    by_link = json.loads((await observer.get(f"{observer.page_path}/status.json")).body)
    by_key = json.loads((await ask(web, f"/api/v1/inquiries/{made.id}/status", BRAND)).body)
    assert by_link == by_key
    assert by_key == {
        "id": made.id,
        "reference": "MK-1001",
        "contacted": {"done": True, "at": "2026-11-23T11:00:00.000Z"},
        "sale": {"done": True, "at": "2026-11-23T15:00:00.000Z"},
        "response": {
            "running": False,
            "seconds": 7200,
            "since": "2026-11-23T09:00:00.000Z",
            "until": "2026-11-23T11:00:00.000Z",
            "counted": {
                "days": ["mon", "tue", "wed", "thu", "fri"],
                "hours": ["09:00-17:00"],
                "zone": "Europe/Berlin",
                "holidays": [],
            },
        },
    }
    _, page = await web.visit(made, SELLER)
    assert "Response time Answered after 2 hrs. Only business hours count" in page.words
    shown = json.loads((await ask(web, f"/api/v1/inquiries/{made.id}", SHOP)).body)
    assert (shown["response"]["stopped_by"], shown["response"]["seconds"]) == ("message", 7200)


async def test_a_key_opens_its_own_inquiries_and_their_status_alone(web: Web) -> None:
    made = await open_one(web)
    path = f"/api/v1/inquiries/{made.id}"
    assert (await ask(web, f"{path}/status", SHOP)).status == 200
    assert (await ask(web, f"{path}/status", OTHER)).status == 404
    assert (await ask(web, "/api/v1/inquiries/none/status", BRAND)).status == 404
    assert (await ask(web, f"{path}/status", "wrong-key-of-nobody")).status == 401
    assert (await ask(web, path, BRAND)).status == 403
    assert (await ask(web, f"{path}/actions/close", BRAND, "POST", b"{}")).status == 403
    assert (await ask(web, "/api/v1/inquiries", BRAND, "POST", b"{}")).status == 403
    seller, _ = await web.visit(made, SELLER)
    assert (await seller.get(f"{seller.page_path}/status.json")).status == 404


async def test_no_answer_to_an_observer_holds_a_byte_of_the_conversation(web: Web) -> None:
    """Every route of the server, by every method, with the observer's link and with his key, whatever the ids."""
    made = await open_one(web)
    await converse(web, made)
    observer, _ = await web.visit(made, OBSERVER)
    seller, _ = await web.visit(made, SELLER)
    known = await loaded(web)
    answers = await everything(web, observer, seller, known, made)
    assert len([one for one in answers if one.status == 200]) >= 4
    assert "ZEBRA answer" in (await seller.get(seller.page_path)).text  # the canaries are there to be found
    secrets = {*CANARIES.values(), "ZEBRA", "zebra", "999 888", "999888777", BUYER, SELLER, COLLEAGUE}
    secrets |= {address.partition("@")[0] for address in made.masks.values()} | {"reply.market.example"}
    secrets |= {link.rpartition("/")[2] for who, link in made.links.items() if who != OBSERVER}
    for answer in answers:
        told = answer.body + repr(sorted(answer.headers.items())).encode()
        assert [secret for secret in secrets if secret.encode() in told] == []
        assert b"%PDF" not in told


async def everything(
    web: Web, observer: Visitor, seller: Visitor, known: exchange.Exchange, made: Created
) -> list[Page]:
    """The answers of all routes to an observer."""
    values = {
        "token": [made.links[OBSERVER].rpartition("/")[2]],
        "id": [observer.page_path.rpartition("/")[2], seller.page_path.rpartition("/")[2], made.id, "MK-1001"],
        "message": [one.id for one in known.messages],
        "file": [one.id for one in known.attachments],
        "action": ["decline", "history", "phone", "document"],
        "participant": [one.id for one in known.people],
    }
    answers: list[Page] = []
    for method, pattern, _ in ROUTES:
        paths = [pattern]
        for name in re.findall(r"\{(\w+)\}", pattern):
            paths = [path.replace(f"{{{name}}}", value) for path in paths for value in values.get(name, ["x"])]
        for path in paths:
            for query in ("", "?order=oldest&show=1"):
                body = json.dumps({"by": BUYER}).encode() if method == "POST" else None
                answers.append(await bounded(observer, method, path + query, body))
                answers.append(await ask(web, path + query, BRAND, method, body))
    return answers


async def bounded(visitor: Visitor, method: str, path: str, body: bytes | None) -> Page:
    """Ask with the observer's cookie, wherever it is meant for."""
    cookie: Any = next(iter(visitor.cookies.values()))
    return await visitor.request(method, path, body, {"Cookie": cookie})

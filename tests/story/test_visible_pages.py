"""No word of ours stands on a page untranslated: a negotiation in a language made of brackets (tests/brackets.py)."""

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import get_args
from urllib.parse import urlencode

import pytest
from babel.messages.pofile import read_po
from parley.relay.compose.i18n import FOLDER, words_for
from parley.relay.compose.letters import FailureWord
from parley.relay.links.apologies import _apology  # pyright: ignore[reportPrivateUsage]
from parley.relay.links.history import NAMELESS, SENTENCES
from parley.relay.links.states import not_delivered
from parley.tests.brackets import WORD, Brackets, shown, speaking_brackets, unbracketed
from parley.tests.gateway import BUYER, COLLEAGUE, SELLER, mail
from parley.tests.pages import OBSERVER, Page, Visitor, Web, open_web

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PEOPLE = {
    "reference": WORD,
    "subject": WORD,
    "message": WORD,
    "wishes": ["quote", "price_list", "documentation", "call_back"],
    "product": {"name": WORD, "url": "https://market.example/p"},
    "company": {"name": WORD},
    "buyer": {"email": BUYER, "name": WORD, "phone": "+33 1 23 45 67 89"},
    "sellers": [{"email": SELLER, "name": WORD}],
    "cc": [{"email": COLLEAGUE, "name": WORD}],
    "observers": [{"email": OBSERVER}],
}
MAIL_FROM = "somebody@client.example"


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Web]:
    async with open_web(tmp_path, 'help = "help@market.example"') as one:
        yield one


@pytest.fixture
def brackets() -> Iterator[Brackets]:
    with speaking_brackets() as catalogue:
        yield catalogue


def words_of_pages() -> set[str]:
    with (FOLDER / "fr" / "parley.po").open("rb") as file:
        return {
            str(message.id)
            for message in read_po(file)
            if any(str(path).startswith(("relay/links/", "templates/page/")) for path, _ in message.locations)
        }


def clean(page: Page) -> Page:
    assert unbracketed(shown(page.text).replace("Market", "")) == []
    return page


async def press(visitor: Visitor, action: str, **fields: str) -> Page:
    """Press a button of the page and follow where it leads."""
    page = await visitor.get(visitor.page_path)
    data = urlencode({"key": page.field("key"), **fields}).encode()
    answer = await visitor.request("POST", f"{visitor.page_path}/{action}", data, FORM)
    return clean(await visitor.get(answer.headers["location"]) if answer.status == 303 else answer)


async def write(visitor: Visitor, page: Page | None = None, **fields: str) -> Page:
    page = page or clean(await visitor.get(visitor.page_path))
    answer = await visitor.post({"key": page.field("key"), "nonce": page.field("nonce"), "text": WORD, **fields})
    return clean(await visitor.get(answer.headers["location"]) if answer.status == 303 else answer)


async def test_a_whole_negotiation(web: Web, brackets: Brackets) -> None:
    made = await web.inquiry(**PEOPLE)
    everybody = [(await web.visit(made, email))[0] for email in (BUYER, SELLER, COLLEAGUE, OBSERVER)]
    buyer, seller, colleague, _ = everybody
    mask = made.masks["buyer"]
    words = f"{WORD}\n\n-- \n{WORD}"
    await web.mail(mask, mail(SELLER, mask, words, subject=WORD, message_id="1@a.example"))
    for number, stranger in enumerate(("9@x.example", "6@x.example", "5@werk.example")):
        await web.mail(mask, mail(stranger, mask, WORD, subject=WORD, message_id=f"2{number}@a.example"))
    for wrong in (
        {},
        {"text": ""},
        {"text": "1" * 200_000},
        {"sender": ""},
        {"sender": "9"},
        {"key": "0"},
        {"nonce": "0"},
    ):
        await write(seller, None, **wrong)
    for number in range(8):
        await write(seller, sender=f"{number}@y.example")
    await decide(seller, "yes")
    await decide(seller, "no")
    await write(buyer)
    for action in ("decline", "transfer", "phone", "history", "undo"):
        await press(seller, f"do/{action}")
    await press(seller, "do/decline", reason="outside_area", text=WORD)
    for visitor in everybody:
        clean(await visitor.get(visitor.page_path))
    await press(seller, "do/undo", event=(await seller.get(seller.page_path)).field("event"))
    before = await seller.get(seller.page_path)
    await press(buyer, "do/close")
    await write(seller, before)
    await press(buyer, "do/reopen")
    await press(seller, "do/transfer", to="7@werk.example", text=WORD)
    await write(seller, before)
    ours = (await colleague.get(colleague.page_path)).text
    await press(colleague, "leave", participant=ours.rpartition('name="participant" value="')[2][:16])
    for visitor in everybody:
        clean(await visitor.get(visitor.page_path))
    assert len(words_of_pages() & brackets.seen) > 100


async def decide(visitor: Visitor, answer: str) -> None:
    """Press a button of the first mail that waits for a yes."""
    page = clean(await visitor.get(visitor.page_path))
    found = re.search(r'action="[^"]*(/held/[^"]+)".*?name="answer" value="([^"]+)"', page.text, re.DOTALL)
    assert found, "nothing waits"
    value = found[2] if answer == "yes" else "no"
    fields = urlencode({"key": page.field("key"), "answer": value}).encode()
    done = await visitor.request("POST", visitor.page_path + found[1], fields, FORM)
    clean(await visitor.get(done.headers["location"]) if done.status == 303 else done)


def test_every_line_of_the_history(brackets: Brackets) -> None:
    words = words_for("en")
    for table in (SENTENCES, NAMELESS):
        for kind, sentence in table.items():
            assert unbracketed(sentence(words.gettext, WORD)) == [], kind
    for cause in get_args(FailureWord):
        assert unbracketed(not_delivered(words, WORD, cause)) == []


@pytest.mark.parametrize("status", [403, 404, 405, 413, 429, 500])
def test_every_apology(brackets: Brackets, status: int) -> None:
    apology = _apology(words_for("en"), status)
    assert unbracketed(f"{apology.title} {apology.text}") == []


async def test_what_cannot_be_opened(web: Web, brackets: Brackets) -> None:
    made = await web.inquiry(**PEOPLE)
    visitor, page = await web.visit(made, SELLER)
    for path in ("/c/nothing", "/i/nothing", f"{visitor.page_path}/m/nothing/text", "/nowhere"):
        assert clean(await visitor.get(path)).status == 404
    other = {"Origin": "https://elsewhere.example"}
    assert clean(await visitor.send(WORD, page=page, headers=other)).status == 403
    too_often = [(await web.visitor().get("/c/" + "x" * 22)) for _ in range(100)][-1]
    assert clean(too_often).status in (404, 429)
    assert brackets.seen

"""What stands on the page of a party, and what never does: the other side's address, held mail, strangers' tags."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from parley.relay.actions.close import close
from parley.relay.actions.hold import release
from parley.store import messages
from parley.tests.gateway import BUYER, COLLEAGUE, ORDER, SELLER, mail
from parley.tests.pages import OBSERVER, Web, open_web

BUYER_PERSON = {"email": BUYER, "name": "Jean Dupont", "company": "Acheteur SA", "phone": "+33 1 23 45 67 89"}
SIGNED = (
    "They cost 4,800 EUR, see https://werk.example/p-200?a=1&b=2.\n\n-- \nAnna Weber\nanna@werk.example\n"
    "ANNA@werk.example\n\nOn Mon, 23 Nov 2026 at 09:00, Jean <x@y.example> wrote:\n> to anna@werk.example\n> Hello"
)


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Web]:
    async with open_web(tmp_path, 'help = "help@market.example"') as one:
        yield one


async def test_the_request_and_who_is_who(web: Web) -> None:
    made = await web.inquiry()
    _, page = await web.visit(made, SELLER)
    for words in (
        "Request MK-1001",
        "P-200",
        "Price for 12 pumps",
        "You are talking with Jean D. (Acheteur SA)",
        "a quote",
        "Werk GmbH",
        "what would twelve P-200 pumps cost?",
        "Anna Weber",
        "Your reply to Jean D. (Acheteur SA)",
        "help@market.example",
    ):
        assert words in page.words
    assert 'href="https://market.example/p-200"' in page.text
    assert SELLER in page.words  # his own address is no secret to him
    for secret in (BUYER, "acheteur.example", "Dupont", "+33", "23 45 67"):
        assert secret not in page.text


async def test_neither_side_sees_the_others_address_anywhere(web: Web) -> None:
    made = await web.inquiry()
    reply = await web.mail(made.masks["buyer"], mail(f"Anna Weber <{SELLER}>", made.masks["buyer"], SIGNED))
    assert reply.code == 250
    buyer, page = await web.visit(made, BUYER)
    assert "They cost 4,800 EUR" in page.words
    assert "Anna W." in page.words
    assert "Signature" in page.words
    assert "Quoted text" in page.words
    assert made.masks["seller"] in page.text
    assert 'href="https://werk.example/p-200?a=1&amp;b=2"' in page.text  # what she typed herself stays
    live = await buyer.get(f"{buyer.page_path}/live")
    whole = await buyer.get(f"{buyer.page_path}/m/{_ids(page.text)[0]}/text")
    for answer in (page, live, whole):
        assert answer.status == 200
        assert SELLER not in answer.text.lower()
    _, page = await web.visit(made, SELLER)
    assert "anna@werk.example" in page.text
    assert BUYER not in page.text


def _ids(text: str) -> list[str]:
    return [part.split('"')[0] for part in text.split('id="m-')[1:]]


async def test_held_mail_is_seen_by_the_side_it_claims_to_come_from_alone(web: Web) -> None:
    made = await web.inquiry()
    await web.mail(made.masks["buyer"], mail(f"Ben <{COLLEAGUE}>", made.masks["buyer"], "I am Ben, their engineer."))
    (held,) = await web.world.store.read(messages.held)
    seller, page = await web.visit(made, SELLER)
    assert "I am Ben, their engineer." in page.words
    assert "Held: we cannot be sure who wrote it" in page.words
    assert "Message held" in page.words
    buyer, page = await web.visit(made, BUYER)
    for word in ("Ben", "eld:", "eld,"):
        assert word not in page.words
    assert (await buyer.get(f"{buyer.page_path}/m/{held.id}/text")).status == 404
    await release(web.world, held.id, "test")
    page = await buyer.get(buyer.page_path)
    assert "I am Ben, their engineer." in page.words
    assert "Held message passed on" in page.words
    assert COLLEAGUE not in page.text
    assert "On its way to Jean D. (Acheteur SA)".lower() in (await seller.get(seller.page_path)).words.lower()


async def test_newest_first_with_history_under_it(web: Web) -> None:
    made = await web.inquiry()
    for number in (1, 2):
        data = mail(SELLER, made.masks["buyer"], f"answer number {number}", message_id=f"{number}@werk.example")
        await web.mail(made.masks["buyer"], data)
    _, page = await web.visit(made, BUYER)
    talk = page.words[page.words.index("Messages") :]
    places = [talk.index(words) for words in ("answer number 2", "answer number 1", "twelve P-200", "History")]
    assert places == sorted(places)
    assert "Message from Anna W. (Werk GmbH), by mail" in talk
    assert "Request sent" in talk
    assert page.text.index('name="text"') < page.text.index("answer number 2")


async def test_in_french(web: Web) -> None:
    made = await web.inquiry(buyer=BUYER_PERSON | {"language": "fr"})
    _, page = await web.visit(made, BUYER)
    assert '<html lang="fr">' in page.text
    assert "23 novembre 2026" in page.words


async def test_an_observer_sees_that_contact_was_made_and_nothing_else(web: Web) -> None:
    made = await web.inquiry(observers=[{"email": OBSERVER, "name": "Brand"}])
    observer, page = await web.visit(made, OBSERVER)
    assert "Not yet" in page.words
    data = mail(SELLER, made.masks["buyer"], "the secret price", message_id="1@werk.example")
    await web.mail(made.masks["buyer"], data)
    page = await observer.get(observer.page_path)
    assert "Request MK-1001" in page.words  # his own word for it, as the marketplace tells it to him
    assert "Has the company contacted the buyer? Yes , 23 November 2026, 09:00 UTC" in page.words
    request = {"reference": "", **ORDER}
    assert isinstance(request["message"], str)
    for secret in (
        "secret",
        "P-200",
        "pumps",
        "Jean",
        "Anna",
        "Acheteur",
        "Werk",
        BUYER,
        SELLER,
        "+33",
        "buyer-",
    ):
        assert secret not in page.text
    message = (await web.world.store.read(lambda c: messages.of_inquiry(c, 1)))[-1]
    for path in ("/live", "/events", f"/m/{message.id}/text", f"/m/{message.id}/raw", f"/m/{message.id}/html", "/a/x"):
        assert (await observer.get(observer.page_path + path)).status == 404
    assert (await observer.post({"text": "hello", "key": "", "nonce": ""})).status == 404
    _, page = await web.visit(made, SELLER)
    assert "Brand" not in page.text  # who watches is not the parties' business


async def test_what_strangers_write_is_text(web: Web) -> None:
    nasty = "<script>alert(1)</script> {{ 7*7 }} {% raw %} \u202eevil</textarea> &amp; javascript:alert(1) "
    person = BUYER_PERSON | {"name": "<b>Jean</b>", "company": '"><img src=x>'}
    made = await web.inquiry(
        subject=f"{nasty[:60]} {'x' * 400}",
        message=nasty,
        buyer=person,
        product={"name": "<i>P</i>"},
        company={"name": "{{ company }}"},
    )
    text = f"{nasty}\n{'word' * 30_000}"
    data = mail(f'"<u>Anna</u>" <{SELLER}>', made.masks["buyer"], text, subject=f"{'<s>' * 3000}\u202e")
    assert (await web.mail(made.masks["buyer"], data)).code == 250
    for email in (SELLER, BUYER):
        _, page = await web.visit(made, email)
        for tag in ("<script>a", "<img", "<b>", "<i>", "<u>", "<s>", "javascript:alert(1)<"[:-1] + '"'):
            assert tag not in page.text
        assert "{{ 7*7 }}" in page.text
        assert "&lt;script&gt;" in page.text
        assert "\u202e" not in page.text.split("<h1")[1].split("</h1>")[0]
        assert "The whole text" in page.words
        assert len(page.body) < 200_000


async def test_a_closed_inquiry_can_be_read_and_not_answered(web: Web) -> None:
    made = await web.inquiry()
    visitor, page = await web.visit(made, SELLER)
    await close(web.world, made.id, "ops")
    late = await visitor.send("too late", page=page)
    assert late.status == 409
    assert "Nothing was sent, because this conversation is closed." in late.words
    assert "readonly>\ntoo late</textarea>" in late.text
    page = await visitor.get(visitor.page_path)
    assert "This conversation is closed." in page.words
    assert "<textarea" not in page.text
    assert "Conversation closed" in page.words

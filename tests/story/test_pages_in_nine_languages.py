"""Every page, in each of the nine languages: it can be made, says its language, and holds no English sentence."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from babel.messages.pofile import read_po
from parley.relay.compose.i18n import FOLDER, languages
from parley.tests.gateway import BUYER, COLLEAGUE, SELLER, mail
from parley.tests.pages import OBSERVER, Page, Visitor, Web, open_web

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Web]:
    async with open_web(tmp_path) as running:
        yield running


def english_sentences() -> list[str]:
    """What would stand on a page if it were not translated: sentences without places, too long to be anything else."""
    with (FOLDER / "de" / "parley.po").open("rb") as file:
        ids = [one.id for one in read_po(file) if isinstance(one.id, str)]
    return [id for id in ids if len(id) > 15 and " " in id and "%(" not in id]


SENTENCES = english_sentences()


def said(page: Page, language: str, status: int = 200) -> Page:
    assert page.status == status, page.words
    assert f'<html lang="{language}"' in page.text
    if language != "en":
        assert [sentence for sentence in SENTENCES if sentence in page.words] == []
    return page


async def press(visitor: Visitor, action: str, **fields: str) -> Page:
    """Press a button of the page and follow where it leads."""
    page = await visitor.get(visitor.page_path)
    data = urlencode({"key": page.field("key"), **fields}).encode()
    answer = await visitor.request("POST", f"{visitor.page_path}/{action}", data, FORM)
    return await visitor.get(answer.headers["location"]) if answer.status == 303 else answer


@pytest.mark.parametrize("language", languages())
async def test_every_page(web: Web, language: str) -> None:
    made = await web.inquiry(
        buyer={"email": BUYER, "name": "Jean Dupont", "phone": "+33 1 23 45 67 89", "language": language},
        sellers=[{"email": SELLER, "name": "Anna Weber", "language": language}],
        observers=[{"email": OBSERVER, "language": language}],
        cc=[{"email": COLLEAGUE, "name": "Otto", "language": language}],
    )
    mask = made.masks["buyer"]
    await web.mail(mask, mail(SELLER, mask, "12 x 80,00\n\nAnna", message_id="1@werk.example"), SELLER)
    await web.mail(mask, mail("else@other.example", mask, "Moi", message_id="2@other.example"), "else@other.example")
    (buyer, page), (seller, _), (colleague, _) = [await web.visit(made, one) for one in (BUYER, SELLER, COLLEAGUE)]
    said(page, language)
    for path in ("", "?order=oldest", "/history", "/print"):
        said(await seller.get(f"{seller.page_path}{path}"), language)
    page = await seller.get(seller.page_path)
    wrong = await seller.post({"key": page.field("key"), "nonce": page.field("nonce"), "text": "  "})
    said(wrong, language, 422)
    said(await press(seller, "do/transfer", address="nobody"), language, 422)
    said(await press(seller, "do/phone"), language)
    said(await press(colleague, "leave", participant=colleague.page_path.rpartition("/")[2]), language)
    said(await press(seller, "do/decline", reason="other", text="12 > 10"), language)
    said(await buyer.get(buyer.page_path), language)
    said((await web.visit(made, OBSERVER))[1], language)
    stranger = web.visitor()
    said(await stranger.get("/c/none", **{"Accept-Language": language}), language, 404)

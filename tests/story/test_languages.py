"""Each reader in his own language and zone, in mails and on his page; if unknown, in the browser's or the site's."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from parley.relay.order import OrderError
from parley.tests.gateway import BUYER, COLLEAGUE, ORDER, SELLER, body, header, mail, running, to
from parley.tests.pages import Page, Web, open_web
from parley.tests.peer import Peer

PLACE = 'language = "it"\ntimezone = "Europe/Rome"\n'
PERSON = {"email": BUYER, "name": "Jean Dupont", "company": "Acheteur SA"}


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Web]:
    async with open_web(tmp_path, PLACE) as running:
        yield running


async def page_of(web: Web, person: dict[str, str], browser: str) -> Page:
    made = await web.inquiry(buyer=person)
    visitor, _ = await web.visit(made, BUYER)
    return await visitor.get(visitor.page_path, **{"Accept-Language": browser})


@pytest.mark.parametrize(
    ("person", "browser", "lang", "moment"),
    [
        ({"language": "pt-BR", "timezone": "America/Sao_Paulo"}, "de", "pt", "23 de novembro de 2026, 06:00 BRT"),
        ({"language": "zh-TW", "timezone": "Asia/Taipei"}, "", "zh", "2026年11月23日 17:00 UTC+8"),
        ({"language": "de_AT"}, "fr", "de", "23. November 2026, 10:00 MEZ"),
        ({}, "nl, ja;q=0.5, fr;q=0.7", "fr", "23 novembre 2026, 10:00 UTC+1"),
        ({"language": "nl"}, "sv", "it", "23 novembre 2026, 10:00 CET"),
        ({}, "", "it", "23 novembre 2026, 10:00 CET"),
    ],
)
async def test_a_page_speaks_the_readers_language(
    web: Web, person: dict[str, str], browser: str, lang: str, moment: str
) -> None:
    page = await page_of(web, PERSON | person, browser)
    assert f'<html lang="{lang}"' in page.text
    assert moment in page.words


@pytest.mark.parametrize(
    ("part", "wrong"),
    [("language", "a language"), ("language", "de\r\nX: y"), ("timezone", "CEST+2"), ("timezone", "../../etc/passwd")],
)
async def test_what_is_no_language_or_zone_is_named(web: Web, part: str, wrong: str) -> None:
    with pytest.raises(OrderError, match=f"buyer.{part}"):
        await web.inquiry(buyer=PERSON | {part: wrong})


async def test_each_mail_is_in_its_readers_language(tmp_path: Path, peer: Peer) -> None:
    people = {
        "buyer": PERSON | {"language": "ja", "timezone": "Asia/Tokyo"},
        "sellers": [{"email": SELLER, "language": "ru"}],
        "cc": [{"email": COLLEAGUE}],
    }
    async with running(tmp_path, peer, extra=PLACE, copy=True) as gateway:
        made = await gateway.open(**people)
        requests = await peer.wait(3)
        assert {got.rcpt[0]: header(got, "Content-Language") for got in requests} == {
            BUYER: "ja",
            SELLER: "ru",
            COLLEAGUE: "it",
        }
        assert all(header(got, "Subject") == ORDER["subject"] for got in requests)
        await gateway.send(
            BUYER, made.masks["seller"], mail(BUYER, made.masks["seller"], "When?", message_id="1@a.example")
        )
        (copy,) = to(await peer.wait(6), BUYER)[1:]
        assert re.search(r"送信日時：\d{4}年\d+月\d+日 \d\d:\d\d JST", body(copy))

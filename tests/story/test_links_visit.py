"""Personal links: exchanged for a cookie, one person and one inquiry each, and nothing that a scanner could change."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from parley.relay.links.app import ROUTES
from parley.relay.links.misses import ALLOWED, WINDOW, Misses, network_of
from parley.relay.personal_links import token_hash
from parley.store.tables import Link, table
from parley.tests.gateway import BUYER, SELLER
from parley.tests.pages import Clock, Web, open_web
from sqlalchemy import Connection, text, update
from sqlmodel import SQLModel


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Web]:
    async with open_web(tmp_path) as one:
        yield one


async def test_a_link_becomes_a_cookie_and_a_clean_address(web: Web) -> None:
    made = await web.inquiry()
    visitor = web.visitor()
    token = made.links[SELLER].rpartition("/")[2]
    first = await visitor.get(f"/c/{token}")
    assert first.status == 303
    assert token not in first.headers["location"]
    assert first.headers["referrer-policy"] == "no-referrer"
    (cookie,) = first.cookies
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
    assert f"path={first.headers['location']}" in cookie.lower()
    assert "secure" not in cookie.lower()  # base_url is http
    page = await visitor.get(first.headers["location"])
    assert page.status == 200
    assert token not in page.text
    assert (await web.visitor().get(first.headers["location"])).status == 404


async def test_behind_https_and_a_path_prefix(tmp_path: Path) -> None:
    async with open_web(tmp_path, base_url="https://talk.market.example/deep") as web:
        made = await web.inquiry()
        visitor = web.visitor()
        token = made.links[SELLER].rpartition("/")[2]
        for path in (f"/deep/c/{token}", f"/c/{token}"):  # whether the proxy in front cuts the prefix off or not
            first = await visitor.get(path)
            assert first.headers["location"].startswith("/deep/i/")
            (cookie,) = first.cookies
            assert cookie.startswith("__Secure-")
            assert "Secure" in cookie
        page = await visitor.get(first.headers["location"])
        assert 'action="/deep/i/' in page.text
        assert 'href="/deep/look/' in page.text


async def test_several_people_and_inquiries_side_by_side_in_one_browser(web: Web) -> None:
    one, two = await web.inquiry(), await web.inquiry(reference="MK-1002", product={"name": "Valve"})
    visitor = web.visitor()
    pages: dict[str, str] = {}
    for made, email in ((one, SELLER), (one, BUYER), (two, SELLER)):
        await visitor.open(made.links[email])
        pages[visitor.page_path] = f"{made.reference} {email}"
    assert len(pages) == 3
    for path, said in pages.items():
        page = await visitor.get(path)
        reference, email = said.split()
        assert reference in page.words
        assert ("You write as Anna Weber" in page.words) == (email == SELLER)


async def test_a_cookie_opens_nobody_elses_page(web: Web) -> None:
    made = await web.inquiry()
    seller, _ = await web.visit(made, SELLER)
    buyer, _ = await web.visit(made, BUYER)
    (cookie,) = seller.cookies.values()
    assert (await seller.get(buyer.page_path, Cookie=cookie)).status == 404


async def test_a_revoked_link_ends_at_once(web: Web) -> None:
    made = await web.inquiry()
    visitor, page = await web.visit(made, SELLER)
    assert page.status == 200
    digest = token_hash(made.links[SELLER].rpartition("/")[2])

    def revoke(connection: Connection) -> None:
        links = table(Link)
        connection.execute(update(links).where(links.c.token_hash == digest).values(revoked_at=web.clock()))

    await web.world.store.write(revoke)
    assert (await visitor.get(visitor.page_path)).status == 404
    gone = await web.visitor().get(f"/c/{made.links[SELLER].rpartition('/')[2]}")
    assert gone.status == 404
    assert "open the newest mail about your request" in gone.words


async def test_scanners_may_open_everything_and_change_nothing(web: Web) -> None:
    made = await web.inquiry()
    visitor, page = await web.visit(made, SELLER)

    def everything(connection: Connection) -> list[object]:
        tables = SQLModel.metadata.tables
        return [connection.execute(text(f'SELECT * FROM "{name}"')).all() for name in sorted(tables)]

    before = await web.world.store.read(everything)
    for _ in range(3):
        for method in ("HEAD", "GET"):
            assert (await visitor.request(method, f"/c/{made.links[SELLER].rpartition('/')[2]}")).status == 303
            assert (await visitor.request(method, visitor.page_path)).status == 200
            assert (await visitor.request(method, f"{visitor.page_path}/live")).status == 200
            assert (await visitor.request(method, f"{visitor.page_path}/reply")).status == 405
        assert (await visitor.request("HEAD", f"{visitor.page_path}/events")).status == 204
    assert (await visitor.request("HEAD", visitor.page_path)).body == b""
    assert await web.world.store.read(everything) == before
    assert page.status == 200


async def test_who_tries_links_is_told_to_wait_and_a_good_link_still_opens(web: Web) -> None:
    made = await web.inquiry()
    visitor = web.visitor()
    answers = [await visitor.get(f"/c/{number:022}") for number in range(ALLOWED + 2)]
    assert [answer.status for answer in answers] == [404] * ALLOWED + [429] * 2
    assert int(answers[-1].headers["retry-after"]) <= WINDOW.total_seconds()
    assert "wait a few minutes" in answers[-1].words
    assert (await visitor.open(made.links[SELLER])).status == 200
    web.clock.advance(WINDOW)
    assert (await visitor.get("/c/again")).status == 404


def test_misses_are_counted_by_network_and_forgotten() -> None:
    clock = Clock()
    misses = Misses(clock, allowed=2, window=timedelta(minutes=1))
    assert [misses.note("2001:db8::1"), misses.note("2001:db8::2")] == [0, 0]
    assert misses.note("2001:db8::3") == 60
    assert misses.note("2001:db8:0:1::3") == 0
    assert misses.note("192.0.2.1") == 0
    clock.advance(timedelta(minutes=1))
    assert misses.note("2001:db8::4") == 0
    for number in range(20_000):
        misses.note(f"host-{number}")
    assert network_of("not an address") == "not an address"


async def test_the_journal_names_routes_and_never_a_token(web: Web) -> None:
    made = await web.inquiry()
    visitor, _ = await web.visit(made, SELLER)
    await visitor.get("/c/wrong-token-of-somebody")
    await visitor.get("/nowhere/at/all")
    lines = web.logged("page")
    assert any("route=/c/{token} status=303" in line for line in lines)
    assert any("route=/i/{id} status=200" in line for line in lines)
    assert any("route=/c/{token} status=404" in line for line in lines)
    assert any("route=- status=404" in line for line in lines)
    token = made.links[SELLER].rpartition("/")[2]
    assert not any(token in line or "wrong-token" in line for line in web.lines)


async def test_every_answer_has_its_headers(web: Web) -> None:
    made = await web.inquiry()
    visitor, page = await web.visit(made, SELLER)
    for answer in (page, await visitor.get("/c/wrong"), await visitor.get("/nowhere"), await visitor.get("/healthz")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "noindex" in answer.headers["x-robots-tag"]
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert "permissions-policy" in answer.headers
        assert "server" not in answer.headers


async def test_what_is_not_there(web: Web) -> None:
    visitor = web.visitor()
    for path in ("/", "/docs", "/openapi.json", "/redoc", "/i/", "/i/x", "/c/", "/look/x/none.css", "/i/x/live"):
        answer = await visitor.get(path)
        assert answer.status == 404, path
        assert "This page cannot be opened" in answer.words
    assert (await visitor.request("DELETE", "/healthz")).status == 405
    answer = await visitor.get("/c/none", **{"Accept-Language": "fr-FR,fr;q=0.9,en;q=0.5"})
    assert 'lang="fr"' in answer.text


async def test_health_and_looks(web: Web) -> None:
    visitor = web.visitor()
    health = await visitor.get("/healthz")
    assert (health.status, health.body) == (200, b'{"status":"ok"}')
    made = await web.inquiry()
    _, page = await web.visit(made, SELLER)
    links = [part.split('"')[0] for part in page.text.split('="')[1:] if part.startswith("/look/")]
    assert len(links) == 4
    for link in links:
        asset = await visitor.get(link)
        assert asset.status == 200
        assert "immutable" in asset.headers["cache-control"]
    assert "#1f5fbf" in (await visitor.get(next(link for link in links if link.endswith("place-market.css")))).text


def test_every_route_that_changes_something_is_a_post() -> None:
    assert {path for method, path, _ in ROUTES if method != "GET"} == {
        "/api/v1/inquiries",
        "/api/v1/inquiries/{id}/actions/{action}",
        "/i/{id}/do/document",
        "/i/{id}/do/{action}",
        "/i/{id}/held/{message}",
        "/i/{id}/leave",
        "/i/{id}/reply",
        "/i/{id}/seen",
        "/n/{id}/{token}",
        "/p/{message}/{token}",
    }

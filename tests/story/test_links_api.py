"""The JSON API: keys, the same JSON as the command line, mistakes named by their place."""

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from parley.relay.links.misses import ALLOWED
from parley.tests.gateway import BUYER, ORDER, SELLER
from parley.tests.pages import Page, Web, open_web
from sqlalchemy import text

KEY = "a-long-key-of-the-marketplace"


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Web]:
    keys = f'[api]\nkeys = [{{ name = "shop", key = "{KEY}" }}, {{ name = "ops", key = "{KEY}-ops", role = "ops" }}]'
    async with open_web(tmp_path, keys) as one:
        yield one


async def call(web: Web, method: str, path: str, body: object = None, key: str = KEY) -> Page:
    headers: Mapping[str, str] = {"Authorization": f"Bearer {key}"} if key else {}
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await web.visitor().request(method, f"/api/v1/inquiries{path}", data if body else None, headers)


async def test_an_inquiry_is_opened_and_looked_at(web: Web) -> None:
    answer = await call(web, "POST", "", ORDER)
    assert answer.status == 201
    made = json.loads(answer.body)
    assert set(made) == {"id", "reference", "masks", "links"}
    assert made["masks"]["buyer"].startswith("buyer-")
    assert set(made["links"]) == {BUYER, SELLER}
    assert answer.headers["location"] == f"/api/v1/inquiries/{made['id']}"
    visitor = web.visitor()
    assert (await visitor.open(made["links"][SELLER])).status == 200
    for name in (made["id"], "MK-1001"):
        shown = json.loads((await call(web, "GET", f"/{name}", key=f"{KEY}-ops")).body)
        assert shown["id"] == made["id"]
        assert [message["side"] for message in shown["messages"]] == ["buyer"]
        assert shown["events"][0]["kind"] == "inquiry.created"


async def test_nothing_without_a_key(web: Web) -> None:
    for key in ("", "wrong", KEY[:-1], f"{KEY} ", "é"):
        answer = await call(web, "GET", "/MK-1001", key=key.encode().decode("latin-1") if key else "")
        assert answer.status == (404 if key == f"{KEY} " else 401)
        assert "error" in json.loads(answer.body)
    assert (await call(web, "POST", "", ORDER, key="")).headers["www-authenticate"] == "Bearer"
    answers = [await call(web, "GET", "/x", key=f"guess-{number}") for number in range(ALLOWED)]
    assert answers[-1].status == 429
    assert (await call(web, "POST", "", ORDER)).status == 201


async def test_a_cookie_is_no_key(web: Web) -> None:
    made = json.loads((await call(web, "POST", "", ORDER)).body)
    visitor = web.visitor()
    await visitor.open(made["links"][SELLER])
    assert (await visitor.get("/api/v1/inquiries/MK-1001")).status == 401


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"{", 400, "not JSON"),
        (b"[" * 100_000, 400, "not JSON"),
        (b"\xff", 400, "not JSON"),
        (b'"text"', 422, "inquiry"),
        ({**ORDER, "marketplace": "nowhere"}, 422, "no marketplace 'nowhere'"),
        ({**ORDER, "buyer": {"email": "not an address"}}, 422, "buyer.email"),
        ({**ORDER, "sellers": []}, 422, "sellers"),
        ({**ORDER, "surprise": 1}, 422, "surprise"),
        (b" " * 1_100_000, 413, "1048576"),
    ],
    ids=["broken", "deep", "bytes", "text", "marketplace", "address", "nobody", "unknown", "large"],
)
async def test_mistakes_are_named(web: Web, body: object, status: int, words: str) -> None:
    answer = await call(web, "POST", "", body)
    assert answer.status == status
    assert answer.headers["content-type"] == "application/json"
    assert words in json.loads(answer.body)["error"]


async def test_what_is_not_there_is_told_in_json(web: Web) -> None:
    answer = await call(web, "GET", "/none")
    assert answer.status == 404
    assert "no inquiry" in json.loads(answer.body)["error"]
    assert (await call(web, "DELETE", "/none")).status == 405


async def test_a_fault_of_ours_shows_its_reference_alone(web: Web) -> None:
    for table in ("link", "participant"):
        change = text(f"ALTER TABLE {table} RENAME TO {table}_gone")
        await web.world.store.write(lambda connection, change=change: connection.execute(change) and None)
    answer = await call(web, "POST", "", ORDER)
    assert answer.status == 500
    told = json.loads(answer.body)
    assert set(told) == {"error", "reference"}
    (fault,) = web.logged("fault")
    assert "no such table" in fault
    assert fault.split()[1] == f"{told['reference']}:"
    page = await web.visitor().get("/c/any")
    assert page.status == 500
    assert "It is a fault of ours" in page.words
    assert "no such table" not in page.text

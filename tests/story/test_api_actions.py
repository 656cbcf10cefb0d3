"""Every action by the API: the same events and mails as from the page, and mistakes named."""

import base64
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from parley.relay.actions.create import Created
from parley.store import events, inquiries, outbox
from parley.tests.gateway import BUYER, COLLEAGUE, SELLER
from parley.tests.pages import OBSERVER, Page, Web, open_web
from parley.tests.pdf import real_pdf

KEY = "a-long-key-of-the-marketplace"
PDF = {"name": "manual.pdf", "type": "application/pdf", "data": base64.b64encode(real_pdf()).decode()}


@dataclass(slots=True)
class Api:
    """A web server with one inquiry, and a program of the marketplace."""

    web: Web
    made: Created

    async def call(
        self, action: str, given: Mapping[str, object] | None = None, *, name: str = "", **fields: object
    ) -> tuple[int, Any]:
        answer = await self.raw(action, json.dumps({**(given or {}), **fields}).encode(), name=name)
        return answer.status, json.loads(answer.body)

    async def raw(self, action: str, data: bytes, *, key: str = KEY, name: str = "") -> Page:
        path = f"/api/v1/inquiries/{name or self.made.id}/actions/{action}"
        return await self.web.visitor().request("POST", path, data, {"Authorization": f"Bearer {key}"})

    async def events(self) -> list[str]:
        found = await self.web.world.store.read(lambda connection: events.of_inquiry(connection, 1))
        return [event.kind for event in found]

    async def queued(self, kind: str) -> list[str]:
        found = await self.web.world.store.read(lambda connection: outbox.of_inquiry(connection, 1))
        return [one.to for one in found if one.kind == kind]


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with open_web(tmp_path, f'[api]\nkeys = [{{ name = "shop", key = "{KEY}" }}]') as web:
        yield Api(web, await web.inquiry(observers=[{"email": OBSERVER}]))


async def test_declining_and_taking_it_back(api: Api) -> None:
    status, told = await api.call("decline", by=SELLER, reason="outside_area", text="Germany only.")
    assert status == 200
    assert (told["inquiry"], told["action"], told["done"], told["again"]) == (api.made.id, "decline", "declined", False)
    assert told["event"]["kind"] == "inquiry.declined"
    assert await api.queued("declined") == [BUYER]
    assert await api.queued("done") == [SELLER]
    assert await api.call("decline", by=SELLER, reason="spam") == (
        409,
        {"error": "The request has been declined already.", "reason": "declined_before"},
    )
    status, told = await api.call("undo", by=SELLER, event=told["event"]["number"])
    assert (status, told["done"]) == (200, "undone")
    assert (await api.events())[-2:] == ["inquiry.declined", "action.undone"]


async def test_handing_over_by_reference(api: Api) -> None:
    status, told = await api.call("transfer", name="MK-1001", by=SELLER, email=COLLEAGUE, name_="x")
    assert (status, told) == (422, {"error": "name_: Extra inputs are not permitted"})
    status, told = await api.call("transfer", name="MK-1001", by=SELLER, email=COLLEAGUE, note="Yours")
    assert (status, told["done"]) == (200, "transferred")
    assert await api.queued("handed") == [COLLEAGUE]
    assert (await api.call("phone", by=SELLER))[1]["reason"] == "not_any_more"


async def test_the_number_is_told_to_who_asked(api: Api) -> None:
    status, told = await api.call("phone", by=SELLER)
    assert status == 200
    assert told["numbers"] == [{"name": "Jean Dupont", "phone": "+33 1 23 45 67 89"}]
    assert await api.queued("phone") == []
    assert (await api.call("phone", by=SELLER))[1]["again"] is True
    assert (await api.events()).count("phone.shown") == 1
    assert (await api.call("phone", by=BUYER))[1]["reason"] == "no_number"


async def test_history_leaving_closing_and_opening_again(api: Api) -> None:
    assert (await api.call("history", by=BUYER))[1]["done"] == "history"
    assert await api.queued("history") == [BUYER]
    assert (await api.call("leave", by=BUYER))[1]["reason"] == "last_one"
    assert (await api.call("close", by=BUYER))[1]["done"] == "closed"
    assert (await api.call("close", by=BUYER))[1]["reason"] == "closed"
    assert (await api.call("document", by=SELLER, files=[PDF]))[1]["reason"] == "closed"
    assert (await api.call("reopen", by=SELLER))[1]["done"] == "reopened"
    assert (await api.events())[4:] == ["history.sent", "inquiry.closed", "inquiry.reopened"]


async def test_a_document_goes_to_the_other_side_once(api: Api) -> None:
    for _ in range(2):
        fields = {"by": SELLER, "files": [PDF], "text": "The manual.", "idempotency_key": "abcdefgh23456789"}
        status, told = await api.call("document", fields)
        assert (status, told.get("done")) == (200, "sent"), told
    assert await api.queued("relayed") == [BUYER]
    assert (await api.events()).count("document.sent") == 1
    words = {"name": "a.pdf", "data": base64.b64encode(b"words").decode()}
    status, told = await api.call("document", by=SELLER, files=[words])
    assert (status, told["reason"]) == (409, "not_what_it_says")
    assert "a.pdf" in told["error"]


@pytest.mark.parametrize(
    ("action", "fields", "status", "words"),
    [
        ("explode", {"by": SELLER}, 404, "There is no action 'explode'"),
        ("close", {}, 422, "by"),
        ("close", {"by": "nobody"}, 422, "by: is not a mail address"),
        ("close", {"by": "stranger@elsewhere.example"}, 404, "Nobody with the address"),
        ("close", {"by": OBSERVER}, 404, "Nobody with the address"),
        ("close", {"by": SELLER, "why": "x"}, 422, "why"),
        ("decline", {"by": SELLER, "reason": "mood"}, 422, "reason"),
        ("decline", {"by": SELLER, "reason": "other"}, 409, "A reason is missing."),
        ("decline", {"by": BUYER, "reason": "spam"}, 409, "Only the side that was asked"),
        ("transfer", {"by": SELLER, "email": "x"}, 422, "email"),
        ("transfer", {"by": SELLER, "email": BUYER}, 409, "It cannot be handed over to this address."),
        ("document", {"by": SELLER, "files": []}, 422, "files"),
        ("document", {"by": SELLER, "files": [{"name": "a.pdf", "data": "§"}]}, 422, "files.0.data"),
        ("undo", {"by": SELLER}, 409, "nothing that can still be taken back"),
    ],
)
async def test_mistakes_are_named_and_nothing_is_done(
    api: Api, action: str, fields: dict[str, object], status: int, words: str
) -> None:
    before = await api.events()
    answer = await api.call(action, fields)
    assert answer[0] == status
    assert words in answer[1]["error"]
    assert await api.events() == before


async def test_what_is_no_json_is_too_large_or_has_no_key(api: Api) -> None:
    assert (await api.raw("close", b"{")).status == 400
    assert (await api.raw("close", b" " * 300_000)).status == 413
    assert (await api.raw("close", b"{}", key="wrong")).status == 401
    assert (await api.call("close", name="MK-9", by=SELLER))[0] == 404
    assert await api.web.world.store.read(lambda c: inquiries.find(c, "MK-9")) is None

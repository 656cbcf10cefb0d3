"""The demo's page is for the browser on this machine: other hosts and other sites are refused."""

from collections.abc import Sequence

import pytest
from parley.relay.demo.guard import Guard
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Message, Scope

HOST = "127.0.0.1:8025"


async def answer(request: Request) -> Response:
    body = await request.body()
    return PlainTextResponse(f"{len(body)} bytes")


async def ask(method: str, headers: dict[str, str], body: Sequence[bytes] = (b"",)) -> tuple[int, dict[str, str]]:
    """Call the guarded application as a web server does; return status and headers."""
    guarded = Guard(Starlette(routes=[Route("/", answer, methods=["GET", "POST"])]), (HOST, "localhost:8025"))
    pieces = [
        {"type": "http.request", "body": piece, "more_body": number < len(body)} for number, piece in enumerate(body, 1)
    ]
    sent: list[Message] = []

    async def receive() -> Message:
        return pieces.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {
        "type": "http",
        "method": method,
        "path": "/",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    await guarded(scope, receive, send)
    return sent[0]["status"], {name.decode(): value.decode() for name, value in sent[0]["headers"]}


async def test_own_pages_are_answered_with_a_strict_policy() -> None:
    status, headers = await ask("GET", {"Host": HOST})
    assert status == 200
    assert "script-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8025", "127.0.0.1", "127.0.0.1:80250", ""])
async def test_another_host_is_refused(host: str) -> None:
    """DNS rebinding: the attacker's name leads to 127.0.0.1."""
    assert (await ask("GET", {"Host": host}))[0] == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", f"https://{HOST}", "http://localhost:8025", ""])
async def test_a_post_from_elsewhere_is_refused(origin: str) -> None:
    assert (await ask("POST", {"Host": HOST, "Origin": origin}))[0] == 403
    assert (await ask("POST", {"Host": HOST}))[0] == 403


async def test_a_post_of_its_own_is_taken() -> None:
    assert (await ask("POST", {"Host": HOST, "Origin": f"http://{HOST}"}))[0] == 200
    assert (await ask("POST", {"Host": "localhost:8025", "Origin": "http://localhost:8025"}))[0] == 200


async def test_what_is_too_large_is_refused_while_it_comes() -> None:
    status, _ = await ask("POST", {"Host": HOST, "Origin": f"http://{HOST}"}, [bytes(10_000_000)] * 5)
    assert status == 413

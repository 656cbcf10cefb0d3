"""Keeps other web sites out of the demo's page: it listens on loopback, but so does the visitor's browser.

A name that an attacker points at 127.0.0.1 (DNS rebinding) arrives with that name as Host; a form on another
site arrives with its Origin. Both are refused, and nothing here ever says who else may read an answer (CORS).
"""

from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_MOST_BYTES = 40_000_000  # of one request: a mail's files and some form around them


class Guard:
    """ASGI middleware: own hosts only, own origin for what changes something, strict headers on every answer."""

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self._app = app
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403 to strangers, 413 to what is too large, and pass the rest on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(str(scope["method"]), Headers(scope=scope))
        if refusal:
            await PlainTextResponse(refusal, 403)(scope, receive, send)
            return
        await self._app(scope, _limited(receive), _dressed(send))

    def _refusal(self, method: str, headers: Headers) -> str:
        host = headers.get("host", "")
        if host not in self._hosts:
            return "This page is for the browser on this machine only."
        if method not in ("GET", "HEAD") and headers.get("origin") != f"http://{host}":
            return "This request comes from another site."
        return ""


def _limited(receive: Receive) -> Receive:
    taken = 0

    async def next_message() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > _MOST_BYTES:
            raise HTTPException(413, "That is more than a mail can carry.")
        return message

    return next_message


def _dressed(send: Send) -> Send:
    async def send_dressed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.setdefault("content-security-policy", POLICY)
            headers["x-content-type-options"] = "nosniff"
            headers["referrer-policy"] = "no-referrer"
            headers["cross-origin-resource-policy"] = "same-origin"
            headers["cross-origin-opener-policy"] = "same-origin"
            headers["cache-control"] = "no-store"
        await send(message)

    return send_dressed

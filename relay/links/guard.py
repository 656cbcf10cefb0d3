"""Stands around every page: security headers, one journal line, and no fault of ours shown to anybody.

The journal gets the route's pattern, never the address with its token.
"""

import time
import traceback
from collections.abc import Awaitable, Callable

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..clock import new_id
from .desk import Desk

# Only what is ours, and no frame around us but our own.
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
ID, ROUTE = "parley.id", "parley.route"  # what a request's scope holds of ours
_GONE = 499  # the client went away before it was answered: nobody is told this, the journal is

FaultPage = Callable[[Request, str], Awaitable[Response]]


def request_id(request: Request) -> str:
    """Return the id that this request has in the journal."""
    return str(request.scope[ID])


class Guard:
    """The outermost layer. `fault_page` answers a request that a fault of ours stopped, given the reference."""

    def __init__(self, app: ASGIApp, desk: Desk, fault_page: FaultPage) -> None:
        self._app = app
        self._world = desk.world
        self._prefix = desk.addresses.prefix
        self._fault_page = fault_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        id = new_id(self._world.clock())
        scope[ID] = id
        scope["root_path"] = self._prefix  # routes are found with it and without: a proxy may have cut it off
        answer = _Answer(send)
        try:
            await self._app(scope, receive, answer.send)
        except ClientDisconnect:
            answer.status = answer.status or _GONE
        except Exception:  # noqa: BLE001 (logged with a reference; its text is shown to nobody)
            self._world.journal.fault(id=id, reference=id, where="page", cause=traceback.format_exc())
            if not answer.status:
                response = await self._fault_page(Request(scope, receive), id)
                await response(scope, receive, answer.send)
        finally:
            self._log(scope, id, answer)

    def _log(self, scope: Scope, id: str, answer: "_Answer") -> None:
        route = str(scope.get(ROUTE, "-"))
        self._world.journal.page(
            id=id, method=scope["method"], route=route, status=answer.status or _GONE, ms=answer.ms
        )


class _Answer:
    """Passes an answer on with our headers and remembers its status and how long it took to begin."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._started = time.perf_counter()
        self.status = 0
        self.ms = 0.0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = int(message["status"])
            self.ms = (time.perf_counter() - self._started) * 1000
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await self._send(message)

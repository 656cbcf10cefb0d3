"""The web application of the personal links: the list of its routes and what stands around them."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from fastapi import FastAPI
from sqlalchemy import text
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..world import World
from . import (
    acting,
    api,
    api_actions,
    apologies,
    copies,
    documents,
    files,
    happened,
    no_copies,
    observer,
    pages,
    paper,
    proof,
    reply,
    seen,
    side,
    visit,
    waiting,
)
from .desk import Addresses, Desk
from .guard import ROUTE, Guard
from .live import Live
from .look import Look
from .misses import Misses

Handler = Callable[[Desk, Request], Awaitable[Response]]
_PACKED_AT_ONCE = 2
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}

# (method, path, handler): all that this server answers. HEAD is answered wherever GET is.
ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/c/{token}", visit.open_link),
    ("GET", "/i/{id}", pages.page),
    ("GET", "/i/{id}/status.json", observer.as_json),
    ("GET", "/i/{id}/live", pages.live),
    ("GET", "/i/{id}/events", pages.stream),
    ("GET", "/i/{id}/history", happened.page),
    ("GET", "/i/{id}/print", paper.page),
    ("GET", "/i/{id}/everything", copies.everything),
    ("POST", "/i/{id}/seen", seen.seen),
    ("POST", "/i/{id}/reply", reply.reply),
    ("POST", "/i/{id}/held/{message}", waiting.decide),
    ("POST", "/i/{id}/leave", side.take_out),
    ("POST", "/i/{id}/do/document", documents.send_documents),
    ("POST", "/i/{id}/do/{action}", acting.do),
    ("GET", "/i/{id}/a/{file}", files.attachment),
    ("GET", "/i/{id}/m/{message}/html", files.html),
    ("GET", "/i/{id}/m/{message}/text", files.text),
    ("GET", "/i/{id}/m/{message}/raw", files.raw),
    ("GET", "/p/{message}/{token}", proof.ask),
    ("POST", "/p/{message}/{token}", proof.send),
    ("GET", "/n/{id}/{token}", no_copies.ask),
    ("POST", "/n/{id}/{token}", no_copies.change),
    ("POST", "/api/v1/inquiries", api.create_inquiry),
    ("GET", "/api/v1/inquiries/{id}", api.show_inquiry),
    ("GET", "/api/v1/inquiries/{id}/status", api.show_status),
    ("POST", "/api/v1/inquiries/{id}/actions/{action}", api_actions.do),
)


def build(world: World) -> FastAPI:
    """Return the application. `app.state.stop_streams()` ends what would keep a server from stopping."""
    addresses = Addresses(world.settings)
    live = Live(world.store, world.journal, world.clock)
    look, packing = Look(world.settings, addresses.prefix), asyncio.Semaphore(_PACKED_AT_ONCE)
    desk = Desk(world, addresses, look, live, Misses(world.clock), packing, asyncio.Lock())
    handlers = [*ROUTES, ("GET", "/look/{version}/{name}", _asset), ("GET", "/healthz", _health)]
    app = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        routes=[
            Route(path, partial(_answer, desk, handler, path), methods=[method]) for method, path, handler in handlers
        ],
        middleware=[Middleware(Guard, desk=desk, fault_page=partial(_fault_page, desk))],
        exception_handlers={HTTPException: partial(apologies.on_http_error, desk)},
    )
    app.state.stop_streams = live.close
    return app


async def _answer(desk: Desk, handler: Handler, path: str, request: Request) -> Response:
    request.scope[ROUTE] = path  # for the journal
    return await handler(desk, request)


async def _fault_page(desk: Desk, request: Request, reference: str) -> Response:
    return apologies.apologise(desk, request, 500, reference)


async def _health(desk: Desk, request: Request) -> Response:  # noqa: ARG001 (the shape of a handler)
    """200 as long as the store answers."""
    await desk.world.store.read(lambda connection: connection.execute(text("SELECT 1")).scalar())
    return JSONResponse({"status": "ok"})


async def _asset(desk: Desk, request: Request) -> Response:
    asset = desk.look.find(str(request.path_params["name"]))
    if asset is None:
        raise HTTPException(404)
    current = request.path_params["version"] == desk.look.version
    return Response(asset.data, media_type=asset.type, headers=_FOR_EVER if current else None)

"""The JSON API for marketplaces: open an inquiry, look at one. Each program has its own bearer key."""

import asyncio
import hmac
import json
from dataclasses import asdict

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ...store import exchange, inquiries
from ...store.exchange import Exchange
from ...store.tables import Side
from ...store.values import InquiryRow
from ..actions.create import create
from ..business_hours import Hours
from ..mail.addresses import parse_address
from ..order import OrderError, read_order
from ..present import exchange_json
from ..sections import OBSERVER, ApiKey
from ..status import Status, observed_json
from .desk import Desk
from .observer import status_of
from .visit import missed

NO_INQUIRY = "There is no inquiry with this id or reference."
_MOST = 1_048_576  # bytes of one inquiry


async def create_inquiry(desk: Desk, request: Request) -> Response:
    """Open an inquiry (CONTRACT: the JSON of `inquiry create`); 201 with its masks and links. Raises 4xx."""
    caller(desk, request)
    data = json_of(await body(request))
    try:
        created = await create(desk.world, read_order(data))
    except OrderError as error:
        raise HTTPException(422, str(error)) from error
    return JSONResponse(asdict(created), 201, {"Location": f"{desk.addresses.prefix}/api/v1/inquiries/{created.id}"})


async def show_inquiry(desk: Desk, request: Request) -> Response:
    """Show an inquiry by id or reference (CONTRACT: the JSON of `inquiry show`). Raises 4xx."""
    caller(desk, request)
    name = str(request.path_params["id"])

    def query(connection: Connection) -> Exchange | None:
        inquiry = inquiries.find(connection, name)
        return exchange.load(connection, inquiry.seq) if inquiry else None

    found = await desk.world.store.read(query)
    if found is None:
        raise HTTPException(404, NO_INQUIRY)
    return JSONResponse(await asyncio.to_thread(exchange_json, found, desk.world.settings))


async def show_status(desk: Desk, request: Request) -> Response:
    """Show how an inquiry stands, as an observer may see it; his key opens his inquiries alone. Raises 4xx."""
    key = caller(desk, request, observers=True)
    name, now = str(request.path_params["id"]), desk.world.clock()

    def query(connection: Connection) -> tuple[InquiryRow, Hours, Status] | None:
        inquiry = inquiries.find(connection, name)
        if inquiry is None or not _may_see(connection, inquiry, key):
            return None
        hours = desk.world.settings.place(inquiry.marketplace).hours
        return inquiry, hours, status_of(connection, inquiry, hours, now)

    found = await desk.world.store.read(query)
    if found is None:
        raise HTTPException(404, NO_INQUIRY)
    inquiry, hours, stands = found
    return JSONResponse(observed_json(inquiry.id, inquiry.reference, stands, hours))


def _may_see(connection: Connection, inquiry: InquiryRow, key: ApiKey) -> bool:
    """An observer's key is good for the inquiries that he observes."""
    if key.role != OBSERVER:
        return True
    address = parse_address(key.observer)
    people = inquiries.participants(connection, inquiry.seq)
    return address is not None and any(one.side == Side.OBSERVER and one.email_key == address.key for one in people)


def caller(desk: Desk, request: Request, *, observers: bool = False) -> ApiKey:
    """Return whose key this is. Raises 401, 403 for an observer's where it is not meant, 429 after too many wrong."""
    found = _key(desk, request)
    if found.role == OBSERVER and not observers:
        raise HTTPException(403, "This key shows how an inquiry stands, and nothing else: …/inquiries/{id}/status.")
    return found


def _key(desk: Desk, request: Request) -> ApiKey:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    found = None
    for one in desk.world.settings.api.keys:  # all of them, so that the time tells nothing
        if hmac.compare_digest(one.key.encode(), given.strip().encode("utf-8", "replace")):
            found = one
    if found is not None and scheme.lower() == "bearer":
        return found
    if given and missed(desk, request).status_code == 429:
        raise HTTPException(429, "Too many wrong keys; please wait a few minutes.")
    needed = {"WWW-Authenticate": "Bearer"}
    raise HTTPException(401, "A key from [api] keys is needed: Authorization: Bearer <key>.", needed)


async def body(request: Request, most: int = _MOST) -> bytes:
    """Read the body of a request. Raises 413 where it has more than `most` bytes."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > most:
            raise HTTPException(413, f"The body may have {most} bytes at most.")
    return bytes(data)


def json_of(data: bytes) -> object:
    """Read a body as JSON. Raises 400."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, "The body is not JSON.") from error

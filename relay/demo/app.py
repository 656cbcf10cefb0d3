"""The demo's page: three mailboxes, the exchange history and the live log, for the browser on this machine."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from ..mail.parse import read
from .clients import Draft, original_of, subject_of
from .feed import Feed, Json, News
from .guard import Guard
from .mailboxes import Kept, Mailbox, Mailboxes
from .mime import File
from .people import Client
from .postman import NoAddress, Postman, recipients
from .view import BODY_POLICY, body_page, box_json, mail_json, source

_HERE = Path(__file__).parent
_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
_LONGEST_TEXT = 200_000


@dataclass(frozen=True, slots=True)
class Desk:
    """What the page shows and works with."""

    mailboxes: Mailboxes
    postman: Postman
    feed: Feed
    history: Callable[[], Awaitable[list[Json]]]
    about: Json  # the masks, and where the gateway takes mail


def build(desk: Desk, port: int) -> Starlette:
    """Return the page's application, which answers on `port` of loopback only."""
    page = Page(desk)
    return Starlette(
        routes=[
            Route("/", page.index),
            Route("/events", page.events),
            Route("/mails/{person}/{number:int}", page.mail),
            Route("/mails/{person}/{number:int}/body", page.body),
            Route("/mails/{person}/{number:int}/source", page.source),
            Route("/mails/{person}/{number:int}/files/{index:int}", page.file),
            Route("/mails/{person}/{number:int}/send", page.send, methods=["POST"]),
            Mount("/static", StaticFiles(directory=_HERE / "static")),
        ],
        middleware=[Middleware(Guard, hosts=(f"127.0.0.1:{port}", f"localhost:{port}"))],
    )


class Page:
    """The routes."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def index(self, _request: Request) -> Response:
        """The page."""
        return FileResponse(_HERE / "index.html", media_type="text/html")

    async def events(self, _request: Request) -> Response:
        """Everything as it is now, and then all that happens (server-sent events)."""
        listener = self._desk.feed.listen()  # before the look at the present, so that nothing falls between
        now: Json = {
            "about": self._desk.about,
            "boxes": [box_json(box) for box in self._desk.mailboxes.all()],
            "history": await self._desk.history(),
            "log": self._desk.feed.lines(),
        }
        return StreamingResponse(listener.stream(News("now", now)), media_type="text/event-stream")

    async def mail(self, request: Request) -> Response:
        """The head of one mail."""
        _, kept = self._kept(request)
        return JSONResponse(mail_json(kept, read(kept.raw)))

    async def body(self, request: Request) -> Response:
        """The body of one mail, for a sandboxed frame."""
        _, kept = self._kept(request)
        page = await asyncio.to_thread(lambda: body_page(read(kept.raw), "mail"))
        return HTMLResponse(page, headers={"content-security-policy": BODY_POLICY})

    async def source(self, request: Request) -> Response:
        """The raw mail."""
        _, kept = self._kept(request)
        return PlainTextResponse(source(kept))

    async def file(self, request: Request) -> Response:
        """An attachment, always as a download."""
        _, kept = self._kept(request)
        files = read(kept.raw).attachments
        index = int(request.path_params["index"])
        if index >= len(files):
            raise HTTPException(404)
        name = quote(files[index].name or "attachment", safe="")
        headers = {"content-disposition": f"attachment; filename*=UTF-8''{name}"}
        return Response(files[index].data, media_type="application/octet-stream", headers=headers)

    async def send(self, request: Request) -> Response:
        """Write a reply or a forward as the chosen mail program does, and send it over SMTP."""
        box, kept = self._kept(request)
        async with request.form(max_files=20, max_fields=20, max_part_size=_LONGEST_TEXT) as form:
            try:
                draft = await _draft(form, box, kept)
            except (NoAddress, ValueError) as error:
                return JSONResponse({"taken": False, "answers": [{"text": str(error), "server": ""}]}, 422)
        answers = await self._desk.postman.send(box, draft)
        taken = all(answer.taken for answer in answers)
        return JSONResponse(
            {"taken": taken, "answers": [{"text": answer.text, "server": answer.server} for answer in answers]}
        )

    def _kept(self, request: Request) -> tuple[Mailbox, Kept]:
        box = self._desk.mailboxes.of(request.path_params["person"])
        kept = box.get(request.path_params["number"]) if box else None
        if box is None or kept is None:
            raise HTTPException(404)
        return box, kept


async def _draft(form: FormData, box: Mailbox, kept: Kept) -> Draft:
    """Read the form. Raises NoAddress, ValueError with words for the page."""
    to = recipients(_text(form, "to"))
    forward = _text(form, "what") == "forward"
    client = Client(_text(form, "client") or box.person.client)
    text = _text(form, "text").replace("\r\n", "\n")
    files = [await _file(value) for value in form.getlist("files") if isinstance(value, UploadFile) and value.filename]
    if not text.strip() and not files and not forward:
        raise ValueError("There is nothing to send yet: write something, or attach a file.")
    original = original_of(read(kept.raw))
    return Draft(
        author=box.person,
        to=to,
        subject=subject_of(original, client, forward=forward),
        text=text,
        client=client,
        at=datetime.now(UTC),
        original=original,
        forward=forward,
        files=files,
    )


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""


async def _file(upload: UploadFile) -> File:
    type_ = upload.content_type or ""
    return File(
        upload.filename or "file",
        type_ if _TYPE.fullmatch(type_) else "application/octet-stream",
        await upload.read(),
    )

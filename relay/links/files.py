"""What a message holds besides its text: documents, its own HTML, all of its text, the mail as it came.

Documents are read out of the raw mail. They are never shown by the browser as part of this site. A mail as it came
is for the side that wrote it alone: it holds the writer's address. The other side has it as it was passed on.
"""

import asyncio
import base64
import re
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from ...store import links
from ...store.values import MessageRow
from ..mail import Attachment, read
from ..mail.document import shown_type
from ..mail.html import from_text
from ..mail.write import File
from ..veil import OPEN, Seen, load_veil
from .apologies import Apology, apology_page
from .desk import Desk
from .mails import mail_of
from .render import render
from .visit import Visit, party

_SANDBOX = "default-src 'none'; sandbox"
# Nothing runs and nothing is fetched; a link that a person clicks opens in a tab of its own.
_FRAMED = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
_CID = re.compile(r'src="cid:([^"]*)"')
_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_MOST_PICTURES = 5_000_000  # bytes of all pictures inside one message; the others are among its documents
_NOT_ASCII = re.compile(r"[^A-Za-z0-9 ._()+,=@~-]")


async def attachment(desk: Desk, request: Request) -> Response:
    """One document, to be saved. Raises 404 for one of another inquiry."""
    found = await party(desk, request)
    id = str(request.path_params["file"])
    pair = await desk.world.store.read(
        lambda connection: links.attachment(connection, found.inquiry.seq, found.side, id)
    )
    if pair is None:
        raise HTTPException(404)
    row, message = pair
    seen = await _seen(desk, found, message)
    for leaf in await _leaves(desk, message):
        if leaf.hash == row.hash:
            file = File(row.name, row.type, leaf.data, row.content_id, row.inline)
            shown = await asyncio.to_thread(seen.file, file)
            if shown is not None:
                name = seen.file_name(row.name) or "file"
                return _file(desk, request, found, shown.data, name)
    raise HTTPException(404)


def _file(desk: Desk, request: Request, found: Visit, data: bytes, name: str) -> Response:
    if "show" not in request.query_params:
        return _download(data, name, "application/octet-stream")
    kind, say = shown_type(data), found.words.gettext
    if kind:
        return _shown(data, name, kind)
    apology = Apology(
        say("This file cannot be shown here"),
        say("It is not the PDF or picture that its name says. Save it only if you know what it is."),
        request.url.path,
        say("Save %(name)s", name=name),
    )
    return HTMLResponse(apology_page(desk, found.words, found.place, apology), 415)


async def raw(desk: Desk, request: Request) -> Response:
    """The mail as it came, for the side that wrote it; as it was passed on, for the other. Raises 404."""
    found = await party(desk, request)
    message = await _message(desk, request, found)
    if message.side == found.side and message.raw is None:
        raise HTTPException(404)  # it never was a mail
    return _download(await mail_of(desk, found, message), f"{message.id}.eml", "message/rfc822")


async def text(desk: Desk, request: Request) -> Response:
    """Everything that was written, the folded parts too, as plain text without end. Raises 404."""
    found = await party(desk, request)
    message = await _message(desk, request, found)
    seen = await _seen(desk, found, message)
    trimmed = [seen.carried(part) for part in (message.signature, message.quoted, message.disclaimer) if part.strip()]
    headers = {"Content-Security-Policy": _SANDBOX}
    return PlainTextResponse("\n\n\n".join([seen.said(message.text), *trimmed]), headers=headers)


async def html(desk: Desk, request: Request) -> Response:
    """A message in its writer's own layout, for a frame where nothing can run and nothing is fetched. Raises 404."""
    found = await party(desk, request)
    message = await _message(desk, request, found)
    if not message.html:
        raise HTTPException(404)
    leaves = await _leaves(desk, message) if "cid:" in message.html else ()
    seen = await _seen(desk, found, message)
    body = await asyncio.to_thread(_safe, message, leaves, seen)
    page = render("framed.html", found.words, body=body, coloured="color" in body)
    return HTMLResponse(page, headers={"Content-Security-Policy": _FRAMED})


def _safe(message: MessageRow, leaves: tuple[Attachment, ...], seen: Seen) -> str:
    """The message's HTML made safe, its pictures inside it; its text where the HTML cannot be shown.

    Pictures are not linked: a frame that is shut off sends no cookie, so it could not fetch them.
    """
    pictures: dict[str, str] = {}
    size = 0
    for leaf in leaves:
        size += len(leaf.data)
        if leaf.content_id and leaf.type in _PICTURES and size <= _MOST_PICTURES:
            pictures[leaf.content_id] = f"data:{leaf.type};base64,{base64.b64encode(leaf.data).decode()}"
    body = seen.said_html(message.html) or from_text(seen.said(message.text))
    return _CID.sub(lambda match: f'src="{pictures.get(match[1], "")}"', body)


async def _message(desk: Desk, request: Request, found: Visit) -> MessageRow:
    id = str(request.path_params["message"])
    message = await desk.world.store.read(
        lambda connection: links.message(connection, found.inquiry.seq, found.side, id)
    )
    if message is None:
        raise HTTPException(404)
    return message


async def _seen(desk: Desk, found: Visit, message: MessageRow) -> Seen:
    """How the reader sees a message: of the other side as its mail carried it, his own side's as it is."""
    if message.side == found.side:
        return OPEN
    world, now = desk.world, desk.world.clock()
    veil = await world.store.read(lambda c: load_veil(c, world, found.inquiry.seq, found.person, now))
    return veil.over(message)


async def _leaves(desk: Desk, message: MessageRow) -> tuple[Attachment, ...]:
    if message.raw is None:
        return ()
    data = await desk.world.store.bytes_of(message.raw)
    return (await asyncio.to_thread(read, data)).files


def _shown(data: bytes, name: str, kind: str) -> Response:
    """A real PDF, PNG or JPEG, shown by the browser in a page of its own where nothing can run."""
    headers = {**disposition(name, "inline"), "Content-Security-Policy": _SANDBOX}
    return Response(data, media_type=kind, headers=headers)


def _download(data: bytes, name: str, kind: str) -> Response:
    """Bytes to be saved under a name, never shown."""
    headers = {**disposition(name), "Content-Security-Policy": _SANDBOX}
    return Response(data, media_type=kind, headers=headers)


def disposition(name: str, how: str = "attachment") -> dict[str, str]:
    """Return the header that names a file (RFC 6266, RFC 8187)."""
    plain = _NOT_ASCII.sub("_", name)
    full = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='')}"
    return {"Content-Disposition": f'{how}; filename="{plain}"{full}'}

"""The negotiation page: everything of an inquiry that its reader may see. A GET changes nothing (R55)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse

from ...store import events, inquiries, links
from ...store.links import Cut, Pane
from ...store.tables import MessageState, Side
from ...store.values import EventRow, ParticipantRow
from ..veil import Veil, load_veil
from . import observer
from .desk import Desk
from .doings import DOING_KINDS, Doings, doings_view, done_line
from .form import NOT_ASKED, Ask
from .letter import new_nonce, reply_id
from .render import render
from .view import PageView, page_view
from .visit import Visit, party, visit
from .waiting import Waiting, said_line, waiting_for

MESSAGES = 50  # on one page
EVENTS = 40  # shown at once; the others on pages of their own


@dataclass(frozen=True, slots=True)
class FormView:
    """The reply box. `error` is what was wrong with the reply that was just sent, "" for nothing."""

    text: str = ""
    error: str = ""
    nonce: str = ""
    sent: str = ""  # the nonce of the reply that was just sent
    sender: str | None = None  # what stands in the sender field; None: the reader's own address
    wrong: str = "text"  # the field that the error is about: text | sender
    said: str = ""  # a calm line on top: what a button did
    trouble: str = ""  # a red one: why it did nothing
    action: str = ""  # the form whose field the trouble is about, "" where it is about none
    asked: Ask = NOT_ASKED  # what was typed into the form of an action that did nothing


async def page(desk: Desk, request: Request) -> Response:
    """The page, for whoever's link it is."""
    found = await visit(desk, request)
    if found.side == Side.OBSERVER:
        return await observer.page(desk, found, frame(desk, found))
    said = await _said(desk, request, found)
    return await show(desk, request, found, FormView(sent=request.query_params.get("sent", "")[:40], said=said))


async def show(desk: Desk, request: Request, found: Visit, form: FormView, status: int = 200) -> Response:
    """Return the page of a party with this reply box; to who has left, only that."""
    if found.has_left:
        return HTMLResponse(render("left.html", found.words, form=form, **frame(desk, found)), status_code=status)
    view = await load_view(desk, found, _cut(request))
    html = await asyncio.to_thread(
        render,
        "page.html",
        found.words,
        view=view,
        form=form,
        nonce=(form.nonce if form.action != "document" else "") or new_nonce(),
        document=_document(desk, found, form),
        most_bytes=desk.world.settings.links.max_upload_bytes,
        most=found.words.size(desk.world.settings.links.max_upload_bytes),
        may_write=not view.request.closed and found.person.state == "active",
        paged=_paged(request),
        doings=await _doings(desk, found),
        clock=await observer.clock(desk, found),
        **frame(desk, found),
    )
    return HTMLResponse(html, status_code=status)


@dataclass(frozen=True, slots=True)
class DocumentView:
    """What the form for a document says of it."""

    nonce: str
    accept: str  # of the file field, as HTML has it
    types: str
    most: str


def _document(desk: Desk, found: Visit, form: FormView) -> DocumentView:
    actions = desk.world.settings.actions
    return DocumentView(
        nonce=(form.nonce if form.action == "document" else "") or new_nonce(),
        accept=",".join(f".{ending}" for ending in actions.document_types),
        types=found.words.listed([ending.upper() for ending in actions.document_types]),
        most=found.words.size(actions.document_bytes),
    )


async def _doings(desk: Desk, found: Visit) -> Doings:
    """What the reader can do now besides writing."""

    def query(connection: Connection) -> tuple[tuple[EventRow, ...], tuple[ParticipantRow, ...]]:
        seq = found.inquiry.seq
        return events.of_kinds(connection, seq, DOING_KINDS), inquiries.participants(connection, seq)

    happened, people = await desk.world.store.read(query)
    now, undo = desk.world.clock(), desk.world.settings.actions.undo
    return doings_view(found.person, found.inquiry.state == "open", happened, people, now, undo, found.words)


async def live(desk: Desk, request: Request) -> Response:
    """What changes while the page is open: messages and history, to be put in place of the old."""
    found = await party(desk, request)
    view = await load_view(desk, found, _cut(request))
    html = await asyncio.to_thread(render, "news.html", found.words, view=view, paged=False, **frame(desk, found))
    return HTMLResponse(html)


async def stream(desk: Desk, request: Request) -> Response:
    """Server-sent events: one each time the page is to look again."""
    found = await party(desk, request)
    if desk.live.full or request.method == "HEAD":
        return Response(status_code=204)  # tells a browser to stop asking
    seen = request.headers.get("last-event-id") or request.query_params.get("seen", "")
    start = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 12 else -1

    async def lines() -> AsyncIterator[str]:
        yield "retry: 2000\n\n"
        async with aclosing(desk.live.versions(found.inquiry.seq, start)) as versions:
            async for version in versions:
                yield ": still here\n\n" if version is None else f"id: {version}\nevent: change\ndata: {version}\n\n"

    return StreamingResponse(lines(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


def _paged(request: Request) -> bool:
    return "before" in request.query_params or "after" in request.query_params


def _cut(request: Request) -> Cut:
    """Return which part of the inquiry the address asks for."""
    query = request.query_params
    oldest_first = query.get("order") == "oldest"
    return Cut(MESSAGES, EVENTS, oldest_first, query.get("after" if oldest_first else "before", ""))


async def load_view(desk: Desk, found: Visit, cut: Cut) -> PageView:
    """Return what a party sees of its inquiry."""

    def query(connection: Connection) -> tuple[Pane, Waiting, Veil]:
        pane = links.pane(connection, found.inquiry.seq, found.side, cut)
        veil = load_veil(connection, desk.world, found.inquiry.seq, found.person, desk.world.clock())
        return pane, waiting_for(connection, found.inquiry.seq, found.person), veil

    pane, waiting, veil = await desk.world.store.read(query)
    return await asyncio.to_thread(page_view, pane, waiting, veil, found.person, found.place, found.words, cut)


async def _said(desk: Desk, request: Request, found: Visit) -> str:
    """What the page says of what was done last: after a button, or after a reply in the name of another address."""
    nonce = request.query_params.get("asked", "")
    if not nonce:
        word = request.query_params.get("said", "")
        return said_line(word, found.words) or done_line(word, found.words)
    id = reply_id(nonce, found.place)
    message = await desk.world.store.read(
        lambda connection: links.typed_as(connection, found.inquiry.seq, found.side, id)
    )
    if message is None or message.state != MessageState.HELD or message.why_held != "address to prove":
        return ""
    return found.words.gettext(
        "We sent a mail to %(address)s; open the link in it to send your message.", address=message.from_email
    )


def frame(desk: Desk, found: Visit) -> dict[str, object]:
    """What the frame of every page of a participant needs."""
    return {
        "place": found.place,
        "look": desk.look,
        "base": desk.addresses.page(found.person.id),
        "me": found.person,
        "key": desk.world.links.form_key(found.session),
    }

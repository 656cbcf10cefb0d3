"""The history on a page of its own, however long it has become: some hundred events at a time."""

import asyncio
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from ...store import links
from ...store.links import Stretch
from .desk import Desk
from .history import HistoryLine, history
from .pages import frame
from .people import People
from .render import render
from .view import Topic, topic_of
from .visit import Visit, party

EVENTS = 200  # on one page
_DIGITS = 9


@dataclass(frozen=True, slots=True)
class HistoryView:
    """One page of the history. `earlier` and `later` are what asks for its neighbours, "" where there are none."""

    topic: Topic
    lines: tuple[HistoryLine, ...]
    oldest_first: bool
    earlier: str
    later: str


async def page(desk: Desk, request: Request) -> Response:
    """A page of the history; an address that asks for none shows its newest, or oldest, events. Raises 404."""
    found = await party(desk, request)
    oldest_first = request.query_params.get("order") == "oldest"
    edge = _number(request.query_params.get("after" if oldest_first else "before", ""))
    stretch = await _stretch(desk, found, edge, oldest_first=oldest_first)
    view = await asyncio.to_thread(_view, found, stretch, oldest_first=oldest_first)
    html = await asyncio.to_thread(render, "history.html", found.words, view=view, **frame(desk, found))
    return HTMLResponse(html)


def history_lines(found: Visit, stretch: Stretch, *, oldest_first: bool) -> tuple[HistoryLine, ...]:
    """Return some events in the words of their reader."""
    people = People(stretch.people, found.person, found.inquiry, found.place, found.words)
    events = stretch.events if oldest_first else stretch.events[::-1]
    return history(events, stretch.sides, people, found.words)


async def _stretch(desk: Desk, found: Visit, edge: int | None, *, oldest_first: bool) -> Stretch:
    """Read what stands on one page. `edge`: how many events come before it (oldest first), or up to its end."""

    def query(connection: Connection) -> Stretch:
        total = links.version(connection, found.inquiry.seq)
        if oldest_first:
            start = min(edge or 0, total)
            end = start + EVENTS
        else:
            end = total if edge is None else min(edge, total)
            start = max(0, end - EVENTS)
        return links.stretch(connection, found.inquiry.seq, found.side, start, end)

    return await desk.world.store.read(query)


def _view(found: Visit, stretch: Stretch, *, oldest_first: bool) -> HistoryView:
    lines = history_lines(found, stretch, oldest_first=oldest_first)
    earlier = later = ""
    if oldest_first:
        if stretch.start:
            earlier = f"order=oldest&after={max(0, stretch.start - EVENTS)}"
        if stretch.end < stretch.total:
            later = f"order=oldest&after={stretch.end}"
    else:
        if stretch.start:
            earlier = f"before={stretch.start}"
        if stretch.end < stretch.total:
            later = f"before={stretch.end + EVENTS}"
    return HistoryView(topic_of(found.inquiry), lines, oldest_first, earlier, later)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None

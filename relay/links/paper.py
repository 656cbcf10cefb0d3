"""The conversation on paper: oldest first, nothing folded away, all of it.

It is written in slices, each read when its turn has come: of two thousand messages the first are there at once, no
other page waits for the last, and it never stands in memory as a whole.
"""

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse

from ...store import links
from ...store.links import Cut
from .desk import Desk
from .happened import history_lines
from .history import HistoryLine
from .look import Enclosed, Look
from .pages import frame, load_view
from .render import render_slices
from .view import MessageView, PageView
from .visit import Visit, party

MESSAGES, EVENTS = 50, 200  # read at once


async def page(desk: Desk, request: Request) -> Response:
    """The conversation to be printed. Raises 404."""
    found = await party(desk, request)
    if request.method == "HEAD":
        return HTMLResponse()
    pieces = written(desk, found, desk.look)
    first = await anext(pieces)  # what breaks before there is anything to show is answered like any fault
    return StreamingResponse(_from(first, pieces), media_type="text/html")


async def written(desk: Desk, found: Visit, look: Look | Enclosed) -> AsyncIterator[str]:
    """Give the page piece by piece; `look` says where its style sheets are."""
    view = await load_view(desk, found, Cut(MESSAGES, 0, oldest_first=True))
    anchors: dict[int, str] = {}
    values = {**frame(desk, found), "view": view, "look": look, "anchors": anchors}
    messages, lines = _messages(desk, found, view, anchors), _lines(desk, found)
    async for piece in render_slices("print.html", found.words, messages=messages, lines=lines, **values):
        yield piece


async def _messages(desk: Desk, found: Visit, view: PageView, anchors: dict[int, str]) -> AsyncIterator[MessageView]:
    """Give all messages, oldest first, from the slice `view` on; what has been given is noted in `anchors`."""
    while True:
        anchors.update(view.anchors)
        for message in view.messages:
            yield message
        if not view.further:
            return
        cut = Cut(MESSAGES, 0, oldest_first=True, past=view.messages[-1].id)
        view = await load_view(desk, found, cut)


async def _lines(desk: Desk, found: Visit) -> AsyncIterator[HistoryLine]:
    """Give the lines of the whole history, oldest first."""
    seq, side, start = found.inquiry.seq, found.side, 0
    while True:
        stretch = await desk.world.store.read(lambda c, start=start: links.stretch(c, seq, side, start, start + EVENTS))
        for line in await asyncio.to_thread(history_lines, found, stretch, oldest_first=True):
            yield line
        start = stretch.end
        if start >= stretch.total:
            return


async def _from(first: str, rest: AsyncIterator[str]) -> AsyncIterator[str]:
    yield first
    async for piece in rest:
        yield piece

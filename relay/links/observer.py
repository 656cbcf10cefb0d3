"""What an observer sees: contacted or not, sold or not, how long an answer took; and the same as JSON (R38).

Made from the kinds and times of events, so that no word, document, number or address of the conversation is in reach.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from ...store import events, inquiries
from ...store.tables import Side
from ...store.values import InquiryRow
from ..business_hours import Hours
from ..clock import iso
from ..compose.i18n import Words
from ..compose.response_words import counted_line, length_of, response_line
from ..mail.names import visible
from ..status import RELAYED, STATUS_KINDS, Status, observed_json, status
from .desk import Desk
from .render import render
from .visit import Visit, visit


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that has happened, or not yet (`at` is "")."""

    at: str = ""  # RFC 3339
    moment: str = ""


@dataclass(frozen=True, slots=True)
class StatusView:
    """The page in words."""

    reference: str
    contacted: Fact
    sold: Fact
    running: bool
    length: str
    counted: str


@dataclass(frozen=True, slots=True)
class ClockView:
    """The response clock in words, for the parties themselves."""

    line: str
    counted: str


async def clock(desk: Desk, found: Visit) -> ClockView:
    """How long the company took to answer, for the page of a party."""
    response = (await _stands(desk, found)).response
    return ClockView(
        response_line(found.words, response.stopped_by, response.worked), counted_line(found.words, found.hours)
    )


def status_of(connection: Connection, inquiry: InquiryRow, hours: Hours, now: datetime) -> Status:
    """Read how an inquiry stands."""
    sellers = {one.seq for one in inquiries.participants(connection, inquiry.seq) if one.side == Side.SELLER}
    # Of what was relayed the first one counts: a long conversation has thousands.
    first = events.first_by(connection, inquiry.seq, RELAYED, sellers)
    others = events.of_kinds(connection, inquiry.seq, STATUS_KINDS)
    happened = (*((first,) if first else ()), *others)
    return status(inquiry.created_at, happened, sellers, hours, now)


async def page(desk: Desk, found: Visit, frame: dict[str, object]) -> Response:
    """The status page of an observer whose link is good."""
    stands = await _stands(desk, found)
    return HTMLResponse(render("observer.html", found.words, view=_view(found, stands), **frame))


async def as_json(desk: Desk, request: Request) -> Response:
    """The same for a program that has the observer's link. Raises 404 for anybody else."""
    found = await visit(desk, request)
    if found.side != Side.OBSERVER:
        raise HTTPException(404)
    stands = await _stands(desk, found)
    return JSONResponse(observed_json(found.inquiry.id, found.inquiry.reference, stands, found.hours))


async def _stands(desk: Desk, found: Visit) -> Status:
    now = desk.world.clock()
    return await desk.world.store.read(partial(status_of, inquiry=found.inquiry, hours=found.hours, now=now))


def _view(found: Visit, stands: Status) -> StatusView:
    response, words = stands.response, found.words
    return StatusView(
        visible(found.inquiry.reference),
        _fact(stands.contacted, words),
        _fact(stands.sold, words),
        response.running,
        length_of(words, response.worked),
        counted_line(words, found.hours),
    )


def _fact(at: datetime | None, words: Words) -> Fact:
    return Fact(iso(at), words.moment(at)) if at else Fact()

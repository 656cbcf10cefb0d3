"""Who is looking: a personal link is exchanged for a cookie, and the cookie is checked at every request.

The cookie holds the link's token, so opening a link writes nothing (R55) and a revoked link ends at once. It is
sent back to this participant's pages only.
"""

from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ...store import inquiries
from ...store.tables import Side
from ...store.values import InquiryRow, ParticipantRow
from ..compose.i18n import Words, words_for
from ..personal_links import token_hash
from ..settings import Marketplace
from .desk import Desk

_COOKIE = "parley"
_KEPT = 90 * 24 * 3600  # seconds that a browser keeps it; the mail's link gives a new one at any time


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a participant whose link is good."""

    session: str  # the token: what forms are tied to
    person: ParticipantRow
    inquiry: InquiryRow
    place: Marketplace
    words: Words

    @property
    def side(self) -> str:
        """The side he speaks for."""
        return self.person.side


async def open_link(desk: Desk, request: Request) -> Response:
    """Exchange the token in the address for a cookie and the clean address. Raises 404 or 429."""
    token = str(request.path_params["token"])
    person = await desk.world.store.read(lambda connection: inquiries.find_link(connection, token_hash(token)))
    if person is None:
        raise missed(desk, request)
    page = desk.addresses.page(person.id)
    response = RedirectResponse(page, status_code=303)
    response.set_cookie(
        _name(desk),
        token,
        max_age=_KEPT,
        path=page,
        secure=desk.addresses.secure,
        httponly=True,
        samesite="lax",
    )
    return response


async def visit(desk: Desk, request: Request) -> Visit:
    """Return who asks for a page of the participant in its address. Raises 404 or 429."""
    token, id = request.cookies.get(_name(desk), ""), str(request.path_params["id"])
    if not token:
        raise HTTPException(404)

    def query(connection: Connection) -> tuple[ParticipantRow, InquiryRow] | None:
        person = inquiries.find_link(connection, token_hash(token))
        return (person, inquiries.get(connection, person.inquiry)) if person and person.id == id else None

    found = await desk.world.store.read(query)
    if found is None:
        raise missed(desk, request)
    person, inquiry = found
    place = desk.world.settings.place(inquiry.marketplace)
    return Visit(token, person, inquiry, place, words_for(person.language, place.language))


async def party(desk: Desk, request: Request) -> Visit:
    """Return who asks, if he is a party to the conversation. Raises 404: to an observer it does not exist."""
    found = await visit(desk, request)
    if found.side == Side.OBSERVER:
        raise HTTPException(404)
    return found


def missed(desk: Desk, request: Request) -> HTTPException:
    """Count a link or key that leads nowhere; return the 404, or the 429 when it was one too many."""
    wait = desk.misses.note(request.client.host if request.client else "")
    return HTTPException(429, headers={"Retry-After": str(wait)}) if wait else HTTPException(404)


def _name(desk: Desk) -> str:
    return f"__Secure-{_COOKIE}" if desk.addresses.secure else _COOKIE

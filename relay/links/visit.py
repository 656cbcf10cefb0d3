"""Who is looking: a personal link is exchanged for a cookie, and the cookie is checked at every request.

The cookie holds the link's token, so opening a link writes nothing (R55) and a revoked link ends at once. It is
sent back to this participant's pages only.
"""

import hmac
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ...store import inquiries
from ...store.tables import ParticipantState, Side
from ...store.values import InquiryRow, ParticipantRow
from ..business_hours import Hours
from ..compose.i18n import Words, accepted, words_for
from ..personal_links import token_hash
from ..settings import Marketplace
from .desk import Desk
from .form import Choice, read_choice

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

    @property
    def hours(self) -> Hours:
        """The week in which the company answers."""
        return self.place.hours

    @property
    def has_left(self) -> bool:
        """He reads and writes nothing any more."""
        return self.person.state == ParticipantState.LEFT


async def open_link(desk: Desk, request: Request) -> Response:
    """Exchange the token in the address for a cookie and the clean address. Raises 404, 410, 429."""
    token = str(request.path_params["token"])
    person, _ = await _opened(desk, request, token)
    page = desk.addresses.page(person.id)
    return keep(desk, RedirectResponse(page, status_code=303), page, token)


def keep(desk: Desk, response: Response, page: str, token: str) -> Response:
    """Let the browser keep a token for the pages under the address `page`."""
    secure = desk.addresses.secure
    response.set_cookie(_name(desk), token, max_age=_KEPT, path=page, secure=secure, httponly=True, samesite="lax")
    return response


async def visit(desk: Desk, request: Request) -> Visit:
    """Return who asks for a page of the participant in its address. Raises 404, 410, 429."""
    token = request.cookies.get(_name(desk), "")
    if not token:
        raise HTTPException(404)
    person, inquiry = await _opened(desk, request, token)
    if person.id != str(request.path_params["id"]):
        raise missed(desk, request)
    place = desk.world.settings.place(inquiry.marketplace)
    return Visit(token, person, inquiry, place, _words(request, person, place))


async def _opened(desk: Desk, request: Request, token: str) -> tuple[ParticipantRow, InquiryRow]:
    """Return what a link opens. Raises 404 or 429 for one that is wrong or revoked, 410 for one that has expired."""

    def query(connection: Connection) -> tuple[ParticipantRow, InquiryRow] | None:
        person = inquiries.find_link(connection, token_hash(token))
        return (person, inquiries.get(connection, person.inquiry)) if person else None

    found = await desk.world.store.read(query)
    if found is None:
        raise missed(desk, request)
    closed = found[1].closed_at
    if closed is not None and desk.world.clock() - closed > desk.world.settings.links.expire:
        raise HTTPException(410)
    return found


def _words(request: Request, person: ParticipantRow, place: Marketplace) -> Words:
    zone = person.timezone or place.timezone
    return words_for(person.language, *browser_languages(request), place.language, zone=zone)


def browser_languages(request: Request) -> tuple[str, ...]:
    """Return what the browser asks for: the language of a page for somebody whose own is not known."""
    return accepted(request.headers.get("accept-language", ""))


async def member(desk: Desk, request: Request) -> Visit:
    """Return who asks, if he is or was a party to the conversation. Raises 404: to an observer it does not exist."""
    found = await visit(desk, request)
    if found.side == Side.OBSERVER:
        raise HTTPException(404)
    return found


async def party(desk: Desk, request: Request) -> Visit:
    """Return who asks, if he may read the conversation. Raises 404: to an observer and who left it does not exist."""
    found = await member(desk, request)
    if found.has_left:
        raise HTTPException(404)
    return found


def from_our_page(desk: Desk, request: Request) -> bool:
    """True unless the browser says that another site sent the form.

    Our pages ask for no Referer, and then browsers say "null" for their own origin too (Fetch standard, 3.2).
    """
    origin = request.headers.get("origin", "null")
    if origin != "null":
        return urlsplit(origin).netloc.lower() in {desk.addresses.host, request.headers.get("host", "").lower()}
    return request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")


def good_key(desk: Desk, found: Visit, key: str) -> bool:
    """Whether a form brings back what our page gave to this visitor (CSRF)."""
    return hmac.compare_digest(key.encode(), desk.world.links.form_key(found.session).encode())


async def choice_of(desk: Desk, request: Request, session: str) -> Choice:
    """Return what a form of one button says. Raises 403 where it is none of ours, made for this session."""
    if not from_our_page(desk, request):
        raise HTTPException(403)
    choice = await read_choice(request)
    if not hmac.compare_digest(choice.key.encode(), desk.world.links.form_key(session).encode()):
        raise HTTPException(403)
    return choice


def missed(desk: Desk, request: Request) -> HTTPException:
    """Count a link or key that leads nowhere; return the 404, or the 429 when it was one too many."""
    wait = desk.misses.note(request.client.host if request.client else "")
    return HTTPException(429, headers={"Retry-After": str(wait)}) if wait else HTTPException(404)


def _name(desk: Desk) -> str:
    return f"__Secure-{_COOKIE}" if desk.addresses.secure else _COOKIE

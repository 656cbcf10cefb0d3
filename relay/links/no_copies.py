"""The link in a writer's copy by which he gets no more of them: one button, or one click in a mail program.

Opening it changes nothing. A mail program that offers "unsubscribe" posts to it (RFC 8058 section 3.2): it has no
cookie and no form of ours, so the token in the address alone is the proof, and all it can do is end the copies.
"""

import hmac

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ...store import inquiries
from ...store.values import ParticipantRow
from ..actions.copies import set_copies
from ..compose.i18n import words_for
from .desk import Desk
from .form import read_choice
from .guard import request_id
from .render import render
from .visit import from_our_page, missed


async def ask(desk: Desk, request: Request) -> Response:
    """Say whether there are copies, with the button that changes it. Raises 404, 429."""
    person, token = await _open(desk, request)
    inquiry = await desk.world.store.read(lambda connection: inquiries.get(connection, person.inquiry))
    place = desk.world.settings.place(inquiry.marketplace)
    action = f"{desk.addresses.prefix}/n/{person.id}/{token}"
    words = words_for(person.language, place.language)
    page = render("no_copies.html", words, wanted=person.copies, action=action, place=place, look=desk.look)
    return HTMLResponse(page)


async def change(desk: Desk, request: Request) -> Response:
    """Switch the copies: `answer` on or off; the one click of a mail program ends them. Raises 404, 429.

    303 to the page for people, 200 for a mail program, which must not be sent elsewhere.
    """
    person, token = await _open(desk, request)
    choice = await read_choice(request)
    ours = from_our_page(desk, request) and choice.answer in ("on", "off")
    await set_copies(desk.world, person.seq, ours and choice.answer == "on", request_id(request))
    if ours:
        return RedirectResponse(f"{desk.addresses.prefix}/n/{person.id}/{token}", status_code=303)
    return Response(status_code=200)


async def _open(desk: Desk, request: Request) -> tuple[ParticipantRow, str]:
    id, token = str(request.path_params["id"]), str(request.path_params["token"])
    if not hmac.compare_digest(token.encode("utf-8", "replace"), desk.world.links.copies(id).encode()):
        raise missed(desk, request)
    person = await desk.world.store.read(lambda connection: inquiries.by_id(connection, id))
    if person is None:
        raise missed(desk, request)
    return person, token

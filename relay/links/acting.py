"""What can be done on the page besides writing: one POST for each, the same actions as by mail (R21, R29, R31).

303 to the page with a calm line, or the page again with the reason in red and what was typed still there.
"""

import hmac

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ..actions.act import By, Wish, act
from ..actions.close import Close
from ..actions.decline import Decline
from ..actions.deed import CannotAct
from ..actions.history import History
from ..actions.phone import Phone
from ..actions.reopen import Reopen
from ..actions.transfer import Transfer
from ..actions.undo import Undo
from ..compose.deed_words import cannot_line
from ..compose.reasons import reason_named
from ..mail.addresses import parse_address
from .desk import Desk
from .form import Ask, read_ask
from .guard import request_id
from .pages import FormView, show
from .visit import from_our_page, member


class Unclear(Exception):
    """A field of the form is missing or wrong; `word` is that of a CannotAct."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


async def do(desk: Desk, request: Request) -> Response:
    """Do what the form says. Raises 403 for a form that is none of ours, 404 for an unknown action."""
    found = await member(desk, request)
    if not from_our_page(desk, request):
        raise HTTPException(403)
    ask = await read_ask(request)
    if not hmac.compare_digest(ask.key.encode(), desk.world.links.form_key(found.session).encode()):
        raise HTTPException(403)
    try:
        wish = wish_from(str(request.path_params["action"]), ask)
        done = await act(desk.world, By(found.person.seq, "page", request_id(request)), wish)
    except (CannotAct, Unclear) as reason:
        trouble = cannot_line(found.words, reason.word)
        said = found.words.gettext("Nothing was done. %(why)s", why=trouble)
        return await show(desk, request, found, FormView(trouble=said, asked=ask), 409)
    page = desk.addresses.page(found.person.id)
    return RedirectResponse(f"{page}?said={done.word}", status_code=303)


def wish_from(action: str, ask: Ask) -> Wish:
    """Return what a form wants. Raises Unclear, and 404 where there is no such action."""
    match action:
        case "decline":
            reason = reason_named(ask.reason)
            if reason is None:
                raise Unclear("reason_missing")
            return Decline(reason, ask.text)
        case "transfer":
            address = parse_address(ask.address.strip())
            if address is None:
                raise Unclear("no_address")
            return Transfer(address, ask.name, ask.text)
        case "undo":
            return Undo(int(ask.event) if ask.event.isascii() and ask.event.isdigit() and len(ask.event) < 18 else None)
        case _:
            return _plain(action)


def _plain(action: str) -> Wish:
    """Return the wish of a form that has nothing but its button."""
    plain: dict[str, Wish] = {"phone": Phone(), "history": History(), "close": Close(), "reopen": Reopen()}
    if action not in plain:
        raise HTTPException(404)
    return plain[action]

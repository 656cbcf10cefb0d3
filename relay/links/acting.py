"""What can be done on the page besides writing: one POST for each, the same actions as by mail (R21, R29, R31).

303 to the page with a calm line, or the page again with the reason in red and what was typed still there.
"""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ..actions.act import By, Wish, act
from ..actions.close import Close
from ..actions.decline import Decline
from ..actions.deed import CannotAct
from ..actions.history import History
from ..actions.new_link import NewLink
from ..actions.phone import Phone
from ..actions.reopen import Reopen
from ..actions.transfer import Transfer
from ..actions.undo import Undo
from ..compose.deed_words import cannot_line
from ..compose.reasons import reason_named
from ..mail.addresses import parse_address
from ..renewal import has_new_link
from .desk import Desk
from .form import Ask, read_ask
from .guard import request_id
from .pages import FormView, show
from .seen import BESIDE_A_FORM, note_seen
from .visit import from_our_page, good_key, keep, member

# What is told in red at a field of the form, by its action: the words of CannotAct and Unclear.
_AT_FIELD = {
    "decline": ("reason_missing",),
    "transfer": ("no_address", "address_of_ours", "address_unusable", "to_oneself"),
}


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
    if not good_key(desk, found, ask.key):
        raise HTTPException(403)
    action = str(request.path_params["action"])
    await note_seen(desk, request, found, ask.seen, BESIDE_A_FORM)
    try:
        wish = wish_from(action, ask)
        done = await act(desk.world, By(found.person.seq, "page", request_id(request)), wish)
    except (CannotAct, Unclear) as reason:
        trouble = cannot_line(found.words, reason.word)
        said = found.words.gettext("Nothing was done. %(why)s", why=trouble)
        at = action if reason.word in _AT_FIELD.get(action, ()) else ""
        return await show(desk, request, found, FormView(trouble=said, action=at, asked=ask), 422 if at else 409)
    page = desk.addresses.page(found.person.id)
    answer = RedirectResponse(f"{page}?said={done.word}", status_code=303)
    renewed = await desk.world.store.read(lambda connection: has_new_link(connection, found.person))
    if renewed is not None:  # the one he came by is revoked: his browser goes on with the new one
        keep(desk, answer, page, desk.world.links.token(renewed.id, renewed.link))
    return answer


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
    plain: dict[str, Wish] = {
        "phone": Phone(),
        "history": History(),
        "new-link": NewLink(),
        "close": Close(),
        "reopen": Reopen(),
    }
    if action not in plain:
        raise HTTPException(404)
    return plain[action]

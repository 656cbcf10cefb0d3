"""The reader's own side: who takes part on it, taking somebody out, and leaving oneself."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ...store import inquiries
from ...store.tables import GONE
from ..actions.leave import CannotLeave, leave
from .colleagues import may_take_out
from .desk import Desk
from .pages import FormView, show
from .visit import choice_of, member


async def take_out(desk: Desk, request: Request) -> Response:
    """Take a newcomer or oneself out; a second press changes nothing.

    303 to the page, or 409 with why not. Raises 403, 404.
    """
    found = await member(desk, request)
    choice = await choice_of(desk, request, found.session)
    page = desk.addresses.page(found.person.id)
    if found.has_left:
        return RedirectResponse(page, status_code=303)
    people = await desk.world.store.read(lambda connection: inquiries.participants(connection, found.inquiry.seq))
    target = next((one for one in people if one.id == choice.participant and one.side == found.side), None)
    if target is None or not (target.state in GONE or may_take_out(target, found.person)):
        raise HTTPException(404)
    try:
        if target.state not in GONE:
            await leave(desk.world, target.seq, by=found.person.seq)
    except CannotLeave:
        trouble = found.words.gettext(
            "You cannot leave, because nobody else on your side takes part. Somebody must be there to answer."
        )
        return await show(desk, request, found, FormView(trouble=trouble), 409)
    himself = target.seq == found.person.seq
    return RedirectResponse(page if himself else f"{page}?said=out", status_code=303)

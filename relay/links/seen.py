"""What counts as read on the page (R43): a message that was on a visible screen, or under which a button was pressed.

Opening a page is a GET, which scanners and previews make too: it records nothing. A script on the page says, by a
POST that bears the form's key, which messages were on the screen for a while; a form says which ones it stood beside.
"""

import re
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ...store.tables import ParticipantState
from ..actions.read import read_on_page
from .desk import Desk
from .form import read_ask
from .guard import request_id
from .visit import Visit, from_our_page, good_key, party

_IDS = re.compile(r"[A-Za-z0-9]{1,40}")
ON_SCREEN: Mapping[str, str] = {"how": "screen"}
BESIDE_A_FORM: Mapping[str, str] = {"how": "form"}


async def seen(desk: Desk, request: Request) -> Response:
    """Record that messages were on the reader's screen. Answers 204. Raises 403, 404, 410."""
    found = await party(desk, request)
    if not from_our_page(desk, request):
        raise HTTPException(403)
    ask = await read_ask(request)
    if not good_key(desk, found, ask.key):
        raise HTTPException(403)
    await note_seen(desk, request, found, ask.seen, ON_SCREEN)
    return Response(status_code=204)


async def note_seen(desk: Desk, request: Request, found: Visit, ids: str, how: Mapping[str, str]) -> None:
    """Record which messages a person has seen; `ids` are those of a form, a blank between them."""
    wanted = _IDS.findall(ids)
    if wanted and found.person.state == ParticipantState.ACTIVE:
        await read_on_page(desk.world, found.person.seq, wanted, how, request_id(request))

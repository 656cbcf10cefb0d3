"""A reply from the page: checked, written as a mail, and handed to the same flow as every other mail (R15, R41).

Whatever is wrong is told in red at the box, and what was typed is still there. A second click on the same form is
known by its nonce and changes nothing.
"""

import asyncio
import hmac
import traceback
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from .. import flow
from ..arrival import Arrival, MaskHit, Peer
from ..compose.i18n import Words
from ..errors import CLOSED, EMPTY, NOT_ANY_MORE, Reply
from ..mail.masks import mask_address
from ..resolve import resolve
from .desk import Desk
from .form import MOST_FILES, ReplyForm, Trouble, read_form
from .guard import request_id
from .letter import envelope, write_reply
from .pages import FormView, show
from .visit import Visit, party

MOST_CHARACTERS = 100_000  # of a typed reply
_STATUS: dict[Trouble, int] = {"too_big": 413, "too_many": 413, "too_slow": 408, "unreadable": 400}


async def reply(desk: Desk, request: Request) -> Response:
    """Take a reply in. Answers 303 to the page, or the page again with what was wrong. Raises 403, 404."""
    found = await party(desk, request)
    if not _from_our_page(desk, request):
        raise HTTPException(403)
    form = await read_form(request, desk.world.settings.links.max_upload_bytes)
    status, error = _check(desk, found, form)
    if not error:
        status, error = await _send(desk, request, found, form)
    if not error:
        return RedirectResponse(f"{desk.addresses.page(found.person.id)}?sent=1", status_code=303)
    if form.had_files:
        error += " " + found.words.gettext("Please choose your files again.")
    return await show(desk, request, found, FormView(form.text, error, form.nonce), status)


def _from_our_page(desk: Desk, request: Request) -> bool:
    """True unless the browser says that another site sent the form.

    Our pages ask for no Referer, and then browsers say "null" for their own origin too (Fetch standard, 3.2).
    """
    origin = request.headers.get("origin", "null")
    if origin != "null":
        return urlsplit(origin).netloc.lower() in {desk.addresses.host, request.headers.get("host", "").lower()}
    return request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")


def _check(desk: Desk, found: Visit, form: ReplyForm) -> tuple[int, str]:
    """Return status and words for what is wrong with a form, "" for nothing."""
    say = found.words.gettext
    if form.trouble:
        return _STATUS[form.trouble], _troubled(desk, found.words, form.trouble)
    if not hmac.compare_digest(form.key.encode(), desk.world.links.form_key(found.session).encode()):
        return 403, say("Nothing was sent, because this page was open for too long. Please send it once more.")
    if found.person.state != "active":
        return 409, _refused(found.words, NOT_ANY_MORE)
    if not form.text.strip() and not form.files:
        return 422, say("Nothing was sent, because your reply is empty. Please write something or choose a file.")
    if len(form.text) > MOST_CHARACTERS:
        return 413, say("Nothing was sent, because your text is too long. Please send it as a file.")
    return 200, ""


def _troubled(desk: Desk, words: Words, trouble: Trouble) -> str:
    say = words.gettext
    match trouble:
        case "too_big":
            most = words.size(desk.world.settings.links.max_upload_bytes)
            return say("Nothing was sent, because your files are larger than %(most)s in all.", most=most)
        case "too_many":
            return say("Nothing was sent, because there are more than %(most)s files.", most=str(MOST_FILES))
        case "too_slow":
            return say("Nothing was sent, because the files took too long to come in.")
        case _:
            return say("Nothing was sent, because the form could not be read. Please send it once more.")


async def _send(desk: Desk, request: Request, found: Visit, form: ReplyForm) -> tuple[int, str]:
    """Hand the reply to the flow; status and words where it was not taken. Our own faults are logged."""
    id = request_id(request)
    try:
        answer = await _receive(desk, id, found, form)
    except Exception:  # noqa: BLE001 (logged with a reference; what was typed must not be lost in an error page)
        desk.world.journal.fault(id=id, reference=id, where="reply", cause=traceback.format_exc())
        say = found.words.gettext
        error = say("Nothing was sent, because of a fault of ours. Please try again in a minute.")
        return 503, f"{error} {say('Reference: %(reference)s', reference=id)}"
    return (200, "") if answer.code == 250 else (409, _refused(found.words, answer))


async def _receive(desk: Desk, id: str, found: Visit, form: ReplyForm) -> Reply:
    world = desk.world
    to = await world.store.read(lambda connection: envelope(connection, found))
    domain = found.place.reply_domain
    hit = await resolve(world, f"{to.word}-{to.token}", domain)
    if not isinstance(hit, MaskHit):
        return hit if isinstance(hit, Reply) else CLOSED
    at = world.clock()
    data = await asyncio.to_thread(write_reply, found, to, form, at)
    peer = Peer("")
    world.journal.received(
        id=id,
        peer=peer,
        mail_from=found.person.email,
        to=mask_address(to.word, to.token, domain),
        size=len(data),
        message_id=f"page.{form.nonce}@{domain}",
    )
    arrival = Arrival(id, at, peer, found.person.email, (hit,), data, channel="page", author=found.person.seq)
    return await flow.receive(world, arrival)


def _refused(words: Words, answer: Reply) -> str:
    """Return a refusal of the flow in words for the page."""
    say = words.gettext
    match answer.reason:
        case CLOSED.reason:
            return say("Nothing was sent, because this conversation is closed.")
        case NOT_ANY_MORE.reason:
            return say("Nothing was sent, because you no longer take part in this conversation.")
        case EMPTY.reason:
            return say("Nothing was sent, because your reply is empty. Please write something or choose a file.")
        case _:
            return say("Nothing was sent, because your reply could not be passed on. Please write it in other words.")

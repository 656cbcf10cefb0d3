"""A reply from the page: checked, written as a mail, and handed to the same flow as every other mail (R15, R41).

Whatever is wrong is told in red at the box, and what was typed is still there. A second click on the same form is
known by its nonce and changes nothing.
"""

import asyncio
import traceback
from dataclasses import replace

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from .. import flow
from ..arrival import Arrival, MaskHit, Peer
from ..compose.i18n import Words
from ..errors import CLOSED, EMPTY, NOT_ANY_MORE, Reply
from ..mail.addresses import Address
from ..mail.masks import mask_address
from ..mail.write import Mailbox
from ..resolve import resolve
from .apologies import apologise
from .desk import Desk
from .form import MOST_FILES, ReplyForm, Trouble, read_form
from .guard import request_id
from .letter import envelope, good_nonce, reply_id, write_reply
from .pages import FormView, show
from .seen import BESIDE_A_FORM, note_seen
from .sender import Wrong, check_sender, may_ask, other_writer
from .visit import Visit, from_our_page, good_key, member

MOST_CHARACTERS = 100_000  # of a typed reply
_MOST_LOST = 400_000  # bytes of a form behind a link that opens nothing: its text, to be copied
_STATUS: dict[Trouble, int] = {"too_big": 413, "too_many": 413, "too_slow": 408, "unreadable": 400}


async def reply(desk: Desk, request: Request) -> Response:
    """Take a reply in. Answers 303 to the page, or the page again with what was wrong. Raises 403, 404."""
    try:
        found = await member(desk, request)
    except HTTPException as closed:  # the link was revoked or has expired while somebody wrote
        typed = (await read_form(request, _MOST_LOST, drained=0)).text
        return apologise(desk, request, closed.status_code, headers=dict(closed.headers or {}), typed=typed)
    if not from_our_page(desk, request):
        raise HTTPException(403)
    form = await read_form(request, desk.world.settings.links.max_upload_bytes)
    form = replace(form, nonce=good_nonce(form.nonce))
    other = other_writer(found, form)
    if good_key(desk, found, form.key):
        await note_seen(desk, request, found, form.seen, BESIDE_A_FORM)
    wrong = check_form(desk, found, form) or check_sender(desk, found, form)
    if wrong is None and other is not None:
        wrong = await _send_as_other(desk, request, found, form, other)
    elif wrong is None:
        wrong = await send_own(desk, request, found, form)
    if wrong is None:
        done = f"sent={form.nonce}" if other is None else f"asked={form.nonce}"
        return RedirectResponse(f"{desk.addresses.page(found.person.id)}?{done}", status_code=303)
    error = wrong.words
    if form.had_files:
        error += " " + found.words.gettext("Please choose your files again.")
    view = FormView(form.text, error, form.nonce, sender=form.sender, wrong=wrong.field)
    return await show(desk, request, found, view, wrong.status)


async def send_own(desk: Desk, request: Request, found: Visit, form: ReplyForm) -> Wrong | None:
    """Send a checked form as a message of the link's own participant; what is wrong where it was not taken."""
    return await _send(desk, request, found, form, Mailbox(found.person.name, found.person.email), found.person.seq)


async def _send_as_other(desk: Desk, request: Request, found: Visit, form: ReplyForm, other: Address) -> Wrong | None:
    """Hand a reply in the name of another address to the flow, which asks there; nothing is sent before the answer."""
    async with desk.asking:
        wrong = await may_ask(desk, found, form, other)
        return wrong or await _send(desk, request, found, form, Mailbox("", other.text), None)


def check_form(desk: Desk, found: Visit, form: ReplyForm) -> Wrong | None:
    """Return what is wrong with a form, but for its sender field."""
    say = found.words.gettext
    if form.trouble:
        return Wrong(_STATUS[form.trouble], _troubled(desk, found.words, form.trouble))
    if not good_key(desk, found, form.key):
        return Wrong(403, say("Nothing was sent, because this page was open for too long. Please send it once more."))
    if found.person.state != "active":
        return Wrong(409, refused_line(found.words, NOT_ANY_MORE))
    if not form.text.strip() and not form.files:
        return Wrong(
            422, say("Nothing was sent, because your reply is empty. Please write something or choose a file.")
        )
    if len(form.text) > MOST_CHARACTERS:
        return Wrong(413, say("Nothing was sent, because your text is too long. Please send it as a file."))
    return None


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


async def _send(
    desk: Desk, request: Request, found: Visit, form: ReplyForm, writer: Mailbox, author: int | None
) -> Wrong | None:
    """Hand the reply to the flow; what is wrong where it was not taken. Our own faults are logged."""
    id, say = request_id(request), found.words.gettext
    try:
        answer = await hand_in(desk, id, found, form, writer, author)
    except Exception:  # noqa: BLE001 (logged with a reference; what was typed must not be lost in an error page)
        desk.world.journal.fault(id=id, reference=id, where="reply", cause=traceback.format_exc())
        error = say("Nothing was sent, because of a fault of ours. Please try again in a minute.")
        return Wrong(503, f"{error} {say('Reference: %(reference)s', reference=id)}")
    return None if answer.code == 250 else Wrong(409, refused_line(found.words, answer))


async def hand_in(desk: Desk, id: str, found: Visit, form: ReplyForm, writer: Mailbox, author: int | None) -> Reply:
    """Hand a typed message to the flow as the mail it becomes, and return its answer."""
    world = desk.world
    to = await world.store.read(lambda connection: envelope(connection, found))
    domain = found.place.reply_domain
    hit = await resolve(world, f"{to.word}-{to.token}", domain)
    if not isinstance(hit, MaskHit):
        return hit if isinstance(hit, Reply) else CLOSED
    at = world.clock()
    data = await asyncio.to_thread(write_reply, found, writer, to, form, at)
    peer = Peer("")
    world.journal.received(
        id=id,
        peer=peer,
        mail_from=writer.address,
        to=mask_address(to.word, to.token, domain),
        size=len(data),
        message_id=reply_id(form.nonce, found.place),
    )
    arrival = Arrival(id, at, peer, writer.address, (hit,), data, channel="page", author=author)
    return await flow.receive(world, arrival)


def refused_line(words: Words, answer: Reply) -> str:
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

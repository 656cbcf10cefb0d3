"""*Other document* on the page: checked, and then sent like every message (R22). What is refused says why, in red."""

from dataclasses import replace

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ..actions.document import NoDocument, may_send
from ..compose.deed_words import document_line
from .desk import Desk
from .form import Ask, ReplyForm, read_form
from .letter import good_nonce
from .pages import FormView, show
from .reply import check_form, send_own
from .seen import BESIDE_A_FORM, note_seen
from .sender import Wrong
from .visit import Visit, from_our_page, good_key, member


async def send_documents(desk: Desk, request: Request) -> Response:
    """Send the files of a form as documents: 303 to the page, or the page again with what was wrong.

    The form is that of a reply: key, nonce, text, files. Raises 403, 404.
    """
    found = await member(desk, request)
    if not from_our_page(desk, request):
        raise HTTPException(403)
    form = await read_form(request, desk.world.settings.links.max_upload_bytes)
    form = replace(form, nonce=good_nonce(form.nonce), sender=None)
    if good_key(desk, found, form.key):
        await note_seen(desk, request, found, form.seen, BESIDE_A_FORM)
    wrong = check_form(desk, found, form) if form.trouble or form.files else None
    wrong = wrong or await _no_documents(desk, found, form) or await send_own(desk, request, found, form)
    if wrong is None:
        return RedirectResponse(f"{desk.addresses.page(found.person.id)}?sent={form.nonce}", status_code=303)
    view = FormView(trouble=wrong.words, action="document", asked=Ask(text=form.text), nonce=form.nonce)
    return await show(desk, request, found, view, wrong.status)


async def _no_documents(desk: Desk, found: Visit, form: ReplyForm) -> Wrong | None:
    """Return why the files of a form may not be sent as documents."""
    try:
        await may_send(desk.world, form.files)
    except NoDocument as reason:
        why = document_line(found.words, reason.word, reason.about)
        return Wrong(422, found.words.gettext("Nothing was sent. %(why)s", why=why))
    return None

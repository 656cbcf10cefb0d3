"""The link in a mail to an address that was typed on the page: what would be sent in its name, and one button.

The token in the address is the proof: it went to that mailbox alone. Opening it changes nothing; the button does.
"""

import hmac
from contextlib import suppress
from dataclasses import dataclass

from markupsafe import Markup
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ...store import inquiries, messages
from ...store.tables import MessageState
from ...store.values import MessageRow
from ..actions.hold import NotHeld
from ..actions.prove import prove
from ..compose.i18n import Words, words_for
from ..mail.html import from_text
from ..mail.names import visible
from ..settings import Marketplace
from .desk import Desk
from .render import render
from .visit import browser_languages, choice_of, missed

_LONG, _SUBJECT = 20_000, 300  # characters shown


@dataclass(frozen=True, slots=True)
class Waits:
    """What would be sent."""

    address: str
    subject: str
    text: Markup
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Opened:
    """A link that is good."""

    message: MessageRow
    files: tuple[str, ...]
    place: Marketplace
    token: str


async def ask(desk: Desk, request: Request) -> Response:
    """Show what would be sent, or what became of it. Raises 404, 429."""
    found = await _open(desk, request)
    words = words_for(*browser_languages(request), found.place.language, zone=found.place.timezone)
    title, text = _told(found.message, words)
    page = render(
        "proof.html",
        words,
        title=title,
        text=text,
        waits=_waits(found) if _is_asked(found.message) else None,
        action=f"{desk.addresses.prefix}/p/{found.message.id}/{found.token}",
        key=desk.world.links.form_key(found.token),
        place=found.place,
        look=desk.look,
    )
    return HTMLResponse(page)


async def send(desk: Desk, request: Request) -> Response:
    """Take the address as proved; a second press changes nothing. 303 to what became of it. Raises 403, 404, 429."""
    found = await _open(desk, request)
    await choice_of(desk, request, found.token)
    with suppress(NotHeld):  # pressed before: the page tells what became of it
        await prove(desk.world, found.message.id)
    return RedirectResponse(f"{desk.addresses.prefix}/p/{found.message.id}/{found.token}", status_code=303)


async def _open(desk: Desk, request: Request) -> _Opened:
    id, token = str(request.path_params["message"]), str(request.path_params["token"])
    if not hmac.compare_digest(token.encode("utf-8", "replace"), desk.world.links.proof(id).encode()):
        raise missed(desk, request)

    def query(connection: Connection) -> _Opened | None:
        message = messages.find(connection, id)
        if message is None:
            return None
        files = tuple(visible(file.name) for file in messages.attachments(connection, [message.seq]))
        inquiry = inquiries.get(connection, message.inquiry)
        return _Opened(message, files, desk.world.settings.place(inquiry.marketplace), token)

    found = await desk.world.store.read(query)
    if found is None or found.message.id != id:
        raise missed(desk, request)
    return found


def _is_asked(message: MessageRow) -> bool:
    return message.state == MessageState.HELD and message.why_held == "address to prove"


def _waits(found: _Opened) -> Waits:
    message = found.message
    text = Markup(from_text(message.text[:_LONG]))  # noqa: S704 (escaped by from_text)
    return Waits(message.from_email, visible(message.subject[:_SUBJECT]), text, found.files)


def _told(message: MessageRow, words: Words) -> tuple[str, str]:
    """Return the title of the page and what it says."""
    say, address = words.gettext, message.from_email
    if _is_asked(message):
        asks = say(
            "This message was written in the name of %(address)s. It is sent when you press the button.",
            address=address,
        )
        return say("Is this your message?"), asks
    match message.state:
        case MessageState.HELD:
            kept = say("It waits for a yes by somebody who takes part on your side. You need not send it again.")
            return say("Your address is confirmed, and your message is kept"), kept
        case MessageState.REFUSED:
            return say("Your message was not passed on"), say("It was sent to nobody on the other side.")
        case _:
            return say("Your message was sent"), say("It stands in the conversation now. You can close this page.")

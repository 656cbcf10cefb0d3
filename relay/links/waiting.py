"""Mail that waits for the reader's yes: shown on top of his page, decided by a button (a POST), once.

He sees what his own side's mails hold: name and address as From gives them, the beginning of the text with nothing
to click, and in plain words what was proved. The other side and observers see none of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from markupsafe import Markup
from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ...store import links, messages
from ...store.values import AttachmentRow, MessageRow, ParticipantRow
from ..actions.hold import NotHeld, refuse, release
from ..clock import iso
from ..compose.i18n import Words
from ..compose.letters import Asked, WaitsWord
from ..compose.sender_notices import checked, needs_its_own_yes, question, quoted, unlinked, who
from ..mail.addresses import clean_name
from ..mail.names import visible
from .desk import Desk
from .visit import choice_of, member

_SUBJECT = 300


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for somebody's yes, oldest first, and its files."""

    messages: tuple[MessageRow, ...]
    files: tuple[AttachmentRow, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """One button."""

    word: str  # always | once | no
    label: str


@dataclass(frozen=True, slots=True)
class HeldView:
    """One mail that waits."""

    id: str
    question: str
    who: str
    at: str
    moment: str
    subject: str
    checked: str
    beginning: Markup
    files: tuple[str, ...]
    answers: tuple[Answer, ...]


def waiting_for(connection: Connection, inquiry: int, reader: ParticipantRow) -> Waiting:
    """Read what `reader` may decide."""
    rows = tuple(row for row in links.held_of(connection, inquiry, reader.side) if _may_decide(row, reader))
    return Waiting(rows, messages.attachments(connection, [row.seq for row in rows]) if rows else ())


def _may_decide(message: MessageRow, reader: ParticipantRow) -> bool:
    """Whether a mail that is or was held is for this reader to decide."""
    ours = (message.inquiry, message.side) == (reader.inquiry, reader.side) and reader.state == "active"
    asked = bool(message.why_held) and message.why_held not in ("address to prove", "unreadable")
    return ours and asked and message.ask in (None, reader.seq)


def held_views(waiting: Waiting, words: Words) -> tuple[HeldView, ...]:
    """Return what waits, for the template."""
    return tuple(
        _view(row, [file for file in waiting.files if file.message == row.seq], words) for row in waiting.messages
    )


def _view(message: MessageRow, files: Sequence[AttachmentRow], words: Words) -> HeldView:
    asked = _asked(message)
    return HeldView(
        id=message.id,
        question=question(words, asked),
        who=who(asked.name, asked.address),
        at=iso(message.dated),
        moment=words.moment(message.dated),
        subject=unlinked(visible(message.subject[:_SUBJECT])),
        checked=_checked(message, asked, words),
        beginning=quoted(message.text).html,
        files=tuple(visible(file.name) or words.gettext("a file") for file in files),
        answers=_answers(message, words),
    )


def _asked(message: MessageRow) -> Asked:
    word = "is_he_with_you" if message.ask is None else "was_it_you"
    why: WaitsWord = next((one for one in get_args(WaitsWord) if one == message.why_held), "unknown sender")
    return Asked(word, message.from_email, clean_name(message.from_name), message.may_tell, why)


def _checked(message: MessageRow, asked: Asked, words: Words) -> str:
    if message.channel == "page":
        return words.gettext("It was written on this page, and its writer opened the link in a mail to this address.")
    return checked(words, asked)


def _answers(message: MessageRow, words: Words) -> tuple[Answer, ...]:
    """Return the buttons: a yes for what may be forged is about that mail alone."""
    say = words.gettext
    no = Answer("no", say("No"))
    if needs_its_own_yes(message.why_held):
        yes = say("Yes, it was me") if message.ask is not None else say("Yes, only this time")
        return Answer("once", yes), no
    return Answer("always", say("Yes, always")), Answer("once", say("Yes, only this time")), no


async def decide(desk: Desk, request: Request) -> Response:
    """Say yes or no to a held mail; 303 to the page, which tells what became of it. Raises 403, 404."""
    found = await member(desk, request)
    choice = await choice_of(desk, request, found.session)
    id = str(request.path_params["message"])
    message = await desk.world.store.read(lambda connection: messages.find(connection, id))
    if message is None or message.id != id or not _may_decide(message, found.person):
        raise HTTPException(404)
    try:
        said = await _decide(desk, message, choice.answer, found.person)
    except NotHeld:
        said = "decided"
    return RedirectResponse(f"{desk.addresses.page(found.person.id)}?said={said}", status_code=303)


async def _decide(desk: Desk, message: MessageRow, answer: str, by: ParticipantRow) -> str:
    """Return what the page is to say. Raises NotHeld, and 404 for an answer that no button gives."""
    match answer:
        case "no":
            await refuse(desk.world, message.id, by.email)
            return "refused"
        case "always" | "once":
            scope = "once" if needs_its_own_yes(message.why_held) else answer
            await release(desk.world, message.id, by.email, scope)
            return "released"
        case _:
            raise HTTPException(404)


def said_line(word: str, words: Words) -> str:
    """Return the line that the page shows after a button was pressed, "" for none."""
    say = words.gettext
    match word:
        case "released":
            return say("Thank you. The mail is passed on.")
        case "refused":
            return say("Thank you. The mail is kept, and it is passed on to nobody.")
        case "decided":
            return say("This mail was decided before; nothing has changed.")
        case "out":
            return say("This person no longer takes part, and gets no more mails.")
        case _:
            return ""

"""A reply typed on the page as the real mail it becomes: it enters the flow like one that came by SMTP."""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from ...store import inquiries, links
from ...store.tables import Side
from ..mail.masks import mask_address, message_id, new_token
from ..mail.write import Letter, Mailbox, write
from ..settings import Marketplace
from .form import ReplyForm
from .visit import Visit

_NONCE = re.compile(r"[a-z0-9]{16}")
_REPLY = re.compile(r"\s*re\s*:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Envelope:
    """Whom a reply goes to, and the newest message its writer knows of, by the id he knows it under ("" for none)."""

    word: str  # the side that is written to
    token: str
    answers: str


def new_nonce() -> str:
    """Return what makes one form one message, however often it is sent."""
    return new_token()


def envelope(connection: Connection, visit: Visit) -> Envelope:
    """Read whom a reply goes to."""
    other = Side(visit.side).other
    token = links.newest_known_as(connection, visit.person.seq)
    answers = message_id(token, visit.place.reply_domain) if token else ""
    return Envelope(other, inquiries.masks_of(connection, visit.inquiry.seq)[other], answers)


def good_nonce(nonce: str) -> str:
    """Return the nonce of a form, or a new one where it is none of ours."""
    return nonce if _NONCE.fullmatch(nonce) else new_nonce()


def reply_id(nonce: str, place: Marketplace) -> str:
    """Return the Message-ID, without angle brackets, of what a form with this nonce sends."""
    return f"page.{nonce}@{place.reply_domain}"


def write_reply(visit: Visit, sender: Mailbox, to: Envelope, form: ReplyForm, at: datetime) -> bytes:
    """Return the mail. The same form gives the same Message-ID, so a second click is a duplicate."""
    domain, subject = visit.place.reply_domain, visit.inquiry.subject
    return write(
        Letter(
            from_=sender,
            to=(Mailbox("", mask_address(to.word, to.token, domain)),),
            subject=subject if _REPLY.match(subject) else f"Re: {subject}",
            date=at,
            message_id=reply_id(form.nonce, visit.place),
            text=form.text.strip("\n") + "\n" if form.text.strip() else "",
            in_reply_to=to.answers,
            references=(to.answers,) if to.answers else (),
            files=form.files,
            language=visit.person.language,
        )
    )

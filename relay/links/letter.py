"""A reply typed on the page as the real mail it becomes: it enters the flow like one that came by SMTP."""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from ...store import inquiries, links
from ...store.tables import Side
from ..mail.masks import mask_address, message_id, new_token
from ..mail.write import Letter, Mailbox, write
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


def write_reply(visit: Visit, to: Envelope, form: ReplyForm, at: datetime) -> bytes:
    """Return the mail. The same form gives the same Message-ID, so a second click is a duplicate."""
    domain, subject = visit.place.reply_domain, visit.inquiry.subject
    nonce = form.nonce if _NONCE.fullmatch(form.nonce) else new_nonce()
    return write(
        Letter(
            from_=Mailbox(visit.person.name, visit.person.email),
            to=(Mailbox("", mask_address(to.word, to.token, domain)),),
            subject=subject if _REPLY.match(subject) else f"Re: {subject}",
            date=at,
            message_id=f"page.{nonce}@{domain}",
            text=form.text.strip("\n") + "\n" if form.text.strip() else "",
            in_reply_to=to.answers,
            references=(to.answers,) if to.answers else (),
            files=form.files,
            language=visit.person.language,
        )
    )

"""Gives a participant a new personal link; every older one of his opens nothing from then on."""

from datetime import datetime

from sqlalchemy import Connection

from ..store import inquiries, links
from ..store.values import ParticipantRow
from .personal_links import LinkMaker, token_hash
from .record import add_event


def renew_link(connection: Connection, maker: LinkMaker, person: ParticipantRow, at: datetime, by: str) -> int:
    """Renew the link of `person` and return the event; `by` says what it is known by, in a word of ours.

    Mails carry the newest link: one that was queued before and goes out later has it too.
    """
    digest = token_hash(maker.token(person.id, person.link + 1))
    links.renew(connection, person.seq, digest, at)
    return add_event(connection, person.inquiry, at, "link.rotated", person.seq, proof={"by": by})


def has_new_link(connection: Connection, person: ParticipantRow) -> ParticipantRow | None:
    """Return `person` as he is now, if his link was renewed since he was read; None where it was not."""
    now = inquiries.participant(connection, person.seq)
    return now if now.link != person.link else None

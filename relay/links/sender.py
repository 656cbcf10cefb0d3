"""The sender field of the reply box (R15): the link's participant, or another address that its owner must prove.

A personal link proves its participant. Another address is asked by a mail with a link before anything is sent in its
name, and only so many are asked that nobody can use us to mail strangers.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from ...store import links, outbox
from ..mail.addresses import Address, parse_address
from .desk import Desk
from .form import ReplyForm
from .letter import reply_id
from .visit import Visit

MOST_ASKED = 5  # addresses of one inquiry that are asked within an hour
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Wrong:
    """What keeps a reply from being sent, told in red at its field."""

    status: int
    words: str
    field: str = "text"  # text | sender


def check_sender(desk: Desk, found: Visit, form: ReplyForm) -> Wrong | None:
    """Return what is wrong with the sender field."""
    say, typed = found.words.gettext, _typed(form)
    if typed is None:
        return None
    if not typed:
        return Wrong(422, say("Nothing was sent, because your mail address is missing. Please type it."), "sender")
    address = parse_address(typed)
    ours = {place.reply_domain for place in desk.world.settings.marketplace}
    if address is None or address.domain in ours:
        return Wrong(
            422, say("Nothing was sent, because this is not a mail address of yours. Please correct it."), "sender"
        )
    return None


def other_writer(found: Visit, form: ReplyForm) -> Address | None:
    """Return the address to be asked, None where the link's own participant writes."""
    address = parse_address(_typed(form) or "")
    return address if address is not None and address.key != found.person.email_key else None


async def may_ask(desk: Desk, found: Visit, form: ReplyForm, address: Address) -> Wrong | None:
    """Return what is wrong where too many addresses were asked lately.

    The same form sent once more asks nobody again.
    """
    since = desk.world.clock() - _HOUR
    inquiry, id = found.inquiry.seq, reply_id(form.nonce, found.place)

    def query(connection: Connection) -> int:
        before = links.typed_as(connection, inquiry, found.side, id)
        if before is not None and before.from_email == address.text:
            return 0
        sent = outbox.of_inquiry(connection, inquiry)
        return sum(one.kind == "prove" and one.created_at > since for one in sent)

    if await desk.world.store.read(query) < MOST_ASKED:
        return None
    words = found.words.gettext(
        "Nothing was sent, because too many other mail addresses were given here within an hour. "
        "Please use your own address, or wait a little."
    )
    return Wrong(429, words, "sender")


def _typed(form: ReplyForm) -> str | None:
    return form.sender.strip() if form.sender is not None else None

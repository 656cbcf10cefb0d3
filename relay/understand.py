"""Reads a mail once, for everything that follows: what it is, who it says it is from, what is new in it.

CPU work only. Small mails are read at once, larger ones in a thread, large and odd ones in a process that can be
stopped (reading.py), so that the event loop goes on with the others.
"""

import asyncio
import hashlib
from dataclasses import dataclass, replace

from ..threading.kinds import Kind, classify_mail
from ..threading.reply import Outline, Split, Writer, outline, split_outline
from .arrival import Arrival
from .mail import Mail, read
from .mail.addresses import FromReading, read_from
from .mail.headers import BLOCK_BYTES, decoded, split

_FIELD, _FIELDS = 2000, 100  # octets of a field, and fields, where only the header is read
_SPLIT_AGAIN = 32_768  # characters of a body that may be split once more in a transaction
_INLINE = 32_768  # bytes that are read at once in the event loop: about a millisecond


@dataclass(frozen=True, slots=True)
class Understood:
    """A mail with all that was read from it."""

    mail: Mail
    kind: Kind
    writer: FromReading
    split: Split
    message_id: str  # without angle brackets, "" where there is none
    dedupe: str  # equal for the same mail coming twice
    outline: Outline | None = None  # from which to split it again; None for what is large or typed on the page


async def understand(arrival: Arrival) -> Understood:
    """Read an ordinary arrival. Never raises because of what the mail holds."""
    if arrival.size <= _INLINE:
        return understand_now(arrival)
    return await asyncio.to_thread(understand_now, arrival)


def understand_now(arrival: Arrival) -> Understood:
    """Read an arrival here and now."""
    return _understood(arrival, read(arrival.data))


def understand_file(arrival: Arrival) -> Understood:
    """Read a large arrival; the bytes of its large files stay where they are."""
    understood = understand_now(arrival)
    light = understood.mail.light()
    known = replace(understood.outline, mail=light) if understood.outline else None
    return replace(understood, mail=light, outline=known)


def header_only(arrival: Arrival) -> Understood:
    """Read no more than the header of a mail whose body cannot be read; its defect is "unreadable"."""
    beginning = arrival.beginning
    block = split(beginning, 0, min(len(beginning), BLOCK_BYTES), whole_mail=True)
    fields = tuple((name, value[:_FIELD]) for name, value in block.fields[:_FIELDS])
    shown = tuple((name, decoded(value)) for name, value in fields)
    return _understood(arrival, Mail(shown, "", raw_headers=fields, defects=("unreadable", *block.defects)))


def _understood(arrival: Arrival, mail: Mail) -> Understood:
    typed = arrival.channel == "page"  # in our own form: all of it is new, and a person's
    writer = read_from([value for name, value in mail.raw_headers if name.lower() == "from"])
    known = None if typed else outline(mail)
    message_id = _message_id(mail)
    return Understood(
        mail,
        classify_mail(mail, arrival.mail_from) if known else Kind("human", ("page",)),
        writer,
        split_outline(known, Writer(writer.name)) if known else Split.whole(mail.text),
        message_id,
        _dedupe(mail, message_id),
        known if len(mail.text) <= _SPLIT_AGAIN else None,
    )


def _message_id(mail: Mail) -> str:
    value = mail.first("Message-ID").strip()
    # 998 octets, the longest line (RFC 5322 2.1.1); PostgreSQL's index takes no more than 2,700.
    return value[1:-1] if value.startswith("<") and value.endswith(">") and len(value.encode()) <= 998 else ""


def _dedupe(mail: Mail, message_id: str) -> str:
    """Hash what stays the same when one mail comes by two ways: its id, its words, its files.

    The id alone is not enough: some programs send different mails under one id, and none may be lost.
    """
    digest = hashlib.sha256()
    for text in (message_id or mail.first("Date"), mail.first("From"), " ".join(mail.text.split())):
        digest.update(text.encode() + b"\0")
    for attachment in mail.attachments:
        digest.update(bytes.fromhex(attachment.hash))
    return digest.hexdigest()

"""The rows that a mail becomes: raw mail, message, files."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from sqlalchemy import Connection

from ..store import blobs
from ..store.blobs import StoredBlob
from ..store.inquiries import Parties
from ..store.lineage import message_key
from ..store.rows import add_all, added
from ..store.tables import MessageState
from ..store.values import AttachmentRow, InquiryRow, MessageRow
from ..threading.mdn import asks_for_receipt
from .arrival import Arrival
from .clock import new_id
from .identify import Held
from .mail.dates import zone_of
from .mail.model import Attachment as File
from .parents import Parent
from .understand import Understood
from .world import Evidence

_CLOCK_SKEW = timedelta(hours=24)  # a Date further in the future is not believed
_THREAD_INDEX = 1000  # characters: of some 140 answers


@dataclass(frozen=True, slots=True)
class Placed:
    """A mail that was understood, at the inquiry and the place in it where it belongs."""

    arrival: Arrival
    understood: Understood
    parties: Parties  # as they were when it was placed
    side: str  # the side that wrote
    parent: Parent
    evidence: Evidence

    @property
    def inquiry(self) -> InquiryRow:
        """The inquiry."""
        return self.parties.inquiry


def add_message(
    connection: Connection,
    placed: Placed,
    raw: StoredBlob,
    state: MessageState,
    author: int | None,
    held: Held | None = None,
) -> MessageRow:
    """Write the rows of a mail: raw, message, attachments. The event that it came in is the caller's to write."""
    arrival, understood = placed.arrival, placed.understood
    mail, split = understood.mail, understood.split
    blobs.record(connection, [raw])
    told = mail.first("Date")
    row = MessageRow(
        seq=0,
        id=new_id(arrival.at),
        mail=arrival.id,
        inquiry=placed.inquiry.seq,
        author=author,
        side=placed.side,
        channel=arrival.channel,
        state=state,
        at=arrival.at,
        dated=dated(told, arrival.at),
        zone=zone_of(told),
        mail_from=arrival.mail_from,
        from_email=sender(understood),
        from_name=understood.writer.name,
        subject=mail.first("Subject"),
        message_id=understood.message_id,
        message_key=message_key(understood.message_id),
        thread_index=mail.first("Thread-Index")[:_THREAD_INDEX],
        parent=placed.parent.message,
        parent_by=placed.parent.by,
        dedupe=understood.dedupe,
        text=split.text,
        html=split.html,
        quoted=split.quoted,
        signature=split.signature,
        disclaimer=split.disclaimer,
        seal=mail.seal,
        disguised="disguise" in mail.defects,
        wants_receipt=asks_for_receipt(mail),
        split_by=split.decided_by,
        raw=raw.hash,
        size=raw.size,
        authentication=placed.evidence.header,
        may_tell=placed.evidence.domain_spoke,
        why_held=held.why if held else "",
        ask=held.ask if held else None,
        language="",
    )
    message = added(connection, row)
    add_all(connection, [_attachment(file, message.seq, understood, arrival.at) for file in mail.files])
    return message


def _attachment(file: File, message: int, understood: Understood, at: datetime) -> AttachmentRow:
    """Return the row of a file; a picture that only the quoted part shows is kept but marked as an earlier one."""
    new_html = understood.split.html
    referred = bool(file.content_id) and f"cid:{file.content_id}" in understood.mail.html
    earlier = referred and bool(new_html) and f"cid:{file.content_id}" not in new_html
    return AttachmentRow(
        seq=0,
        id=new_id(at),
        message=message,
        name=file.name,
        type=file.type,
        bytes=file.size,
        kind="earlier" if earlier else "other",
        inline=file.inline,
        content_id=file.content_id,
        hash=file.hash,
    )


def sender(understood: Understood) -> str:
    """Return the address that From names, "" where it names none."""
    return understood.writer.address.text if understood.writer.address else ""


def dated(header: str, received: datetime) -> datetime:
    """Return the time a Date header tells, `received` where it tells none or one in the future (RFC 5322 3.6.1)."""
    try:
        told = parsedate_to_datetime(header)
    except (ValueError, TypeError, OverflowError, IndexError):
        return received
    told = told if told.tzinfo else told.replace(tzinfo=received.tzinfo)
    return told if told.year >= 1990 and told <= received + _CLOCK_SKEW else received

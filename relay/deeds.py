"""What is recorded about something that was done: the event and, where its mail tells it, the whole conversation."""

from dataclasses import dataclass

from sqlalchemy import Connection

from ..store import events, inquiries, messages
from ..store.tables import MessageState
from ..store.values import AttachmentRow, DeliveryRow, EventRow, MessageRow, ParticipantRow
from .world import World

DEEDS = ("done", "news", "declined", "handed", "phone", "history", "help")  # kinds of deliveries that name an event
WITH_HISTORY = ("handed", "history")  # those of them that hold everything that was said
_MOST_FILES = 10_000_000  # bytes of documents that go along; the rest is named, and on the page
_NO_WORDS_YET = (MessageState.HELD, MessageState.REFUSED)


@dataclass(frozen=True, slots=True)
class Deeds:
    """What is recorded about a deed and its conversation, up to the moment its mail was queued."""

    event: EventRow
    people: tuple[ParticipantRow, ...]
    messages: tuple[MessageRow, ...] = ()
    files: tuple[AttachmentRow, ...] = ()
    raws: tuple[bytes, ...] = ()  # the mails that hold the files

    def person(self, seq: int | None) -> ParticipantRow | None:
        """Return a participant by sequence number."""
        return next((one for one in self.people if one.seq == seq), None)


def load_deeds(connection: Connection, world: World, delivery: DeliveryRow, reader: ParticipantRow) -> Deeds:
    """Read what a mail about a deed is made from. Raises LookupError, BlobMissing."""
    event = events.get(connection, delivery.event or 0)
    people = tuple(one for one in inquiries.participants(connection, reader.inquiry) if one.side != "observer")
    if delivery.kind not in WITH_HISTORY:
        return Deeds(event, people)
    rows = tuple(
        row
        for row in messages.of_inquiry(connection, reader.inquiry)
        if row.at <= delivery.created_at and row.state not in _NO_WORDS_YET
    )
    files = tuple(one for one in messages.attachments(connection, [row.seq for row in rows]) if one.kind != "earlier")
    small = within(files)
    wanted = dict.fromkeys(row.raw for row in rows if row.raw and any(file.message == row.seq for file in small))
    raws = tuple(world.store.blobs.get(connection, digest) for digest in wanted if digest)
    return Deeds(event, people, rows, files, raws)


def within(files: tuple[AttachmentRow, ...]) -> list[AttachmentRow]:
    """Return the files that go along, the newest first to be taken."""
    left, taken = _MOST_FILES, list[AttachmentRow]()
    for file in reversed(files):
        if file.bytes <= left:
            left -= file.bytes
            taken.append(file)
    return taken[::-1]

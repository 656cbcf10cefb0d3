"""A message that goes out: its deliveries, and what the history says of it. Units of work, inside a transaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from ..store import messages, outbox
from ..store.messages import Asked
from ..store.outbox import Lease
from ..store.rows import add_all
from ..store.tables import Side
from ..store.values import AttachmentRow, DeliveryRow, EventRow, MessageRow, ParticipantRow
from .mail.document import is_document
from .noted import BY_ANSWER, Kind, mark, to_note
from .record import Cause, event_row, to_participant


def queue_message(
    connection: Connection,
    cause: Cause,
    message: MessageRow,
    author: ParticipantRow,
    people: Sequence[ParticipantRow],
    *,
    copy_to_writer: bool,
    has_it: Collection[str] = (),
    lease: Lease | None = None,
) -> tuple[DeliveryRow, ...]:
    """Queue a message to everybody of `people` who is to read it; returns the deliveries that made.

    The other side gets it relayed, the writer's colleagues see what was written for them (but for those who have
    it already from the writer himself, by their address keys in `has_it`), the writer gets his copy. With a `lease`,
    those that need not wait are recorded as being sent already.
    """
    rows: list[DeliveryRow] = []
    for person in people:
        kind = _kind_for(person, author, copy_to_writer=copy_to_writer)
        if kind and not (kind == "colleague" and person.email_key in has_it):
            rows.append(to_participant(cause, kind, person, message.seq))
    if lease:
        return outbox.queue_leased(connection, rows, cause.at, lease)
    return tuple(outbox.queue(connection, row) for row in rows)


def _kind_for(person: ParticipantRow, author: ParticipantRow, *, copy_to_writer: bool) -> str:
    if person.state != "active" or person.side == Side.OBSERVER:
        return ""
    if person.seq == author.seq:
        return "copy" if copy_to_writer and person.copies else ""
    return "colleague" if person.side == author.side else "relayed"


@dataclass(frozen=True, slots=True)
class Answered:
    """What a message answers, and what is to be noted of that: that its writer has read and answered it."""

    asked: Asked
    notes: tuple[Kind, ...]


def answered(connection: Connection, parent: int | None, author: ParticipantRow) -> Answered | None:
    """Look what is to be noted of the message that `author` answers; None where he answers none."""
    if parent is None:
        return None
    asked = messages.asked(connection, parent)
    return Answered(asked, to_note(connection, asked, author, BY_ANSWER))


def note_relayed(
    connection: Connection,
    cause: Cause,
    message: MessageRow,
    author: ParticipantRow,
    files: Sequence[AttachmentRow],
    recipients: int,
    parent: Answered | None,
    *,
    came_in: bool = False,
) -> None:
    """Write the history of a message that goes out, and of what it answers; `came_in`: that it came in as well."""
    rows: list[EventRow] = []

    def note(kind: str, about: int, **proof: object) -> None:
        rows.append(event_row(message.inquiry, cause.at, kind, author.seq, about, proof))

    notes = parent.notes if parent else ()
    if parent and "message.read" in notes:  # first, as a person reads before he writes
        note("message.read", parent.asked.seq, by="answered", mail=message.mail)
    if came_in:
        note("message.received", message.seq, channel=message.channel)
    if names := _documents(files):
        note("document.sent", message.seq, by=message.channel, files=names)
    note("message.relayed", message.seq, recipients=recipients)
    if parent and "message.answered" in notes:
        proof = {"by": message.channel, "message": message.id, "parent": message.parent_by}
        note("message.answered", parent.asked.seq, **proof)
    add_all(connection, rows)
    if parent:
        mark(connection, parent.asked.seq, notes)


def _documents(files: Sequence[AttachmentRow]) -> list[str]:
    """Return the names of the documents among these files; pictures inside the words are none."""
    return [file.name for file in files if file.kind == "other" and is_document(file.type, file.inline)]


def relay(
    connection: Connection,
    cause: Cause,
    message: MessageRow,
    author: ParticipantRow,
    people: Sequence[ParticipantRow],
    *,
    copy_to_writer: bool,
) -> int:
    """Queue a message that is recorded already, with its history; returns how many deliveries that made."""
    queued = queue_message(connection, cause, message, author, people, copy_to_writer=copy_to_writer)
    files = messages.attachments(connection, [message.seq])
    parent = answered(connection, message.parent, author)
    note_relayed(connection, cause, message, author, files, len(queued), parent)
    return len(queued)

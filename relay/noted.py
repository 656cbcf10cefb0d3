"""That a message was read, and that it was answered: an event of each kind for each reader, once (R43).

The message's own state says that somebody has: only then is there anything to look up.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection

from ..store import events, inquiries, messages
from ..store.messages import Asked
from ..store.tables import MessageState, ParticipantState, Side
from ..store.values import MessageRow, ParticipantRow
from .record import Cause, Notice, add_event, queue_delivery

Kind = Literal["message.read", "message.answered"]

BY_ANSWER: tuple[Kind, Kind] = ("message.read", "message.answered")  # who answers has read
_NOT_TO_READ = (MessageState.HELD, MessageState.REFUSED)
_UNREAD = (MessageState.ACCEPTED, MessageState.DELIVERED, MessageState.FAILED)
_STATES = {"message.read": MessageState.READ, "message.answered": MessageState.ANSWERED}


def to_note(
    connection: Connection, message: Asked | MessageRow, reader: ParticipantRow, kinds: Sequence[Kind]
) -> tuple[Kind, ...]:
    """Return which of these events are not noted yet of a message of the other side; () where he may not read it."""
    parties = {message.side, reader.side} == {Side.BUYER, Side.SELLER} and message.inquiry == reader.inquiry
    if not parties or message.state in _NOT_TO_READ:
        return ()
    if message.state in _UNREAD:
        return tuple(kinds)
    noted = {event.kind for event in events.about(connection, message.inquiry, message.seq, reader.seq)}
    return tuple(kind for kind in kinds if kind not in noted)


def mark(connection: Connection, message: int, noted: Sequence[Kind]) -> None:
    """Give a message the state that its newly noted events mean; "answered" outweighs "read"."""
    if noted:
        before = _UNREAD if noted[-1] == "message.read" else (*_UNREAD, MessageState.READ)
        messages.set_state(connection, message, _STATES[noted[-1]], before)


def note_read(
    connection: Connection,
    at: datetime,
    message: MessageRow,
    reader: ParticipantRow,
    proof: dict[str, Any],
    raw: str | None = None,
) -> bool:
    """Record that `reader` has read a message of the other side; False where it is not, or was before.

    A writer who asked for a receipt is told, if he does not learn it by an answer. `proof` says by what it is known:
    {"by": "page" | "mdn" | "answered", …}; `raw`: the mail that says so.
    """
    new = to_note(connection, message, reader, ("message.read",))
    for kind in new:
        add_event(connection, message.inquiry, at, kind, reader.seq, message.seq, proof, raw)
    mark(connection, message.seq, new)
    if new and message.wants_receipt and proof["by"] != "answered":
        _tell_writer(connection, at, message, reader, str(proof.get("how", proof["by"])))
    return bool(new)


def _tell_writer(connection: Connection, at: datetime, message: MessageRow, reader: ParticipantRow, how: str) -> None:
    """Queue the notice to the writer of a message that `reader` has read it, where he still takes part."""
    author = inquiries.participant(connection, message.author) if message.author is not None else None
    if author is not None and author.state == ParticipantState.ACTIVE:
        notice = Notice(how, about=reader.seq)
        queue_delivery(connection, Cause(message.mail, at), "read", author, message.seq, notice)

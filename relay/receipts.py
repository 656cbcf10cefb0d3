"""What a mail program says of a mail of ours (RFC 8098): shown to its reader, it is a proof that he has read it.

Only a receipt that is proved to be of the very person whom that mail went to counts; any other is kept as a note.
"""

from sqlalchemy import Connection

from ..store import blobs, inquiries, messages, outbox
from ..store.values import DeliveryRow, MessageRow
from ..threading.mdn import Receipt, read_receipt
from ..threading.message_ids import ours
from .deeds import WITH_HISTORY
from .errors import Reply, kept
from .identify import Decision, Known
from .mail_rows import Placed
from .noted import note_read
from .record import add_event
from .recording import store_raw
from .world import World

_NOTE = "auto_reply.received"  # what a receipt is that proves no reading


async def record_receipt(world: World, placed: Placed, decision: Decision) -> Reply:
    """Record a receipt as `message.read` with its proof, or as a note that says why it is none."""
    raw = await store_raw(world, placed.arrival)
    receipt = read_receipt(placed.understood.mail)
    domains = [one.reply_domain for one in world.settings.marketplace]
    token = ours(receipt.original, domains) if receipt else None
    reader = decision.participant if isinstance(decision, Known) else None

    def unit(connection: Connection) -> str:
        blobs.record(connection, [raw])
        inquiry, at = placed.inquiry.seq, placed.arrival.at
        about = outbox.by_token(connection, token) if token else None
        why = _no_proof(receipt, about, inquiry, reader)
        proof = {"mail": placed.arrival.id} | _said(receipt)
        if not why and about is not None and reader is not None:
            person = inquiries.participant(connection, reader)
            shown = _shown(connection, about)
            by = {"by": "mdn", **proof}
            if sum(note_read(connection, at, one, person, by, raw.hash) for one in shown):
                return "message.read"
            why = "read before"
        told = about.message if about is not None and about.inquiry == inquiry else None
        signals = [*placed.understood.kind.signals]
        add_event(connection, inquiry, at, _NOTE, reader, told, {**proof, "signals": signals, "why": why}, raw.hash)
        return _NOTE

    kind = await world.store.write(unit, of=[placed.inquiry.seq])
    world.wake()
    world.journal.noted(id=placed.arrival.id, inquiry=placed.inquiry.id, event=kind, about="receipt")
    return kept(placed.arrival.id)


def _shown(connection: Connection, about: DeliveryRow) -> tuple[MessageRow, ...]:
    """Return the messages that a mail of ours held: its own, or all there were when it told the whole conversation."""
    if about.message is not None:
        return (messages.get(connection, about.message),)
    return tuple(one for one in messages.of_inquiry(connection, about.inquiry or 0) if one.at <= about.created_at)


def _no_proof(receipt: Receipt | None, about: DeliveryRow | None, inquiry: int, reader: int | None) -> str:
    """Say why a receipt proves no reading, "" where it does."""
    if receipt is None or not receipt.displayed:
        return "not displayed"
    if about is None or about.inquiry != inquiry or (about.message is None and about.kind not in WITH_HISTORY):
        return "names no mail of ours"
    if reader is None:
        return "sender not proved"
    return "" if about.recipient == reader else "of another reader"


def _said(receipt: Receipt | None) -> dict[str, str]:
    return {"disposition": receipt.disposition, "mode": receipt.mode} if receipt else {}

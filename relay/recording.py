"""Writes down what the flow decided: a message, a held mail, an event. One transaction each, then the answer."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from sqlalchemy import Connection

from ..store import blobs, inquiries, messages, outbox
from ..store.blobs import StoredBlob
from ..store.outbox import Lease
from ..store.rows import add
from ..store.tables import Attachment, DeliveryState, Message, MessageState
from ..store.values import DeliveryRow, InquiryRow, MessageRow, ParticipantRow
from .arrival import Arrival, OperatorHit
from .clock import new_id
from .errors import EMPTY, NOT_ANY_MORE, OWN_SIDE, Reply, kept
from .handover import Handed
from .identify import Decision, Held, Joins, Known
from .job import Around, job_of, needs_raw
from .joining import admit, bring_in, copied, newcomer
from .mail.addresses import clean_name
from .mail.dates import zone_of
from .parents import Parent
from .record import Cause, Notice, add_event, due_at_once, queue_delivery, queue_message
from .understand import Understood
from .world import Evidence, World

_AT_ONCE = 262_144  # bytes; larger mails wait on disk, not in memory
_CLOCK_SKEW = timedelta(hours=24)  # a Date further in the future is not believed
_THREAD_INDEX = 1000  # characters: of some 140 answers
_REFUSALS = {NOT_ANY_MORE.reason: "left", OWN_SIDE.reason: "own_side", EMPTY.reason: "empty"}
_EVENTS = {"auto_reply": "auto_reply.received", "list": "auto_reply.received", "bounce": "bounce.received"} | {
    "complaint": "complaint.received",
}


@dataclass(frozen=True, slots=True)
class Placed:
    """A mail that was understood, at the inquiry and the place in it where it belongs."""

    arrival: Arrival
    understood: Understood
    inquiry: InquiryRow
    side: str  # the side that wrote
    parent: Parent
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a unit of work made of a mail."""

    message: str
    deliveries: int
    duplicate: bool = False
    handed: tuple[Handed, ...] = ()  # those of the deliveries that are this process's to send at once


async def record_message(world: World, placed: Placed, decision: Known | Joins) -> Reply:
    """Record a message of somebody who may write, and queue it to everybody who is to read it."""
    raw = await store_raw(world, placed.arrival)
    lease = world.handover.lease() if len(placed.arrival.data) <= _AT_ONCE else None
    done = await world.store.write(
        lambda connection: write_message(connection, world, placed, raw, decision, lease), of=[placed.inquiry.seq]
    )
    log_accepted(world, placed, done)
    world.handover.give(done.handed)
    if len(done.handed) < done.deliveries or isinstance(decision, Joins):  # somebody may be told who joined
        world.wake()
    return kept(placed.arrival.id)


def write_message(
    connection: Connection,
    world: World,
    placed: Placed,
    raw: StoredBlob,
    decision: Known | Joins,
    lease: Lease | None = None,
) -> Accepted:
    """Write message, files, events and deliveries; the same mail a second time changes nothing."""
    duplicate = messages.duplicate_of(connection, placed.inquiry.seq, placed.understood.dedupe)
    if duplicate is not None:
        return Accepted(duplicate, 0, duplicate=True)
    cause = Cause(placed.arrival.id, placed.arrival.at)
    author = _author(connection, world, placed, cause, decision)
    named = () if placed.arrival.author is not None else copied(placed.understood)
    domains = {one.reply_domain for one in world.settings.marketplace}
    others = tuple(address for address in named if address.domain not in domains)
    bring_in(connection, world.links, cause, author, others)
    message = add_message(connection, placed, raw, MessageState.ACCEPTED, author.seq)
    has_it = {address.key for address in others}
    copy = world.settings.notices.copy_to_writer
    people = inquiries.participants(connection, placed.inquiry.seq)
    queued = queue_message(connection, cause, message, author, people, copy_to_writer=copy, has_it=has_it, lease=lease)
    handed = _hand_over(connection, world, placed, message, people, queued, lease) if lease else ()
    return Accepted(message.id, len(queued), handed=handed)


def _hand_over(
    connection: Connection,
    world: World,
    placed: Placed,
    message: MessageRow,
    people: tuple[ParticipantRow, ...],
    queued: tuple[DeliveryRow, ...],
    lease: Lease,
) -> tuple[Handed, ...]:
    """Return the deliveries that were recorded as being sent, with what their mails are made from."""
    leased = [row for row in queued if row.state == DeliveryState.SENDING]
    if not leased:
        return ()
    files = messages.attachments(connection, [message.seq]) if placed.understood.mail.attachments else ()
    raw = placed.arrival.data if needs_raw(message, files) else b""
    masks = inquiries.masks_of(connection, placed.inquiry.seq)
    around = Around(placed.inquiry, masks, people, message, files, raw)
    return tuple(Handed(row, lease.until, job_of(connection, world, row, around)) for row in leased)


def _author(
    connection: Connection, world: World, placed: Placed, cause: Cause, decision: Known | Joins
) -> ParticipantRow:
    if isinstance(decision, Known):
        return inquiries.participant(connection, decision.participant)
    invited = inquiries.participant(connection, decision.invited) if decision.invited is not None else None
    address = placed.understood.writer.address
    if address is None:
        raise LookupError("somebody joins without an address")
    name = clean_name(placed.understood.writer.name)
    new = newcomer(placed.inquiry.seq, placed.side, address, name, "", decision.how, cause)
    return admit(connection, world.links, cause, invited, new, decision)


def log_accepted(world: World, placed: Placed, done: Accepted) -> None:
    """Tell the journal that a mail is recorded, or that it was before."""
    names = {"id": placed.arrival.id, "inquiry": placed.inquiry.id, "message": done.message}
    if done.duplicate:
        world.journal.duplicate(**names)
    else:
        world.journal.accepted(**names, deliveries=done.deliveries)


async def record_noted(world: World, placed: Placed, decision: Decision) -> Reply:
    """Record a mail that no person wrote (auto-reply, bounce, list) as an event; it is relayed to nobody."""
    raw = await store_raw(world, placed.arrival)
    kind = _EVENTS[placed.understood.kind.name]
    actor = decision.participant if isinstance(decision, Known) else None
    proof = {"mail": placed.arrival.id, "signals": list(placed.understood.kind.signals)}

    def unit(connection: Connection) -> None:
        blobs.record(connection, [raw])
        about = placed.parent.message
        add_event(connection, placed.inquiry.seq, placed.arrival.at, kind, actor, about, proof, raw.hash)

    await world.store.write(unit)
    world.journal.noted(id=placed.arrival.id, inquiry=placed.inquiry.id, event=kind, about=placed.parent.by)
    return kept(placed.arrival.id)


async def record_operator(world: World, arrival: Arrival, hit: OperatorHit) -> Reply:
    """Queue a mail to postmaster@ or abuse@ to the operator, as it is."""
    raw = await store_raw(world, arrival)

    def unit(connection: Connection) -> None:
        blobs.record(connection, [raw])
        row = due_at_once(Cause(arrival.id, arrival.at), "operator", hit.address)
        outbox.queue(connection, replace(row, raw=raw.hash))

    await world.store.write(unit)
    world.journal.operator(id=arrival.id, to=hit.address, deliveries=1)
    return kept(arrival.id)


async def record_refusal(world: World, arrival: Arrival, writer: int, reply: Reply) -> None:
    """Tell a participant by a notice that his mail was taken for others but not for this inquiry."""
    raw = await store_raw(world, arrival)

    def unit(connection: Connection) -> None:
        blobs.record(connection, [raw])
        person = inquiries.participant(connection, writer)
        notice = Notice(_REFUSALS.get(reply.reason, "other"), raw=raw.hash)
        queue_delivery(connection, Cause(arrival.id, arrival.at), "refused", person, None, notice)

    await world.store.write(unit)
    world.wake()


async def store_raw(world: World, arrival: Arrival) -> StoredBlob:
    """Make the raw mail durable before any row names it; small ones come along with the row."""
    if len(arrival.data) <= blobs.SMALL:
        return world.store.blobs.put(arrival.data)
    return await world.store.in_thread(lambda: world.store.blobs.put(arrival.data))


def add_message(
    connection: Connection,
    placed: Placed,
    raw: StoredBlob,
    state: MessageState,
    author: int | None,
    held: Held | None = None,
) -> MessageRow:
    """Write the rows of a mail: raw, message, attachments, the event that it came in."""
    arrival, understood = placed.arrival, placed.understood
    mail, split = understood.mail, understood.split
    blobs.record(connection, [raw])
    seq = add(
        connection,
        Message(
            id=new_id(arrival.at),
            mail=arrival.id,
            inquiry=placed.inquiry.seq,
            author=author,
            side=placed.side,
            channel=arrival.channel,
            state=state,
            at=arrival.at,
            dated=dated(mail.first("Date"), arrival.at),
            zone=zone_of(mail.first("Date")),
            mail_from=arrival.mail_from,
            from_email=sender(understood),
            from_name=understood.writer.name,
            subject=mail.first("Subject"),
            message_id=understood.message_id,
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
            split_by=split.decided_by,
            raw=raw.hash,
            size=raw.size,
            authentication=placed.evidence.header,
            may_tell=placed.evidence.domain_spoke,
            why_held=held.why if held else "",
            ask=held.ask if held else None,
        ),
    )
    _add_attachments(connection, seq, understood, arrival.at)
    add_event(connection, placed.inquiry.seq, arrival.at, "message.received", author, seq, {"channel": arrival.channel})
    return messages.get(connection, seq)


def _add_attachments(connection: Connection, message: int, understood: Understood, at: datetime) -> None:
    """List the mail's files; pictures that only the quoted part shows are kept but marked as earlier ones."""
    new_html = understood.split.html
    for file in understood.mail.attachments:
        referred = bool(file.content_id) and f"cid:{file.content_id}" in understood.mail.html
        earlier = referred and bool(new_html) and f"cid:{file.content_id}" not in new_html
        add(
            connection,
            Attachment(
                id=new_id(at),
                message=message,
                name=file.name,
                type=file.type,
                bytes=len(file.data),
                kind="earlier" if earlier else "other",
                inline=file.inline,
                content_id=file.content_id,
                hash=hashlib.sha256(file.data).hexdigest(),
            ),
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

"""Writes down what the flow decided: a message, a held mail, an event. One transaction each, then the answer."""

from dataclasses import dataclass, replace

from sqlalchemy import Connection

from ..store import blobs, inquiries, messages, outbox
from ..store.blobs import Kept, StoredBlob
from ..store.outbox import Lease
from ..store.tables import DeliveryState, MessageState
from ..store.values import DeliveryRow, ParticipantRow
from .arrival import Arrival, OperatorHit
from .errors import EMPTY, NOT_ANY_MORE, OWN_SIDE, Reply, kept
from .handover import Handed
from .identify import Decision, Joins, Known
from .job import Around, job_of, needs_earlier_mails, needs_raw
from .joining import admit, bring_in, copied, newcomer
from .mail.addresses import Address, clean_name
from .mail.model import Attachment
from .mail.raw import LARGE, Spooled
from .mail_rows import Placed, add_message
from .record import Cause, Notice, add_event, due_at_once, queue_delivery
from .relaying import answered, note_relayed, queue_message
from .world import World

_REFUSALS = {NOT_ANY_MORE.reason: "left", OWN_SIDE.reason: "own_side", EMPTY.reason: "empty"}
_EVENTS = {"auto_reply": "auto_reply.received", "list": "auto_reply.received", "bounce": "bounce.received"} | {
    "complaint": "complaint.received",
}


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
    lease = world.handover.lease() if _to_compose(placed) <= LARGE else None

    def unit(connection: Connection) -> Accepted:
        now = replace(placed, parties=inquiries.parties(connection, placed.inquiry.seq))
        return write_message(connection, world, now, raw, decision, lease)

    return announce(world, placed, decision, await world.store.write(unit, of=(placed.inquiry.seq,)))


def announce(world: World, placed: Placed, decision: Decision, done: Accepted) -> Reply:
    """Tell the journal and the deliverer of a message that is on disk; return the answer to its mail."""
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
    """Write message, files, events and deliveries; the same mail a second time changes nothing.

    The mail was placed in this very transaction, or its parties were read again in it.
    """
    duplicate = messages.duplicate_of(connection, placed.inquiry.seq, placed.understood.dedupe)
    if duplicate is not None:
        return Accepted(duplicate, 0, duplicate=True)
    cause, people = Cause(placed.arrival.id, placed.arrival.at), placed.parties.people
    author = _author(connection, world, placed, cause, decision)
    others = _others_named(world, placed)
    if bring_in(connection, world.links, cause, author, people, others) or author not in people:
        people = inquiries.participants(connection, placed.inquiry.seq)
    parent = answered(connection, placed.parent.message, author)
    message = add_message(connection, placed, raw, MessageState.ACCEPTED, author.seq)
    files = messages.attachments(connection, [message.seq]) if placed.understood.mail.files else ()
    has_it = {address.key for address in others}
    copy = world.settings.notices.copy_to_writer
    queued = queue_message(connection, cause, message, author, people, copy_to_writer=copy, has_it=has_it, lease=lease)
    note_relayed(connection, cause, message, author, files, len(queued), parent, came_in=True)
    known = _known_of(world, placed, raw) if needs_raw(message, files) else (b"", ())
    around = Around(placed.inquiry, placed.parties.masks, people, message, files, *known)
    return Accepted(message.id, len(queued), handed=_hand_over(connection, world, around, queued, lease))


def _others_named(world: World, placed: Placed) -> tuple[Address, ...]:
    """Return everybody in To and Cc of a mail but ourselves; a page names nobody."""
    if placed.arrival.author is not None:
        return ()
    domains = {one.reply_domain for one in world.settings.marketplace}
    return tuple(address for address in copied(placed.understood) if address.domain not in domains)


def _hand_over(
    connection: Connection, world: World, around: Around, queued: tuple[DeliveryRow, ...], lease: Lease | None
) -> tuple[Handed, ...]:
    """Return the deliveries that were recorded as being sent, with what their mails are made from."""
    if lease is None:
        return ()
    leased = [row for row in queued if row.state == DeliveryState.SENDING]
    if needs_earlier_mails(around.files):  # one that cannot be read must not keep this one from being taken
        return tuple([Handed(row, lease.until) for row in leased])
    return tuple([Handed(row, lease.until, job_of(connection, world, row, around)) for row in leased])


def _to_compose(placed: Placed) -> int:
    """Octets of the mail that composing has to do with: all but the files that can go out as they came."""
    clean = (file.measured.clean for file in placed.understood.mail.files if file.measured and file.measured.clean)
    return placed.arrival.size - sum(end - start for start, end in clean)


def _known_of(world: World, placed: Placed, raw: StoredBlob) -> tuple[bytes | Kept, tuple[Attachment, ...]]:
    """The raw mail, of a large one where it is kept, and the files in it as they were read."""
    files = placed.understood.mail.files
    if raw.data is None and raw.size > LARGE:
        return Kept(raw.hash, raw.size, world.store.blobs.keep), files
    return placed.arrival.data, files


def _author(
    connection: Connection, world: World, placed: Placed, cause: Cause, decision: Known | Joins
) -> ParticipantRow:
    if isinstance(decision, Known):
        return placed.parties.person(decision.participant)
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

    await world.store.write(unit, of=[placed.inquiry.seq])
    world.journal.noted(id=placed.arrival.id, inquiry=placed.inquiry.id, event=kind, about=placed.parent.by)
    return kept(placed.arrival.id)


async def record_operator(world: World, arrival: Arrival, hit: OperatorHit) -> Reply:
    """Queue a mail to postmaster@ or abuse@ to the operator, as it is."""
    raw = await store_raw(world, arrival)

    def unit(connection: Connection) -> None:
        blobs.record(connection, [raw])
        row = due_at_once(Cause(arrival.id, arrival.at), "operator", hit.address)
        outbox.queue(connection, replace(row, raw=raw.hash))

    await world.store.write(unit, of=())
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
    content, kept = arrival.content, world.store.blobs
    if isinstance(content, Spooled):
        return await world.store.in_thread(lambda: kept.take(content))
    if len(content) <= blobs.SMALL:
        return kept.put(content)
    return await world.store.in_thread(lambda: kept.put(content))

"""Mail that waits for a yes: recorded whole, asked about at the right mailbox, its writer told where that is safe."""

from datetime import timedelta

from sqlalchemy import Connection

from ..store import inquiries, messages, outbox
from ..store.tables import MessageState
from ..store.values import MessageRow
from .errors import Reply, kept
from .identify import Held
from .joining import side_of
from .mail.domains import flags
from .mail_rows import Placed, add_message, sender
from .record import Cause, Notice, add_event, queue_delivery, queue_to_stranger
from .recording import Accepted, log_accepted, store_raw
from .world import World

_ONCE_AN = timedelta(hours=1)  # how often one address is told that its mail waits


async def record_held(world: World, placed: Placed, held: Held) -> Reply:
    """Record a mail whose writer is not sure; ask the one who can say, and tell the writer."""
    raw = await store_raw(world, placed.arrival)

    def unit(connection: Connection) -> Accepted:
        duplicate = messages.duplicate_of(connection, placed.inquiry.seq, placed.understood.dedupe)
        if duplicate is not None:
            return Accepted(duplicate, 0, duplicate=True)
        message = add_message(connection, placed, raw, MessageState.HELD, None, held)
        came = {"channel": placed.arrival.channel}
        add_event(connection, placed.inquiry.seq, placed.arrival.at, "message.received", None, message.seq, came)
        proof = {"why": held.why, "proof": placed.evidence.header, "flags": _flags(connection, placed)}
        add_event(connection, placed.inquiry.seq, placed.arrival.at, "message.held", None, message.seq, proof)
        cause = Cause(placed.arrival.id, placed.arrival.at)
        count = ask(connection, cause, message, held)
        if held.why != "like a program":  # its writer is whom we ask
            count += _tell(connection, cause, message, "unreadable" if held.why == "unreadable" else "held")
        return Accepted(message.id, count)

    done = await world.store.write(unit, of=[placed.inquiry.seq])
    world.wake()
    if done.duplicate:
        log_accepted(world, placed, done)
    else:
        world.journal.held(
            id=placed.arrival.id,
            inquiry=placed.inquiry.id,
            message=done.message,
            sender=sender(placed.understood),
            why=held.why,
        )
    return kept(placed.arrival.id)


def _flags(connection: Connection, placed: Placed) -> list[str]:
    """Say what is suspicious about the writer's domain, beside those of the people he writes among."""
    address = placed.understood.writer.address
    people = inquiries.participants(connection, placed.inquiry.seq)
    return list(flags(address.domain, {one.email_key.rpartition("@")[2] for one in people})) if address else []


def ask(connection: Connection, cause: Cause, message: MessageRow, held: Held) -> int:
    """Queue the question: to the known mailbox it is about, else to everybody active on that side.

    An address that was typed on the page is asked itself, by a mail with a link, before anything is in its name.
    Who writes like a program is asked once an hour.
    """
    if held.why == "address to prove":
        queue_to_stranger(connection, cause, message, "prove", kind="prove")
        return 1
    if held.why == "unreadable":
        return 0  # there is nothing to show that anybody could judge: ops decide
    if held.why == "like a program" and outbox.asked_since(connection, held.ask, cause.at - _ONCE_AN):
        return 0  # a program would answer each question, too
    people = side_of(inquiries.participants(connection, message.inquiry), message.side)
    asked = [one for one in people if held.ask in (None, one.seq)]
    word = "was_it_you" if held.ask is not None else "is_he_with_you"
    for person in asked:
        queue_delivery(connection, cause, "asked", person, message.seq, Notice(word))
    return len(asked)


def _tell(connection: Connection, cause: Cause, message: MessageRow, word: str) -> int:
    """Tell the writer what became of his mail, if his domain answers for it; once an hour at most that it waits."""
    if not message.may_tell or not message.from_email:
        return 0
    since = cause.at - _ONCE_AN
    if word == "held" and outbox.told_since(connection, message.from_email, since):
        return 0
    queue_to_stranger(connection, cause, message, word)
    return 1


async def expire(world: World) -> int:
    """Refuse what has waited for longer than `sender.held_for`; returns how many. The writers are told."""
    now = world.clock()
    before = now - world.settings.sender.held_for

    def unit(connection: Connection) -> list[tuple[MessageRow, str]]:
        over = [message for message in messages.held(connection) if message.at <= before]
        for message in over:
            say_no(connection, Cause(message.mail, now), message, "expired")
        return [(message, inquiries.get(connection, message.inquiry).id) for message in over]

    refused = await world.store.write(unit)
    for message, inquiry in refused:
        world.journal.refused(id=message.mail, inquiry=inquiry, message=message.id, by="expired")
    if refused:
        world.wake()
    return len(refused)


def say_no(connection: Connection, cause: Cause, message: MessageRow, by: str) -> None:
    """Keep a held message from being relayed, for good, and tell its writer where that is no backscatter."""
    messages.set_state(connection, message.seq, MessageState.REFUSED, (MessageState.HELD,))
    add_event(connection, message.inquiry, cause.at, "message.refused", None, message.seq, {"by": by})
    _tell(connection, cause, message, "not_released")

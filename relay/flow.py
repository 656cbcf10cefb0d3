"""The way of a mail through the gateway, top to bottom (docs/flow.md).

    receive    understand once → for each recipient: at_mask | at_bounce_address | at_operator → one answer
    at_mask    sort (a person's words, or an event) → identify → find the parent → record

Everything that belongs to one recipient is recorded in one transaction, and only then is the mail answered
with 250. Refusals are answered in the session, so that the writer's own server tells him.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from ..store.blobs import SMALL
from . import scene
from .arrival import Arrival, BounceHit, Hit, MaskHit, OperatorHit
from .by_mail import act_by_mail
from .errors import EMPTY, LOOP, Reply
from .holding import record_held
from .identify import Decision, Held, Joins, Known, Refusal
from .mail_rows import Placed
from .reading import Unreadable, is_odd
from .receipts import record_receipt
from .recording import (
    Accepted,
    announce,
    record_message,
    record_noted,
    record_operator,
    record_refusal,
    store_raw,
    write_message,
)
from .returned import record_bounce
from .scene import by_a_person, is_message, says_nothing
from .understand import Understood, header_only, understand
from .world import Evidence, Nothing, World

LOOP_HEADER = "X-Parley-Loop"


async def receive(world: World, arrival: Arrival) -> Reply:
    """Take one mail in and return its answer. Raises what the store raises: then it is not accepted.

    Each recipient is handled on its own; one that is refused or fails does not sink the others. When one fails
    by our own fault the sender tries all again, and what was already recorded is known as a duplicate.
    """
    understood = await read_mail(world, arrival)
    if understood.mail.first(LOOP_HEADER):
        return LOOP
    outcomes: list[_Outcome] = []
    faults: list[Exception] = []
    for hit in arrival.hits:
        try:
            outcomes.append(await _receive_at(world, arrival, understood, hit))
        except Exception as error:  # noqa: BLE001 (raised again below, after the others had their turn)
            faults.append(error)
    if faults:
        raise faults[0]
    return await _one_answer(world, arrival, outcomes)


async def read_mail(world: World, arrival: Arrival) -> Understood:
    """Understand a mail; of one that cannot be read, its header. That mail is kept, and waits for ops."""
    if world.readers is None or not is_odd(arrival.content):
        return await understand(arrival)
    try:
        return await world.readers.understand(arrival)
    except Unreadable as error:
        world.journal.quarantined(id=arrival.id, size=arrival.size, cause=error.cause)
        return header_only(arrival)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """The answer of one recipient, and who is to be told of it when the mail as a whole is taken."""

    reply: Reply
    writer: int | None = None


async def _one_answer(world: World, arrival: Arrival, outcomes: Sequence[_Outcome]) -> Reply:
    """Return the one answer that DATA has: yes if anybody was reached; the others are then told by a notice."""
    taken = next((outcome.reply for outcome in outcomes if outcome.reply.accepted), None)
    if taken is None:
        return outcomes[0].reply
    for outcome in outcomes:
        if not outcome.reply.accepted and outcome.writer is not None:
            await record_refusal(world, arrival, outcome.writer, outcome.reply)
    return taken


async def _receive_at(world: World, arrival: Arrival, understood: Understood, hit: Hit) -> _Outcome:
    match hit:
        case MaskHit():
            return await _at_mask(world, arrival, understood, hit)
        case BounceHit():
            reply = await record_bounce(world, arrival, understood, hit)
        case OperatorHit():
            reply = await record_operator(world, arrival, hit)
    world.wake()
    return _Outcome(reply)


@dataclass(frozen=True, slots=True)
class _Taken:
    """A mail and what was decided of it; `accepted` where it was recorded as a message in the same transaction."""

    placed: Placed
    decision: Decision
    accepted: Accepted | None = None


async def _at_mask(world: World, arrival: Arrival, understood: Understood, hit: MaskHit) -> _Outcome:
    taken = await _take(world, arrival, understood, hit)
    placed, decision = taken.placed, taken.decision
    _log_decided(world, placed, decision)
    if hit.verb:
        reply = await act_by_mail(world, placed, decision, hit.verb, hit.detail)
        world.wake()
        return _Outcome(reply)
    if taken.accepted:
        return _Outcome(announce(world, placed, decision, taken.accepted))
    writer = decision.participant if isinstance(decision, Known | Refusal) else None
    return _Outcome(await _record(world, placed, decision), writer)


async def _take(world: World, arrival: Arrival, understood: Understood, hit: MaskHit) -> _Taken:
    """Place the mail, and record it at once if it is a small message: one transaction, one turn of the writer."""
    if hit.verb or arrival.size > SMALL:
        return _Taken(*await place(world, arrival, understood, hit))
    evidence = await prove(world, arrival, understood)
    raw = await store_raw(world, arrival)
    lease = world.handover.lease()

    def unit(connection: Connection) -> _Taken:
        placed, decision = scene.place(connection, world, arrival, understood, hit, evidence)
        if not isinstance(decision, Known | Joins) or not is_message(placed, decision):
            return _Taken(placed, decision)
        return _Taken(placed, decision, write_message(connection, world, placed, raw, decision, lease))

    return await world.store.write(unit, of=(hit.inquiry,))


async def place(world: World, arrival: Arrival, understood: Understood, hit: MaskHit) -> tuple[Placed, Decision]:
    """Decide who wrote the mail and what it answers; records nothing."""
    evidence = await prove(world, arrival, understood)
    return await world.store.read(lambda c: scene.place(c, world, arrival, understood, hit, evidence))


async def prove(world: World, arrival: Arrival, understood: Understood) -> Evidence:
    """Ask what is proved of the mail; a personal link needs no proof, and `authentication = "off"` asks nobody."""
    if world.prover is None or arrival.author is not None:
        return Nothing()
    return await world.prover.prove(arrival, understood.writer.address)


async def _record(world: World, placed: Placed, decision: Decision) -> Reply:
    if isinstance(decision, Refusal):
        return decision.reply
    if placed.understood.kind.name == "receipt":
        return await record_receipt(world, placed, decision)
    if not by_a_person(placed, decision):
        return await record_noted(world, placed, decision)
    if "unreadable" in placed.understood.mail.defects:
        return await record_held(world, placed, Held("unreadable"))
    if isinstance(decision, Held):
        return await record_held(world, placed, decision)
    return EMPTY if says_nothing(placed) else await record_message(world, placed, decision)


def _log_decided(world: World, placed: Placed, decision: Decision) -> None:
    understood = placed.understood
    world.journal.decided(
        id=placed.arrival.id,
        inquiry=placed.inquiry.id,
        side=placed.side,
        sender=understood.writer.address.text if understood.writer.address else "",
        decision=type(decision).__name__.lower(),
        by=_by(placed, decision),
        kind=understood.kind.name,
        parent=placed.parent.by,
        new_text=understood.split.decided_by,
    )


def _by(placed: Placed, decision: Decision) -> str:
    match decision:
        case Held(why, _):
            return why
        case Joins(how, _):
            return how
        case Refusal(reply, _):
            return reply.reason
        case Known():
            return placed.arrival.channel

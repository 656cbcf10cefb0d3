"""The way of a mail through the gateway, top to bottom (docs/flow.md).

    receive    understand once → for each recipient: at_mask | at_bounce_address | at_operator → one answer
    at_mask    sort (a person's words, or an event) → identify → find the parent → record

Everything that belongs to one recipient is recorded in one transaction, and only then is the mail answered
with 250. Refusals are answered in the session, so that the writer's own server tells him.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from ..store import inquiries
from ..store.values import InquiryRow, ParticipantRow
from ..threading.kinds import is_personal
from ..threading.subjects import base_subject
from . import parents
from .arrival import Arrival, BounceHit, Hit, MaskHit, OperatorHit
from .by_mail import act_by_mail
from .earlier import endings, with_signature_known
from .errors import EMPTY, LOOP, Reply
from .holding import record_held
from .identify import Clue, Decision, Held, Joins, Known, Refusal, Rules, identify
from .loops import guarded
from .reading import Unreadable, is_odd
from .receipts import record_receipt
from .recording import Placed, record_message, record_noted, record_operator, record_refusal
from .returned import record_bounce
from .understand import Understood, header_only, understand
from .world import Evidence, Nothing, World

LOOP_HEADER = "X-Parley-Loop"
_UNSURE = {"headers", "header-size", "junk-header"}  # another From may stand beyond what was read


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
    if world.readers is None or not is_odd(arrival.data):
        return await understand(arrival)
    try:
        return await world.readers.understand(arrival)
    except Unreadable as error:
        world.journal.quarantined(id=arrival.id, size=len(arrival.data), cause=error.cause)
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
class _Scene:
    """What the store knows of the inquiry when a mail comes in."""

    inquiry: InquiryRow
    people: tuple[ParticipantRow, ...]
    candidates: parents.Candidates
    earlier: tuple[str, ...]  # what its writer said before


def _scene(connection: Connection, hit: MaskHit, understood: Understood, clues: parents.Clues) -> _Scene:
    among = parents.candidates(connection, hit.inquiry, clues)
    return _Scene(
        inquiries.get(connection, hit.inquiry),
        inquiries.participants(connection, hit.inquiry),
        among,
        endings(connection, hit.inquiry, understood, among),
    )


async def _at_mask(world: World, arrival: Arrival, understood: Understood, hit: MaskHit) -> _Outcome:
    placed, decision = await place(world, arrival, understood, hit)
    _log_decided(world, placed, decision)
    if hit.verb:
        reply = await act_by_mail(world, placed, decision, hit.verb, hit.detail)
        world.wake()
        return _Outcome(reply)
    writer = decision.participant if isinstance(decision, Known | Refusal) else None
    return _Outcome(await _record(world, placed, decision), writer)


async def place(world: World, arrival: Arrival, understood: Understood, hit: MaskHit) -> tuple[Placed, Decision]:
    """Decide who wrote the mail and what it answers; records nothing."""
    clues = parents.clues(understood.mail, [place.reply_domain for place in world.settings.marketplace])
    evidence = await prove(world, arrival, understood)
    scene = await world.store.read(lambda connection: _scene(connection, hit, understood, clues))
    writing_side = "seller" if hit.stands_for == "buyer" else "buyer"
    decision = _decide(world, arrival, understood, writing_side, scene, evidence)
    parent = parents.parent_of(understood.mail, scene.candidates)
    if isinstance(decision, Known) and arrival.channel == "mail":
        understood = with_signature_known(understood, scene.earlier)
    placed = Placed(arrival, understood, scene.inquiry, writing_side, parent, evidence)
    return placed, await guarded(world, placed, scene.candidates, decision)


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
    if placed.understood.kind.name != "human" and not _typed_through_a_list(placed, decision):
        return await record_noted(world, placed, decision)
    if "unreadable" in placed.understood.mail.defects:
        return await record_held(world, placed, Held("unreadable"))
    if isinstance(decision, Held):
        return await record_held(world, placed, decision)
    return EMPTY if _says_nothing(placed) else await record_message(world, placed, decision)


def _typed_through_a_list(placed: Placed, decision: Decision) -> bool:
    """A person's answer although a list has sent it: a mailbox that a team shares writes so, too.

    It names a mail of the inquiry, or a known writer's mail does not say that it went to many.
    """
    if placed.understood.kind.name != "list":
        return False
    return placed.parent.by in parents.BY_ID or (isinstance(decision, Known) and is_personal(placed.understood.mail))


def _decide(
    world: World, arrival: Arrival, understood: Understood, side: str, scene: _Scene, evidence: Evidence
) -> Decision:
    """A personal link has proved its participant already; a mail says by its From who wrote it."""
    if arrival.author is not None:
        return Known(arrival.author)
    if arrival.channel == "page" and understood.writer.address is not None:
        return Held("address to prove")
    settings = world.settings
    ours = {place.reply_domain for place in settings.marketplace}
    rules = Rules(settings.sender.policy, settings.sender.authentication == "enforce", ours)
    on_side = {person.seq for person in scene.people if person.side == side}
    readers = [reader for reader in scene.candidates.readers if reader in on_side]
    certain = not _UNSURE & set(understood.mail.defects)
    clue = Clue(evidence.proved, certain, readers[-1] if readers else None)
    return identify(understood.writer, side, scene.people, clue, rules)


def _says_nothing(placed: Placed) -> bool:
    """True for a mail without words and files whose subject is only that of the inquiry."""
    mail = placed.understood.mail
    if mail.text.strip() or mail.attachments:
        return False
    return base_subject(mail.first("Subject")) in ("", base_subject(placed.inquiry.subject))


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

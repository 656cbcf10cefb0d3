"""Where a mail belongs: who wrote it, which message it answers. Reads what is known of the inquiry, writes nothing.

Everything is decided inside one transaction, so that a small mail is placed and recorded in the same one (flow.py).
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from ..store import inquiries
from ..store.inquiries import Parties
from ..threading.kinds import is_personal
from ..threading.subjects import base_subject
from . import parents
from .arrival import Arrival, MaskHit
from .earlier import endings, with_signature_known
from .identify import Clue, Decision, Held, Joins, Known, Rules, identify
from .loops import guarded
from .mail_rows import Placed
from .understand import Understood
from .world import Evidence, World

_UNSURE = {"headers", "from-size", "junk-header"}  # another From may stand beyond what was read


@dataclass(frozen=True, slots=True)
class _Scene:
    """What the store knows of the inquiry when a mail comes in."""

    parties: Parties
    candidates: parents.Candidates
    earlier: tuple[str, ...]  # what its writer said before


def _scene(connection: Connection, hit: MaskHit, understood: Understood, clues: parents.Clues) -> _Scene:
    among = parents.candidates(connection, hit.inquiry, clues)
    return _Scene(
        inquiries.parties(connection, hit.inquiry),
        among,
        endings(connection, hit.inquiry, understood, among),
    )


def place(
    connection: Connection, world: World, arrival: Arrival, understood: Understood, hit: MaskHit, evidence: Evidence
) -> tuple[Placed, Decision]:
    """Decide who wrote the mail and what it answers."""
    clues = parents.clues(understood.mail, [place.reply_domain for place in world.settings.marketplace])
    scene = _scene(connection, hit, understood, clues)
    writing_side = "seller" if hit.stands_for == "buyer" else "buyer"
    decision = _decide(world, arrival, understood, writing_side, scene, evidence)
    parent = parents.parent_of(understood.mail, scene.candidates)
    if isinstance(decision, Known) and arrival.channel == "mail":
        understood = with_signature_known(understood, scene.earlier)
    placed = Placed(arrival, understood, scene.parties, writing_side, parent, evidence)
    return placed, guarded(connection, world, placed, scene.candidates, decision)


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
    on_side = {person.seq for person in scene.parties.people if person.side == side}
    readers = [reader for reader in scene.candidates.readers if reader in on_side]
    certain = not _UNSURE & set(understood.mail.defects)
    clue = Clue(evidence.proved, certain, readers[-1] if readers else None)
    return identify(understood.writer, side, scene.parties.people, clue, rules)


def is_message(placed: Placed, decision: Decision) -> bool:
    """True for words of a person who may write: what becomes a message that is relayed at once."""
    may_write = isinstance(decision, Known | Joins) and "unreadable" not in placed.understood.mail.defects
    return may_write and by_a_person(placed, decision) and not says_nothing(placed)


def by_a_person(placed: Placed, decision: Decision) -> bool:
    """True for what somebody wrote, also if a list has sent it: a mailbox that a team shares writes so, too.

    Then it names a mail of the inquiry, or a known writer's mail does not say that it went to many.
    """
    if placed.understood.kind.name != "list":
        return placed.understood.kind.name == "human"
    return placed.parent.by in parents.BY_ID or (isinstance(decision, Known) and is_personal(placed.understood.mail))


def says_nothing(placed: Placed) -> bool:
    """True for a mail without words and files whose subject is only that of the inquiry."""
    mail = placed.understood.mail
    if mail.text.strip() or mail.attachments:
        return False
    return base_subject(mail.first("Subject")) in ("", base_subject(placed.inquiry.subject))

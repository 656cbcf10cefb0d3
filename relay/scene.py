"""Where a mail belongs: who wrote it, which message it answers. Reads what is known of the inquiry, writes nothing.

Everything is decided inside one transaction, so that a small mail is placed and recorded in the same one (flow.py).
"""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection

from ..store import inquiries, messages
from ..store.messages import Worded
from ..store.values import ParticipantRow
from ..threading.kinds import is_personal
from ..threading.subjects import base_subject
from . import parents
from .arrival import Arrival, MaskHit
from .earlier import LOOKED_AT, with_signature_known
from .identify import Clue, Decision, Held, Joins, Known, Rules, identify
from .loops import fewest, guarded
from .mail_rows import Placed
from .understand import Understood
from .world import Evidence, World

_UNSURE = {"headers", "from-size", "junk-header"}  # another From may stand beyond what was read


def place(
    connection: Connection, world: World, arrival: Arrival, understood: Understood, hit: MaskHit, evidence: Evidence
) -> tuple[Placed, Decision]:
    """Decide who wrote the mail and what it answers."""
    parties = inquiries.parties(connection, hit.inquiry)
    domains = {place.reply_domain for place in world.settings.marketplace}
    found = parents.find(connection, hit.inquiry, understood.mail, domains)
    side = "seller" if hit.stands_for == "buyer" else "buyer"
    clue = _clue(understood, evidence, found, {person.seq for person in parties.people if person.side == side})
    decision = _decide(world, arrival, understood, side, parties.people, clue)
    if not isinstance(decision, Known) or arrival.channel != "mail":
        return Placed(arrival, understood, parties, side, found.parent, evidence), decision
    said = _said(connection, world, hit.inquiry, understood)
    placed = Placed(arrival, with_signature_known(understood, said), parties, side, found.parent, evidence)
    return placed, guarded(connection, world, placed, said, decision)


def _said(connection: Connection, world: World, inquiry: int, understood: Understood) -> tuple[Worded, ...]:
    """The last mails of a participant who has written now: as many as his signature and his haste are told by."""
    writer = understood.writer.address
    if writer is None:
        return ()
    most = max(LOOKED_AT, fewest(world.settings.sender))
    return messages.last_said(connection, inquiry, writer.text, most, parents.RECENT)


def _clue(understood: Understood, evidence: Evidence, found: parents.Found, on_side: Collection[int]) -> Clue:
    """What tells who wrote a mail beside its From."""
    readers = [reader for reader in found.readers if reader in on_side]
    certain = not _UNSURE & set(understood.mail.defects)
    return Clue(evidence.proved, certain, readers[-1] if readers else None)


def _decide(
    world: World, arrival: Arrival, understood: Understood, side: str, people: Sequence[ParticipantRow], clue: Clue
) -> Decision:
    """A personal link has proved its participant already; a mail says by its From who wrote it."""
    if arrival.author is not None:
        return Known(arrival.author)
    if arrival.channel == "page" and understood.writer.address is not None:
        return Held("address to prove")
    settings = world.settings
    ours = {place.reply_domain for place in settings.marketplace}
    rules = Rules(settings.sender.policy, settings.sender.authentication == "enforce", ours)
    return identify(understood.writer, side, people, clue, rules)


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

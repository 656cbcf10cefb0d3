"""Ends the loops of robots that do not say that they are one (R20). Marked ones never get this far: they are events.

A program answers each mail of ours, and says the same each time. Where it has done so too often within the hour its
next mail waits for a yes, and nothing more goes out that could be answered.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from ..store import events, messages
from ..store.messages import Said
from .identify import Decision, Held, Known
from .mail_rows import Placed
from .parents import BY_ID, Candidates
from .sections import SenderSettings
from .world import World

HOUR = timedelta(hours=1)
_VARIABLE = re.compile(r"\w*\d\w*|[\W_]+")  # ticket numbers, times, signs
_CHARACTERS = 4000


def guarded(
    connection: Connection, world: World, placed: Placed, candidates: Candidates, decision: Decision
) -> Decision:
    """Return the decision on a mail; a participant's that comes as from a program is held, and he is asked.

    Costs nothing where the writer has written little within the hour: that is seen in what was read already.
    """
    limits = world.settings.sender
    if (
        not isinstance(decision, Known)
        or placed.arrival.channel != "mail"
        or placed.understood.kind.name not in ("human", "list")
    ):
        return decision
    writer = placed.understood.writer.address
    since = placed.arrival.at - HOUR
    if writer is None or not (limits.same_an_hour or limits.answers_an_hour):
        return decision
    told = zip(candidates.seqs, candidates.known, strict=True)
    recent = [seq for seq, one in told if one.author == writer.text and one.at > since]
    if len(recent) < min(limit for limit in (limits.same_an_hour, limits.answers_an_hour) if limit):
        return decision
    participant = decision.participant
    earlier = _earlier(connection, placed.inquiry.seq, participant, writer.text, since)
    new_file = _brings_a_new_file(connection, placed, recent)
    seems = seems_program(_said(placed), earlier, limits, new_file=new_file)
    return Held("like a program", participant) if seems else decision


def _brings_a_new_file(connection: Connection, placed: Placed, recent: Sequence[int]) -> bool:
    """Whether a file is in it that none of these messages brought: photos come one by one, with no word or the same."""
    sent = {file.hash for file in messages.attachments(connection, recent)}
    return any(file.hash not in sent for file in placed.understood.mail.files)


def seems_program(new: Said, earlier: Sequence[Said], limits: SenderSettings, *, new_file: bool) -> bool:
    """Is `new` one too many after what its writer said within the hour?

    Counted are answers that name a mail of the inquiry, those with the same words apart; and, whether or not they
    name one, mails with the very same subject and text. One with a file of its own (`new_file`) says something new.
    """
    same = 0 if new_file else sum(_is_same(new, one) for one in earlier)
    answers = sum(one.parent_by in BY_ID for one in earlier) if new.parent_by in BY_ID else 0
    return 0 < limits.same_an_hour <= same or 0 < limits.answers_an_hour <= answers


def _is_same(one: Said, other: Said) -> bool:
    if (one.subject, one.text) == (other.subject, other.text):
        return True
    both_answer = one.parent_by in BY_ID and other.parent_by in BY_ID
    return both_answer and _constant(one.text) == _constant(other.text)


def _constant(text: str) -> str:
    """The words of a text that a program does not fill in anew each time."""
    return _VARIABLE.sub(" ", text[:_CHARACTERS]).strip().casefold()


def _said(placed: Placed) -> Said:
    return Said(placed.understood.mail.first("Subject"), placed.understood.split.text, placed.parent.by)


def _earlier(connection: Connection, inquiry: int, participant: int, address: str, since: datetime) -> Sequence[Said]:
    """What he said within the hour; a yes of his to a mail that waited begins a new count."""
    released = [
        one.at for one in events.of_kinds(connection, inquiry, ("message.released",)) if one.actor == participant
    ]
    return messages.said_since(connection, inquiry, address, max([since, *released[-1:]]))

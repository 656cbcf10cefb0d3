"""Ends the loops of robots that do not say that they are one (R20). Marked ones never get this far: they are events.

A program answers each mail of ours, and says the same each time. Where it has done so too often within the hour its
next mail waits for a yes, and nothing more goes out that could be answered.
"""

import re
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Connection

from ..store import events, messages
from ..store.messages import Said, Worded
from .identify import Decision, Held, Known
from .mail_rows import Placed
from .parents import BY_ID
from .sections import SenderSettings
from .world import World

HOUR = timedelta(hours=1)
_VARIABLE = re.compile(r"\w*\d\w*|[\W_]+")  # ticket numbers, times, signs
_CHARACTERS = 4000
_AMONG = 200  # last messages of the inquiry


def fewest(limits: SenderSettings) -> int:
    """How many mails within the hour make it worth a look whether a program writes; 0: nothing does."""
    return min((limit for limit in (limits.same_an_hour, limits.answers_an_hour) if limit), default=0)


def guarded(connection: Connection, world: World, placed: Placed, said: Sequence[Worded], decision: Known) -> Decision:
    """Return the decision on a participant's mail; one that comes as from a program is held, and he is asked.

    Costs nothing where the writer has written little within the hour: that is seen in `said`, his last mails.
    """
    limits = world.settings.sender
    writer, worth_a_look = placed.understood.writer.address, fewest(limits)
    if writer is None or not worth_a_look or placed.understood.kind.name not in ("human", "list"):
        return decision
    since = placed.arrival.at - HOUR
    if sum(one.at > since for one in said) < worth_a_look:
        return decision
    lately = messages.said_since(connection, placed.inquiry.seq, writer.text, since, _AMONG)
    new_file = _brings_a_new_file(connection, placed, [one.seq for one in lately])
    earlier = _since_a_yes(connection, placed.inquiry.seq, decision.participant, lately)
    seems = seems_program(_said(placed), earlier, limits, new_file=new_file)
    return Held("like a program", decision.participant) if seems else decision


def _brings_a_new_file(connection: Connection, placed: Placed, recent: Sequence[int]) -> bool:
    """Whether a file is in it that none of these messages brought: photos come one by one, with no word or the same."""
    if not placed.understood.mail.files:
        return False
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
    understood = placed.understood
    return Said(0, placed.arrival.at, understood.mail.first("Subject"), understood.split.text, placed.parent.by)


def _since_a_yes(connection: Connection, inquiry: int, participant: int, said: Sequence[Said]) -> Sequence[Said]:
    """What he said after his last yes to a mail that waited: it begins a new count."""
    yes = [one.at for one in events.of_kinds(connection, inquiry, ("message.released",)) if one.actor == participant]
    return [one for one in said if not yes or one.at > yes[-1]]

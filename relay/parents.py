"""Which message of the inquiry does this mail answer? The recipient has already decided the inquiry; the ids
and the subject in a mail are hints for the parent inside it, never authority (R16).
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection

from ..store import lineage
from ..store.lineage import Candidate
from ..threading.message_ids import ours, read_ids
from ..threading.parent import Decision, Known, find_parent
from .mail import Mail

BY_ID = frozenset({"own-id", "references", "in-reply-to", "thread-index"})  # the mail names one of the inquiry
_MOST_IDS = 50
_RECENT = 50  # messages looked at when no id leads anywhere


@dataclass(frozen=True, slots=True)
class Clues:
    """The ids a mail names: delivery tokens of ours, and everything else."""

    tokens: tuple[str, ...]
    ids: tuple[str, ...]
    domains: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Candidates:
    """The messages that could be the parent; `known[i]` describes the message with sequence `seqs[i]`."""

    known: tuple[Known, ...]
    seqs: tuple[int, ...]
    first: int  # the inquiry's first message: the parent of what answers nothing else
    readers: tuple[int, ...]  # whose copies of our mails are named, by participant


@dataclass(frozen=True, slots=True)
class Parent:
    """The message answered, and what decided it."""

    message: int
    by: str


def clues(mail: Mail, domains: Collection[str]) -> Clues:
    """Return what a mail says of its parent, newest hints kept where there are too many."""
    named = [id for header in ("References", "In-Reply-To") for value in mail.all(header) for id in read_ids(value)]
    last = named[-_MOST_IDS:]
    tokens = [token for id in last if (token := ours(id, domains)) is not None]
    return Clues(tuple(tokens), tuple(last), tuple(domains))


def candidates(connection: Connection, inquiry: int, clue: Clues) -> Candidates:
    """Read the messages of an inquiry that a mail may answer, with all ids they are known by."""
    rows = lineage.candidates(connection, inquiry, clue.tokens, clue.ids, _RECENT)
    if not rows:
        raise LookupError(f"inquiry {inquiry} has no message")
    known = tuple([_known(row, clue.domains) for row in rows])
    named = set(clue.tokens)
    readers = tuple([to for row in rows for to, token in row.sent if token in named and to is not None])
    return Candidates(known, tuple([row.seq for row in rows]), rows[0].seq, readers)


def _known(row: Candidate, domains: Collection[str]) -> Known:
    ours = [f"m.{token}@{domain}" for _, token in row.sent for domain in domains]
    return Known(
        message=str(row.seq),
        ids=tuple([row.message_id, *ours] if row.message_id else ours),
        subject=row.subject,
        author=row.from_email,
        at=row.at,
        thread_index=row.thread_index,
    )


def parent_of(mail: Mail, among: Candidates) -> Parent:
    """Choose the parent; the inquiry's first message where nothing else can be told."""
    decision: Decision = find_parent(mail, among.known)
    if decision.parent is None:
        return Parent(among.first, "inquiry")
    return Parent(int(decision.parent), decision.by)

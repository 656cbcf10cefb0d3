"""Which message of the inquiry does this mail answer? The recipient has already decided the inquiry; the ids
and the subject in a mail are hints for the parent inside it, never authority (R16).

The ids that a mail names are looked up. Only where they lead nowhere are the last messages read.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from ..store import lineage
from ..store.lineage import Candidate, Copy
from ..threading.message_ids import ours
from ..threading.parent import Decision, Known, Names, find_by_id, find_by_look, names_in
from .mail import Mail
from .mail.masks import message_id

_MOST_IDS = 200  # of those in one header, the newest
BY_ID = frozenset({"own-id", "references", "in-reply-to", "thread-index"})  # the mail names one of the inquiry
RECENT = 50  # messages looked at where no id leads anywhere


@dataclass(frozen=True, slots=True)
class Parent:
    """The message answered, and what decided it."""

    message: int
    by: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a mail answers, and whose copies of our mails it names, by participant."""

    parent: Parent
    readers: tuple[int, ...]


def find(connection: Connection, inquiry: int, mail: Mail, domains: Collection[str]) -> Found:
    """Find what a mail answers; the inquiry's first message where nothing tells. `domains`: those of our ids."""
    names = _newest(names_in(mail))
    tokens = {token for id in names.answered if (token := ours(id, domains)) is not None}
    copies = lineage.copies(connection, inquiry, tokens)
    readers = tuple([copy.recipient for copy in copies if copy.recipient is not None])
    decision = find_by_id(names, [_copied(copy, domains) for copy in copies])
    if decision is None:
        named = lineage.named(connection, inquiry, names.answered)
        decision = find_by_id(names, [_known(row) for row in named])
    return Found(_parent(decision) or _by_look(connection, inquiry, mail, names), readers)


def _newest(names: Names) -> Names:
    return replace(names, references=names.references[:_MOST_IDS], in_reply_to=names.in_reply_to[:_MOST_IDS])


def _by_look(connection: Connection, inquiry: int, mail: Mail, names: Names) -> Parent:
    """The message that a mail seems to answer, else the first one. Raises LookupError where there is none."""
    rows = lineage.first_and_last(connection, inquiry, RECENT)
    if not rows:
        raise LookupError(f"inquiry {inquiry} has no message")
    return _parent(find_by_look(mail, names, [_known(row) for row in rows])) or Parent(rows[0].seq, "inquiry")


def _parent(decision: Decision | None) -> Parent | None:
    return Parent(int(decision.parent), decision.by) if decision and decision.parent is not None else None


def _known(row: Candidate, ids: tuple[str, ...] = ()) -> Known:
    own = (row.message_id,) if row.message_id else ()
    return Known(str(row.seq), own + ids, row.subject, row.from_email, row.at, row.thread_index)


def _copied(copy: Copy, domains: Collection[str]) -> Known:
    return _known(copy, tuple([message_id(copy.token, domain) for domain in domains]))

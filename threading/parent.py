"""Which message a mail answers: inside one inquiry (`find_parent`) and in a whole mailbox (`arrange`).

The recipient has already decided the inquiry. Ids and subjects are hints for the place inside it.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ..relay.mail.model import Mail
from .arrange import Node, arrange, read_date
from .message_ids import has_token, ours, read_id, read_ids
from .subjects import base_subject

__all__ = [
    "Decision",
    "Known",
    "Names",
    "Node",
    "arrange",
    "find_by_id",
    "find_by_look",
    "find_parent",
    "names_in",
]

_CLOCK_SLACK = timedelta(hours=1)  # a writer's clock may be this much behind ours
_THREAD_INDEX_HEAD = 22  # bytes, then 5 for each reply ([MS-OXOMSG] section 2.2.1.3)
_ADDRESS = re.compile(r"[^\s<>,;:\"()]{1,128}@[^\s<>,;:\"()]{1,255}")


@dataclass(frozen=True, slots=True)
class Known:
    """A message of the inquiry that a mail may answer."""

    message: str  # the store's name of it, given back in `Decision.parent`
    ids: tuple[str, ...]  # our outgoing ids of it and its author's own, without angle brackets
    subject: str
    author: str  # address
    at: datetime  # when we accepted it
    thread_index: str = ""  # Outlook's header, as it stands in the mail


@dataclass(frozen=True, slots=True)
class Decision:
    """The parent and what told it: own-id, references, in-reply-to, thread-index, subject, none."""

    parent: str | None
    by: str


@dataclass(frozen=True, slots=True)
class Names:
    """The ids in a mail, without angle brackets: its own, and those of what it answers, newest first."""

    own: str  # "" where it has none
    references: tuple[str, ...]
    in_reply_to: tuple[str, ...]

    @property
    def answered(self) -> tuple[str, ...]:
        """All that it names, in the order in which they are believed: References before In-Reply-To."""
        return (*self.references, *self.in_reply_to)


def names_in(mail: Mail) -> Names:
    """Read the ids in a mail."""
    references = [id for value in mail.all("References") for id in read_ids(value)][::-1]
    in_reply_to = [id for value in mail.all("In-Reply-To") for id in read_ids(value)]
    return Names(read_id(mail.first("Message-ID")), tuple(references), tuple(in_reply_to))


def find_parent(mail: Mail, known: Sequence[Known]) -> Decision:
    """The message among `known` that `mail` answers, `Decision(None, "none")` where nothing tells."""
    names = names_in(mail)
    return find_by_id(names, known) or find_by_look(mail, names, known)


def find_by_id(names: Names, known: Sequence[Known]) -> Decision | None:
    """The message among `known` that a mail names, None where it names none of them.

    References come before In-Reply-To, the newest id first: our own ids win over the author's, because only
    who got our mail can name them.
    """
    candidates = _others(names, known)
    found = _by_token([id for id in names.answered if has_token(id)], candidates)
    if found:
        return Decision(found.message, "own-id")
    by_id = {id: one for one in reversed(candidates) for id in one.ids} if names.answered else {}
    for ids, by in ((names.references, "references"), (names.in_reply_to, "in-reply-to")):
        for id in ids:
            if id in by_id:
                return Decision(by_id[id].message, by)
    return None


def find_by_look(mail: Mail, names: Names, known: Sequence[Known]) -> Decision:
    """The message among `known` that a mail seems to answer by its Thread-Index or subject."""
    candidates = _others(names, known)
    found = _by_thread_index(mail.first("Thread-Index"), candidates)
    if found:
        return Decision(found.message, "thread-index")
    found = _by_subject(mail, candidates)
    return Decision(found.message, "subject") if found else Decision(None, "none")


def _others(names: Names, known: Sequence[Known]) -> Sequence[Known]:
    """All of `known` but the mail itself, which it never answers."""
    return [one for one in known if names.own not in one.ids] if names.own else known


def _by_token(named: Sequence[str], known: Sequence[Known]) -> Known | None:
    """The message that the first of the `named` ids with a token of ours is of."""
    by_token: dict[str, Known] = {}
    domains: set[str] = set()
    for one in known if named else ():
        for id in one.ids:
            domain = id.rpartition("@")[2]
            token = ours(id, (domain,)) if domain else None
            if token is not None:
                by_token.setdefault(token, one)
                domains.add(domain)
    tokens = (ours(id, domains) for id in named)
    return next((by_token[token] for token in tokens if token in by_token), None)


def _by_thread_index(value: str, known: Iterable[Known]) -> Known | None:
    """The message whose Thread-Index is the longest true beginning of this one's."""
    own = _thread_index(value)
    best: tuple[int, Known] | None = None
    for one in known if own else ():
        other = _thread_index(one.thread_index)
        if other and len(other) < len(own) and own.startswith(other) and (best is None or len(other) > best[0]):
            best = len(other), one
    return best[1] if best else None


def _thread_index(value: str) -> bytes:
    try:
        data = base64.b64decode("".join(value[:4096].split()), validate=True)
    except (binascii.Error, ValueError):
        return b""
    return data if len(data) >= _THREAD_INDEX_HEAD else b""


def _by_subject(mail: Mail, known: Iterable[Known]) -> Known | None:
    """The newest message of somebody else with the same base subject that was there when the mail was written."""
    base = base_subject(mail.first("Subject")).casefold()
    if not base:
        return None
    writer = _address(mail.first("From"))
    same = [one for one in known if _may_be_based(one.subject, base) and base_subject(one.subject).casefold() == base]
    others = [one for one in same if not writer or one.author.lower() != writer] or same
    date = read_date(mail.first("Date"))
    before = [one for one in others if date is None or _utc(one.at) - _CLOCK_SLACK <= date] or others
    return max(before, key=lambda one: _utc(one.at), default=None)


def _may_be_based(subject: str, base: str) -> bool:
    """The quick look for a base subject: it stands in the whole one."""
    return base in " ".join(subject.split()).casefold()


def _address(value: str) -> str:
    found = _ADDRESS.findall(value[:4096])
    return found[-1].lower() if found else ""


def _utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at

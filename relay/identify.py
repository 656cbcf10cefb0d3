"""Fills in the sender field: who wrote this? One strict reading of From, what was proved of it, and the rules.

Pure. Every mail to a mask ends as known, joining, held or refused; docs/sender.md has the table. Sender, Reply-To,
Resent-* and display names never give identity, and under `enforce` nothing unproved is anybody's.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from .errors import NO_FROM, NOT_ANY_MORE, OUR_OWN, OWN_SIDE, SEVERAL_FROM, UNREADABLE_FROM, Reply
from .mail.addresses import Address, FromReading
from .mail.domains import same_company

Policy = Literal["open", "confirm", "approve"]
Why = Literal[
    "unproved", "other mailbox", "unknown sender", "odd header", "address to prove", "unreadable", "like a program"
]


class Person(Protocol):
    """What is needed to know of a participant."""

    @property
    def seq(self) -> int: ...  # noqa: D102
    @property
    def side(self) -> str: ...  # noqa: D102
    @property
    def email_key(self) -> str: ...  # noqa: D102
    @property
    def state(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Rules:
    """How strict this gateway is."""

    policy: Policy = "confirm"
    enforce: bool = True  # False: what was proved is recorded, and decides nothing
    ours: Collection[str] = ()  # reply domains: nobody writes from them


@dataclass(frozen=True, slots=True)
class Clue:
    """What is known of the mail besides its From."""

    proved: bool  # From's domain answers for it
    certain: bool = True  # False: the header could not be read to its end, so another From may follow
    answers: int | None = None  # the participant whose copy of a mail of ours it answers


@dataclass(frozen=True, slots=True)
class Known:
    """A participant of the writing side."""

    participant: int


@dataclass(frozen=True, slots=True)
class Joins:
    """Somebody new who is taken in; `how` becomes his joined_by."""

    how: Literal["domain", "cc", "open"]
    invited: int | None = None  # his row, where he was put in Cc before


@dataclass(frozen=True, slots=True)
class Held:
    """Waits for a yes: of participant `ask` at his known mailbox, of anybody of that side where it is None."""

    why: Why
    ask: int | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Told in the session. `participant` is who it was, where that is known."""

    reply: Reply
    participant: int | None = None


Decision = Known | Joins | Held | Refusal

_PROBLEMS = {"missing": NO_FROM, "several-headers": SEVERAL_FROM, "several-addresses": SEVERAL_FROM}


def identify(reading: FromReading, side: str, people: Sequence[Person], clue: Clue, rules: Rules) -> Decision:
    """Decide who wrote a mail to the mask that `side` writes to."""
    if reading.address is None:
        return Refusal(_PROBLEMS.get(reading.problem, UNREADABLE_FROM))
    if reading.address.domain in rules.ours:
        return Refusal(OUR_OWN)
    own = [one for one in people if one.email_key == reading.address.key and one.side == side]
    believed = clue.certain and (clue.proved or not rules.enforce)
    if own:
        return _of_ours(own, clue, believed=believed)
    opposite = next((one for one in people if one.email_key == reading.address.key and one.side != "observer"), None)
    if opposite is not None:
        return Refusal(OWN_SIDE, opposite.seq)
    return _stranger(reading.address, side, people, clue, rules, believed=believed)


def _of_ours(own: Sequence[Person], clue: Clue, *, believed: bool) -> Decision:
    """His address is on this side: decide by his state and by what was proved."""
    one = min(own, key=lambda person: ("active", "invited", "guest").index(person.state) if person.state in _MAY else 9)
    if one.state not in _MAY:
        return Refusal(NOT_ANY_MORE, one.seq)
    if one.state == "active":
        return Known(one.seq) if believed else Held("unproved" if clue.certain else "odd header", one.seq)
    if one.state == "invited" and believed:
        return Joins("cc", one.seq)
    return Held("unknown sender")


_MAY = ("active", "invited", "guest")


def _stranger(
    address: Address, side: str, people: Sequence[Person], clue: Clue, rules: Rules, *, believed: bool
) -> Decision:
    """Nobody we know: taken in by policy or by his company's domain, else held for the right person's yes."""
    active = [one for one in people if one.side == side and one.state == "active"]
    domains = {one.email_key.rpartition("@")[2] for one in active}
    if not clue.certain:
        return Held("odd header")
    if believed and rules.policy == "open":
        return Joins("open")
    if believed and rules.policy == "confirm" and clue.proved and same_company(address.domain, domains):
        return Joins("domain")
    if clue.answers is not None and any(one.seq == clue.answers for one in active):
        return Held("other mailbox", clue.answers)
    return Held("unknown sender")

"""Fills in the sender field: who, of those we know, wrote this? Pure; decides by one strict reading of From.

Known: exactly one From with exactly one address, and it belongs to an active participant of the writing side.
Unknown: held until somebody says yes. Everything that cannot be read as one address is refused in the session.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from .errors import NO_FROM, NOT_ANY_MORE, OWN_SIDE, SEVERAL_FROM, UNREADABLE_FROM, Reply
from .mail.addresses import FromReading


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
class Known:
    """A participant of the writing side."""

    participant: int


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody we cannot name; `why` is a word for ops."""

    why: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Told in the session. `participant` is who it was, where that is known."""

    reply: Reply
    participant: int | None = None


Decision = Known | Held | Refusal

_PROBLEMS = {"missing": NO_FROM, "several-headers": SEVERAL_FROM, "several-addresses": SEVERAL_FROM}


def unreadable(reading: FromReading) -> Reply | None:
    """Return the refusal of a From that names nobody or more than one, None when it names one."""
    return None if reading.address is not None else _PROBLEMS.get(reading.problem, UNREADABLE_FROM)


def identify(reading: FromReading, writing_side: str, people: Sequence[Person]) -> Decision:
    """Decide who of `people` wrote a mail to the mask that `writing_side` writes to."""
    refusal = unreadable(reading)
    if refusal is not None or reading.address is None:
        return Refusal(refusal or UNREADABLE_FROM)
    key = reading.address.key
    own = [person for person in people if person.email_key == key and person.side == writing_side]
    active = next((person for person in own if person.state == "active"), None)
    if active is not None:
        return Known(active.seq)
    if own:
        return Refusal(NOT_ANY_MORE, own[0].seq)
    others = next((person for person in people if person.email_key == key and person.side != "observer"), None)
    if others is not None:
        return Refusal(OWN_SIDE, others.seq)
    return Held("unknown sender")

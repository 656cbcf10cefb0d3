"""What all actions share: somebody does something in an inquiry, within one transaction.

An action is a wish (a frozen value that says what is wanted) and one function of one shape, `do(deed, wish) -> Done`.
The page, the action addresses and the API all make a wish and hand it to `act` (act.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection

from ...store import events
from ...store.blobs import StoredBlob
from ...store.tables import ParticipantState, Side
from ...store.values import EventRow, InquiryRow, ParticipantRow
from ..record import Cause, Notice, add_event, queue_delivery
from ..world import World

Channel = Literal["mail", "page", "api"]


class CannotAct(Exception):
    """What was wanted cannot be done; `word` says why (docs/actions.md), nothing was changed.

    `about` holds what the sentence for people names: of a file its name, and which types and sizes are taken.
    """

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word
        self.about: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a wish: the event it made, and a word for the page's calm line. `again`: it was done before."""

    word: str
    event: int | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class Deed:
    """Who does something, where and by which way."""

    connection: Connection
    world: World
    inquiry: InquiryRow
    people: tuple[ParticipantRow, ...]
    actor: ParticipantRow
    cause: Cause
    channel: Channel
    raw: StoredBlob | None = None  # the mail that asked for it

    @property
    def now(self) -> datetime:
        """When it is done."""
        return self.cause.at

    def events(self) -> tuple[EventRow, ...]:
        """Return what has happened so far, oldest first."""
        return events.of_inquiry(self.connection, self.inquiry.seq)

    def active(self, side: str) -> tuple[ParticipantRow, ...]:
        """Return the active people of a side, first comer first."""
        return tuple(one for one in self.people if one.side == side and one.state == ParticipantState.ACTIVE)

    @property
    def others(self) -> tuple[ParticipantRow, ...]:
        """The active people of the other side."""
        return self.active(Side(self.actor.side).other)

    @property
    def colleagues(self) -> tuple[ParticipantRow, ...]:
        """The active people of the actor's own side but for himself."""
        return tuple(one for one in self.active(self.actor.side) if one.seq != self.actor.seq)

    def note(self, kind: str, **proof: Any) -> int:
        """Append the event with the actor, how it came and what belongs to it; the mail itself is kept with it."""
        raw = self.raw.hash if self.raw else None
        told = {"by": self.channel, **proof}
        return add_event(self.connection, self.inquiry.seq, self.now, kind, self.actor.seq, proof=told, raw=raw)

    def tell(self, kind: str, people: Iterable[ParticipantRow], event: int, word: str = "") -> None:
        """Queue a mail of this kind about `event` to each of these people."""
        for person in people:
            queue_delivery(self.connection, self.cause, kind, person, None, Notice(word, self.actor.seq, event=event))

    def confirm(self, event: int) -> None:
        """Tell the actor that it is done, with the way back where there is one."""
        self.tell("done", (self.actor,), event)

"""The people of the reader's own side as his page lists them: address, how they came in, whether they take part."""

from collections.abc import Sequence
from dataclasses import dataclass

from ...store.tables import ParticipantState
from ...store.values import ParticipantRow
from ..compose.i18n import Words
from .people import People


@dataclass(frozen=True, slots=True)
class Colleague:
    """One person of the reader's side."""

    id: str
    name: str
    address: str  # "" where the name is the address
    you: bool
    joined: str
    state: str  # "" where he takes part
    removable: bool  # the reader may take him out


@dataclass(frozen=True, slots=True)
class OwnSide:
    """Everybody of the reader's side."""

    people: tuple[Colleague, ...]
    names: str  # of those who take part, as a list
    may_leave: bool


def own_side(rows: Sequence[ParticipantRow], people: People, words: Words) -> OwnSide:
    """Return the reader's side for the template, in the order of joining."""
    reader = people.reader
    own = [one for one in rows if one.side == reader.side]
    active = [one for one in own if one.state == ParticipantState.ACTIVE]
    colleagues = tuple(_colleague(one, people, words) for one in own)
    return OwnSide(colleagues, people.listed(active), may_leave=reader in active and len(active) > 1)


def may_take_out(person: ParticipantRow, reader: ParticipantRow) -> bool:
    """Whether `reader` may end the part of `person`: his own, or that of a newcomer of his side."""
    if (person.inquiry, person.side) != (reader.inquiry, reader.side) or reader.state != ParticipantState.ACTIVE:
        return False
    joined = person.state == ParticipantState.ACTIVE and person.joined_by != "inquiry"
    return person.seq == reader.seq or joined


def _colleague(person: ParticipantRow, people: People, words: Words) -> Colleague:
    view = people.view(person)
    return Colleague(
        id=person.id,
        name=view.name,
        address=view.address,
        you=view.you,
        joined=_joined(person.joined_by, words),
        state=_state(person.state, words),
        removable=not view.you and may_take_out(person, people.reader),
    )


def _joined(how: str, words: Words) -> str:
    say = words.gettext
    match how:
        case "inquiry":
            return say("from the start")
        case "cc":
            return say("was put in Cc")
        case "domain":
            return say("wrote from your company's address")
        case "approved" | "once":
            return say("somebody on your side said yes")
        case _:
            return say("wrote to the address of this request")


def _state(state: str, words: Words) -> str:
    say = words.gettext
    match state:
        case ParticipantState.INVITED:
            return say("takes part with the first mail")
        case ParticipantState.GUEST:
            return say("one mail was passed on")
        case ParticipantState.LEFT:
            return say("no longer takes part")
        case ParticipantState.TRANSFERRED:
            return say("handed over to a colleague")
        case _:
            return ""

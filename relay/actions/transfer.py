"""Hands the inquiry to somebody else of one's side: he gets all of it, and answers from now on."""

from dataclasses import dataclass
from datetime import timedelta

from ...store import inquiries, outbox
from ...store.tables import Participant, ParticipantState
from ...store.values import ParticipantRow
from ..joining import newcomer
from ..mail.addresses import Address, clean_name
from ..record import join
from ..renewal import renew_link
from .deed import CannotAct, Deed, Done

_MOST_NOTE = 4000  # characters
_DAY = timedelta(days=1)
_MOST_A_DAY = 10  # how often one inquiry may change hands in a day


@dataclass(frozen=True, slots=True)
class Transfer:
    """To whom, and what he is to know ("" for nothing)."""

    to: Address
    name: str = ""
    note: str = ""


def do(deed: Deed, wish: Transfer) -> Done:
    """Put `wish.to` in the actor's place. Raises CannotAct: not to oneself, the other side, an address of ours."""
    _check(deed, wish.to)
    new = _successor(deed, wish)
    state = ParticipantState.TRANSFERRED if deed.world.settings.actions.keep_reading else ParticipantState.LEFT
    inquiries.set_participant_state(deed.connection, deed.actor.seq, state)
    outbox.drop_all_to(deed.connection, deed.actor.seq, deed.now)
    note = wish.note.strip()[:_MOST_NOTE]
    event = deed.note("inquiry.transferred", to=new.seq, email=new.email, note=note)
    if state == ParticipantState.TRANSFERRED:
        # His link may be in a mail that he has forwarded: whoever reads along by it reads no longer.
        renew_link(deed.connection, deed.world.links, deed.actor, deed.now, deed.channel)
    deed.tell("handed", (new,), event)
    deed.tell("news", deed.others, event)
    deed.tell("news", [one for one in deed.colleagues if one.seq != new.seq], event)
    deed.confirm(event)
    return Done("transferred", event)


def _check(deed: Deed, to: Address) -> None:
    if to.domain in {place.reply_domain for place in deed.world.settings.marketplace}:
        raise CannotAct("address_of_ours")
    if to.key == deed.actor.email_key:
        raise CannotAct("to_oneself")
    if any(one.email_key == to.key and one.side != deed.actor.side for one in deed.people):
        raise CannotAct("address_unusable")
    before = [event for event in deed.events() if event.kind == "inquiry.transferred"]
    if sum(deed.now - event.at < _DAY for event in before) >= _MOST_A_DAY:
        raise CannotAct("too_often")


def _successor(deed: Deed, wish: Transfer) -> ParticipantRow:
    """Return who goes on: somebody who takes part already, one who did before, or somebody new."""
    known = next((one for one in deed.people if one.email_key == wish.to.key), None)
    if known is None:
        return join(deed.connection, deed.world.links, _new(deed, wish))
    if known.state != ParticipantState.ACTIVE:
        inquiries.set_participant_state(deed.connection, known.seq, ParticipantState.ACTIVE)
    return inquiries.participant(deed.connection, known.seq)


def _new(deed: Deed, wish: Transfer) -> Participant:
    actor = deed.actor
    row = newcomer(deed.inquiry.seq, actor.side, wish.to, clean_name(wish.name), actor.language, "transfer", deed.cause)
    row.company = actor.company
    return row

"""Says yes or no to a held mail. A yes relays it as it came, with its own Date, files and place in the thread."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from ...store import inquiries, messages
from ...store.tables import MessageState, ParticipantState
from ...store.values import MessageRow, ParticipantRow
from ..about import of_message
from ..compose.sender_notices import needs_its_own_yes
from ..holding import say_no
from ..joining import newcomer
from ..mail.addresses import clean_name, parse_address
from ..record import Cause, add_event, join
from ..relaying import relay
from ..world import World

Scope = Literal["always", "once"]


class NotHeld(Exception):
    """There is no such held message: wrong id, or somebody has decided already."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of a held message. `also` are other held mails of the same writer that went with it."""

    id: str
    inquiry: str
    state: str
    deliveries: int
    also: tuple[str, ...] = ()


async def release(world: World, id: str, by: str, scope: Scope = "always") -> Decided:
    """Relay a held message. Raises NotHeld.

    "always": its writer takes part from now on, and everything else that waits from him goes out with it, in order.
    "once": only this mail; his next one is held again.
    """
    now = world.clock()

    def unit(connection: Connection) -> tuple[Decided, list[MessageRow]]:
        message = _held(connection, id)
        author = _author(connection, world, message, scope, by)
        rows = [message, *(_waiting_too(connection, message) if scope == "always" else ())]
        rows.sort(key=lambda row: row.seq)
        count = sum(_let_through(connection, world, Cause(row.mail, now), row, author, by) for row in rows)
        inquiry = inquiries.get(connection, message.inquiry)
        also = tuple(row.id for row in rows if row.seq != message.seq)
        return Decided(message.id, inquiry.id, "released", count, also), rows

    decided, rows = await world.store.write(unit, of=await of_message(world, id))
    for row in rows:
        world.journal.released(
            id=row.mail, inquiry=decided.inquiry, message=row.id, by=by, deliveries=decided.deliveries
        )
    world.wake()
    return decided


async def refuse(world: World, id: str, by: str) -> Decided:
    """Keep a held message from being relayed, for good; its writer is told where that is safe. Raises NotHeld."""
    now = world.clock()

    def unit(connection: Connection) -> tuple[Decided, str]:
        message = _held(connection, id)
        say_no(connection, Cause(message.mail, now), message, by)
        inquiry = inquiries.get(connection, message.inquiry)
        return Decided(message.id, inquiry.id, "refused", 0), message.mail

    decided, mail = await world.store.write(unit, of=await of_message(world, id))
    world.journal.refused(id=mail, inquiry=decided.inquiry, message=decided.id, by=by)
    world.wake()
    return decided


def _held(connection: Connection, id: str) -> MessageRow:
    message = messages.find(connection, id)
    if message is None or message.state != MessageState.HELD:
        raise NotHeld(id)
    return message


def _waiting_too(connection: Connection, message: MessageRow) -> list[MessageRow]:
    """Return what else waits from the same writer for the same reason; some need each their own yes."""
    if needs_its_own_yes(message.why_held):
        return []
    return [
        row
        for row in messages.held(connection)
        if (row.inquiry, row.side, row.from_email) == (message.inquiry, message.side, message.from_email)
        and row.seq != message.seq
        and row.why_held == message.why_held
    ]


def _let_through(
    connection: Connection, world: World, cause: Cause, message: MessageRow, author: ParticipantRow, by: str
) -> int:
    messages.release(connection, message.seq, author.seq)
    add_event(connection, message.inquiry, cause.at, "message.released", author.seq, message.seq, {"by": by})
    copy = world.settings.notices.copy_to_writer and author.state == ParticipantState.ACTIVE
    people = inquiries.participants(connection, message.inquiry)
    return relay(connection, cause, message, author, people, copy_to_writer=copy)


def _author(connection: Connection, world: World, message: MessageRow, scope: Scope, by: str) -> ParticipantRow:
    """Return the writer as a participant of the side he wrote for, joining him if he is new."""
    address = parse_address(message.from_email)
    if address is None:
        raise NotHeld(f"{message.id}: it names no writer")
    own = [
        person
        for person in inquiries.participants(connection, message.inquiry)
        if person.email_key == address.key and person.side == message.side
    ]
    person = next((one for one in own if one.state == ParticipantState.ACTIVE), None) or next(iter(own), None)
    if person is not None:
        return _at_least(connection, world, person, scope, by)
    cause = Cause(message.mail, world.clock())
    how = "approved" if scope == "always" else "once"
    row = newcomer(message.inquiry, message.side, address, clean_name(message.from_name), "", how, cause)
    state = ParticipantState.ACTIVE if scope == "always" else ParticipantState.GUEST
    return join(connection, world.links, row, state)


def _at_least(connection: Connection, world: World, person: ParticipantRow, scope: Scope, by: str) -> ParticipantRow:
    """Bring somebody who was invited, a guest or gone back in for good, where the yes is for always."""
    if scope == "once" or person.state == ParticipantState.ACTIVE:
        return person
    inquiries.set_participant_state(connection, person.seq, ParticipantState.ACTIVE)
    proof = {"by": "approved", "approved_by": by}
    add_event(connection, person.inquiry, world.clock(), "participant.joined", person.seq, None, proof)
    return inquiries.participant(connection, person.seq)

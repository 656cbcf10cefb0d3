"""Says yes or no to a held mail. A yes relays it as it came, with its own Date, files and place in the thread."""

from dataclasses import dataclass

from sqlalchemy import Connection

from ...store import inquiries, messages
from ...store.tables import MessageState, Participant
from ...store.values import MessageRow, ParticipantRow
from ..clock import new_id
from ..mail.addresses import parse_address
from ..record import Cause, add_event, join, queue_message
from ..world import World


class NotHeld(Exception):
    """There is no such held message: wrong id, or somebody has decided already."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of a held message."""

    id: str
    inquiry: str
    state: str
    deliveries: int


async def release(world: World, id: str, by: str) -> Decided:
    """Relay a held message; its writer becomes a participant of the inquiry. Raises NotHeld."""
    now = world.clock()

    def unit(connection: Connection) -> tuple[Decided, str]:
        message = _held(connection, id)
        author = _author(connection, world, message)
        messages.release(connection, message.seq, author.seq)
        proof = {"by": by}
        add_event(connection, message.inquiry, now, "message.released", author.seq, message.seq, proof)
        cause = Cause(message.mail, now)
        copy = world.settings.notices.copy_to_writer
        count = queue_message(connection, cause, message, author, copy_to_writer=copy)
        inquiry = inquiries.get(connection, message.inquiry)
        return Decided(message.id, inquiry.id, "released", count), message.mail

    decided, mail = await world.store.write(unit)
    world.journal.released(id=mail, inquiry=decided.inquiry, message=decided.id, by=by, deliveries=decided.deliveries)
    world.wake()
    return decided


async def refuse(world: World, id: str, by: str) -> Decided:
    """Keep a held message from being relayed, for good. Raises NotHeld."""
    now = world.clock()

    def unit(connection: Connection) -> tuple[Decided, str]:
        message = _held(connection, id)
        messages.set_state(connection, message.seq, MessageState.REFUSED, (MessageState.HELD,))
        add_event(connection, message.inquiry, now, "message.refused", None, message.seq, {"by": by})
        inquiry = inquiries.get(connection, message.inquiry)
        return Decided(message.id, inquiry.id, "refused", 0), message.mail

    decided, mail = await world.store.write(unit)
    world.journal.refused(id=mail, inquiry=decided.inquiry, message=decided.id, by=by)
    return decided


def _held(connection: Connection, id: str) -> MessageRow:
    message = messages.find(connection, id)
    if message is None or message.state != MessageState.HELD:
        raise NotHeld(id)
    return message


def _author(connection: Connection, world: World, message: MessageRow) -> ParticipantRow:
    """Return the writer as a participant of the side he wrote for, joining him if he is new."""
    address = parse_address(message.from_email)
    if address is None:
        raise NotHeld(f"{message.id}: it names no writer")
    for person in inquiries.participants(connection, message.inquiry):
        if person.email_key == address.key and person.side == message.side and person.state == "active":
            return person
    inquiry = inquiries.get(connection, message.inquiry)
    now = world.clock()
    person = Participant(
        id=new_id(now),
        inquiry=message.inquiry,
        side=message.side,
        email=address.text,
        email_key=address.key,
        name=message.from_name,
        language=world.settings.place(inquiry.marketplace).language,
        joined_by="released",
        joined_at=now,
    )
    return join(connection, world.links, person)

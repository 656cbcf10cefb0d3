"""Somebody typed his address on the page and has shown, by the link in a mail to it, that it is his."""

from sqlalchemy import Connection

from ...store import inquiries, messages
from ...store.tables import MessageState
from ...store.values import MessageRow, ParticipantRow
from ..about import of_message
from ..holding import ask, say_no
from ..identify import Clue, Decision, Joins, Known, Refusal, Rules, identify
from ..joining import admit, newcomer
from ..mail.addresses import clean_name, parse_address, read_from
from ..record import Cause, add_event
from ..relaying import relay
from ..world import World
from .hold import NotHeld


async def prove(world: World, message_id: str) -> str:
    """Take the address of a message as proved. Raises NotHeld.

    "relayed"; "held" where his side is asked; "refused" where it is of somebody who may not write for this side: one
    who left, or one of the other side, whose address this side must not be shown.
    """
    now = world.clock()

    def unit(connection: Connection) -> tuple[str, MessageRow, int]:
        message = messages.find(connection, message_id)
        if message is None or message.state != MessageState.HELD or message.why_held != "address to prove":
            raise NotHeld(message_id)
        cause = Cause(message.mail, now)
        decision = _decide(connection, world, message)
        if isinstance(decision, Known | Joins):
            author = _author(connection, world, cause, message, decision)
            messages.release(connection, message.seq, author.seq)
            proof = {"by": "link"}
            add_event(connection, message.inquiry, now, "message.released", author.seq, message.seq, proof)
            copy = world.settings.notices.copy_to_writer
            people = inquiries.participants(connection, message.inquiry)
            return "relayed", message, relay(connection, cause, message, author, people, copy_to_writer=copy)
        if isinstance(decision, Refusal):
            say_no(connection, cause, message, decision.reply.reason)
            return "refused", message, 0
        messages.wait_for(connection, message.seq, decision.why, decision.ask)
        return "held", message, ask(connection, cause, message, decision)

    state, message, count = await world.store.write(unit, of=await of_message(world, message_id))
    inquiry = await world.store.read(lambda connection: inquiries.get(connection, message.inquiry))
    if state == "refused":
        world.journal.refused(id=message.mail, inquiry=inquiry.id, message=message.id, by="link")
    if state == "relayed":
        world.journal.released(id=message.mail, inquiry=inquiry.id, message=message.id, by="link", deliveries=count)
    world.wake()
    return state


def _decide(connection: Connection, world: World, message: MessageRow) -> Decision:
    reading = read_from([message.from_email.encode()])
    people = inquiries.participants(connection, message.inquiry)
    settings = world.settings
    ours = {place.reply_domain for place in settings.marketplace}
    return identify(reading, message.side, people, Clue(proved=True), Rules(settings.sender.policy, True, ours))


def _author(
    connection: Connection, world: World, cause: Cause, message: MessageRow, decision: Known | Joins
) -> ParticipantRow:
    if isinstance(decision, Known):
        return inquiries.participant(connection, decision.participant)
    address = parse_address(message.from_email)
    if address is None:
        raise NotHeld(message.id)
    invited = inquiries.participant(connection, decision.invited) if decision.invited is not None else None
    name = clean_name(message.from_name)
    new = newcomer(message.inquiry, message.side, address, name, "", decision.how, cause)
    return admit(connection, world.links, cause, invited, new, decision)

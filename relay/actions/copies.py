"""Whether somebody gets a copy of each message that he writes: switched by himself, one press each way (R40)."""

from sqlalchemy import Connection

from ...store import inquiries
from ..about import of_participant
from ..world import World


async def set_copies(world: World, participant: int, wanted: bool, id: str) -> None:
    """Switch a participant's copies on or off; the same again changes nothing. `id` follows it through the journal."""

    def unit(connection: Connection) -> str:
        inquiries.set_copies(connection, participant, wanted)
        return inquiries.get(connection, inquiries.participant(connection, participant).inquiry).id

    inquiry = await world.store.write(unit, of=await of_participant(world, participant))
    world.journal.copies(id=id, inquiry=inquiry, participant=str(participant), wanted=wanted)

"""Records that somebody has read messages of the other side on his page; a receipt by mail is relay/receipts.py.

A GET shows nothing of this kind: scanners and previews make GETs. It is a visible page that says so, by a POST.
"""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection

from ...store import inquiries, messages
from ...store.tables import ParticipantState
from ..about import of_participant
from ..noted import note_read
from ..world import World

_MOST = 200  # messages told at once: more than a page shows


async def read_on_page(
    world: World, reader: int, ids: Collection[str], proof: Mapping[str, str], id: str
) -> tuple[str, ...]:
    """Record that the participant `reader` has seen these messages, by their ids, on his page.

    Idempotent for each reader and message. `proof`: what is known of how (words of ours), kept with the event. Ids of
    his own side, of other inquiries and of messages that he may not see are passed over. `id` follows it through the
    journal. Returns those newly read.
    """
    now = world.clock()

    def unit(connection: Connection) -> tuple[tuple[str, ...], str]:
        person = inquiries.participant(connection, reader)
        if person.state not in (ParticipantState.ACTIVE, ParticipantState.TRANSFERRED):
            return (), ""
        told = {"by": "page", **proof}
        rows = [row for one in list(dict.fromkeys(ids))[:_MOST] if (row := messages.find(connection, one)) is not None]
        done = tuple(row.id for row in rows if note_read(connection, now, row, person, told))
        return done, inquiries.get(connection, person.inquiry).id

    done, inquiry = await world.store.write(unit, of=await of_participant(world, reader))
    if done:
        world.wake()
        world.journal.seen(id=id, inquiry=inquiry, participant=str(reader), messages=len(done))
    return done

"""How people come into an inquiry: taken in by a rule, put in Cc, or let in by somebody's yes.

Units of work, each with its event and the notice to whom it concerns.
"""

from sqlalchemy import Connection

from ..store import inquiries
from ..store.tables import Participant, ParticipantState, Side
from ..store.values import ParticipantRow
from .clock import new_id
from .identify import Joins
from .mail.addresses import Address, address_list
from .mail.domains import same_company
from .personal_links import LinkMaker
from .record import Cause, Notice, add_event, join, queue_delivery
from .understand import Understood

_MOST_CC = 20  # people that one mail may bring in


def admit(
    connection: Connection, links: LinkMaker, cause: Cause, writer: ParticipantRow | None, new: Participant, how: Joins
) -> ParticipantRow:
    """Take the writer of a mail in as `new`, or as `writer` where he was invited; tell the first of his side."""
    if writer is not None:
        inquiries.set_participant_state(connection, writer.seq, ParticipantState.ACTIVE)
        add_event(connection, writer.inquiry, cause.at, "participant.joined", writer.seq, None, {"by": how.how})
        person = inquiries.participant(connection, writer.seq)
    else:
        person = join(connection, links, new)
    tell_first(connection, cause, person)
    return person


def tell_first(connection: Connection, cause: Cause, newcomer: ParticipantRow) -> None:
    """Tell the first active person of the newcomer's side that he takes part now, so that it can be undone."""
    people = inquiries.participants(connection, newcomer.inquiry)
    first = next((one for one in people if one.side == newcomer.side and one.state == "active"), None)
    if first is not None and first.seq != newcomer.seq:
        queue_delivery(connection, cause, "joined", first, None, Notice("joined", about=newcomer.seq))


def newcomer(
    inquiry: int, side: str, address: Address, name: str, language: str, how: str, cause: Cause
) -> Participant:
    """Return the row of somebody new on `side`. `language`: "" where nobody told it."""
    return Participant(
        id=new_id(cause.at),
        inquiry=inquiry,
        side=side,
        email=address.text,
        email_key=address.key,
        name=name,
        language=language,
        joined_by=how,
        joined_at=cause.at,
    )


def copied(understood: Understood) -> tuple[Address, ...]:
    """Return everybody in To and Cc of a mail."""
    values = [value for name, value in understood.mail.raw_headers if name.lower() in ("to", "cc")]
    return address_list(values)


def bring_in(
    connection: Connection,
    links: LinkMaker,
    cause: Cause,
    author: ParticipantRow,
    people: tuple[ParticipantRow, ...],
    named: tuple[Address, ...],
) -> int:
    """People whom the author put in Cc take part on his side: colleagues at once, others when they write.

    Returns how many came to the `people` who are part of the inquiry. `named` holds no address of ours. Nobody changes
    side, nobody who left comes back, and no more than 20 come.
    """
    known = {one.email_key for one in people}
    domains = {one.email_key.rpartition("@")[2] for one in people if one.side == author.side and one.state == "active"}
    strangers = {address.key: address for address in named if address.key not in known}
    coming = list(strangers.values())[:_MOST_CC]
    for address in coming:
        person = newcomer(author.inquiry, author.side, address, "", author.language, "cc", cause)
        if same_company(address.domain, domains):
            join(connection, links, person)
        else:
            join(connection, links, person, ParticipantState.INVITED)
    return len(coming)


def side_of(people: tuple[ParticipantRow, ...], side: Side | str) -> tuple[ParticipantRow, ...]:
    """Return the active people of a side, first comer first."""
    return tuple(one for one in people if one.side == side and one.state == ParticipantState.ACTIVE)

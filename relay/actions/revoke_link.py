"""Revokes a personal link, for ops: the old ones open nothing from then on, the next mail brings the new one."""

from dataclasses import dataclass

from sqlalchemy import Connection

from ...store import inquiries
from ...store.values import ParticipantRow
from ..clock import new_id
from ..mail.addresses import parse_address
from ..renewal import renew_link
from ..world import World
from .close import NoSuchInquiry


class NoSuchParticipant(Exception):
    """Nobody with this address is in the inquiry."""


@dataclass(frozen=True, slots=True)
class Revoked:
    """Whose link opens nothing any more, and the new one."""

    inquiry: str
    email: str
    link: str


async def revoke_link(world: World, name: str, email: str, by: str) -> tuple[Revoked, ...]:
    """Renew the link of whoever has this address in the inquiry with this id or reference; no mail is sent.

    Raises NoSuchInquiry, NoSuchParticipant.
    """
    address, now = parse_address(email.strip()), world.clock()

    def unit(connection: Connection) -> tuple[Revoked, ...]:
        inquiry = inquiries.find(connection, name)
        if inquiry is None:
            raise NoSuchInquiry(name)
        people = [
            one
            for one in inquiries.participants(connection, inquiry.seq)
            if address is not None and one.email_key == address.key
        ]
        if not people:
            raise NoSuchParticipant(email)
        return tuple(revoked(connection, person, inquiry.id) for person in people)

    def revoked(connection: Connection, person: ParticipantRow, inquiry: str) -> Revoked:
        renew_link(connection, world.links, person, now, by)
        return Revoked(inquiry, person.email, world.personal_link(inquiries.participant(connection, person.seq)))

    done = await world.store.write(unit)
    for one in done:
        world.journal.acted(id=new_id(now), inquiry=one.inquiry, action="revoke_link", by=by, again=False)
    return done

"""Revokes a personal link, for ops: the old ones open nothing from then on, the next mail brings the new one."""

from dataclasses import dataclass

from sqlalchemy import Connection

from ...store import inquiries
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
        for person in people:
            renew_link(connection, world.links, person, now, by)
        base = world.settings.links.base_url
        links = (f"{base}/c/{world.links.token(person.id, person.link + 1)}" for person in people)
        return tuple(Revoked(inquiry.id, person.email, link) for person, link in zip(people, links, strict=True))

    done = await world.store.write(unit)
    for one in done:
        world.journal.acted(id=new_id(now), inquiry=one.inquiry, action="revoke_link", by=by, again=False)
    return done

"""Which of our addresses is this? Asked at RCPT: the recipient alone decides the inquiry, never a header."""

from datetime import datetime

from sqlalchemy import Connection

from ..store import inquiries, outbox
from .arrival import BounceHit, Hit, MaskHit, OperatorHit
from .errors import CLOSED, NO_SUCH_ADDRESS, Reply
from .job import WITHOUT_RETURN_PATH
from .mail.masks import VERBS, MaskName, mask_address, read_local, return_path
from .world import World

_WHEN_CLOSED = ("reopen", "history")  # what can still be asked for then
_OPERATOR = frozenset({"postmaster", "abuse"})  # RFC 5321 4.5.1, RFC 2142


async def resolve(world: World, local: str, domain: str) -> Hit | Reply:
    """Return whom `local@domain` leads to, or the refusal. `domain` is "" for a bare `<postmaster>`."""
    ours = {place.reply_domain for place in world.settings.marketplace}
    if local.lower() in _OPERATOR and (not domain or domain.lower() in ours):
        return OperatorHit(f"{local.lower()}@{domain.lower()}" if domain else local.lower())
    name = read_local(local)
    if name is None or domain.lower() not in ours:
        return NO_SUCH_ADDRESS
    if name.word == "bounce":
        now = world.clock()
        return await world.store.look(lambda connection: _bounce(connection, world, name, domain.lower(), now))
    return await world.store.look(lambda connection: _mask(connection, world, name, domain.lower()))


def _mask(connection: Connection, world: World, name: MaskName, domain: str) -> Hit | Reply:
    found = inquiries.find_mask(connection, name.token)
    if found is None or world.settings.place(found.marketplace).reply_domain != domain:
        return NO_SUCH_ADDRESS
    verb = name.word if name.word in VERBS else ""
    if not verb and found.side != name.word:
        return NO_SUCH_ADDRESS
    if found.state != "open" and verb not in _WHEN_CLOSED:
        return CLOSED
    return MaskHit(mask_address(name.word, name.token, domain), found.inquiry, found.side, verb, name.detail)


def _bounce(connection: Connection, world: World, name: MaskName, domain: str, now: datetime) -> Hit | Reply:
    """A return path is good once it was used, and for as long as a report may take: others are forged."""
    delivery = outbox.by_token(connection, name.token)
    if delivery is None or not delivery.attempts or delivery.kind in WITHOUT_RETURN_PATH:
        return NO_SUCH_ADDRESS
    if now - (delivery.finished_at or delivery.created_at) > world.settings.outbound.bounces_until:
        return NO_SUCH_ADDRESS
    return BounceHit(return_path(name.token, domain), delivery.seq)

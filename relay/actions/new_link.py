"""Gives the actor a new personal link, for instance because he has passed the old one on; it comes by mail."""

from dataclasses import dataclass
from datetime import timedelta

from ..renewal import renew_link
from .deed import CannotAct, Deed, Done

_MOST_A_DAY = 10
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class NewLink:
    """The old links are to open nothing any more."""


def do(deed: Deed, _: NewLink) -> Done:
    """Renew the link and mail the new one. Raises CannotAct when that was asked for too often within a day."""
    own = [event for event in deed.events() if event.kind == "link.rotated" and event.actor == deed.actor.seq]
    if sum(deed.now - event.at < _DAY for event in own) >= _MOST_A_DAY:
        raise CannotAct("too_often")
    event = renew_link(deed.connection, deed.world.links, deed.actor, deed.now, deed.channel)
    deed.confirm(event)
    return Done("new_link", event)

"""Mails the whole conversation to one person of it: every message as he may see it, and the documents."""

from dataclasses import dataclass
from datetime import timedelta

from .deed import CannotAct, Deed, Done

_MOST_AN_HOUR = 5
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class History:
    """Everything is wanted by mail."""


def do(deed: Deed, _: History) -> Done:
    """Queue the mail with the history. Raises CannotAct when it was asked for too often within the hour."""
    since = deed.now - _HOUR
    own = [event for event in deed.events() if event.kind == "history.sent" and event.actor == deed.actor.seq]
    if sum(event.at > since for event in own) >= _MOST_AN_HOUR:
        raise CannotAct("too_often")
    event = deed.note("history.sent")
    deed.tell("history", (deed.actor,), event)
    return Done("history", event)

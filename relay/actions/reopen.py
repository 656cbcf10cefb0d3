"""Opens a closed inquiry again: its masks take mail as before."""

from dataclasses import dataclass

from ...store import inquiries
from .deed import Deed, Done


@dataclass(frozen=True, slots=True)
class Reopen:
    """The conversation is to go on."""


def do(deed: Deed, _: Reopen) -> Done:
    """Open it; of an open one, nothing changes."""
    if not inquiries.reopen(deed.connection, deed.inquiry.seq):
        return Done("reopened", again=True)
    event = deed.note("inquiry.reopened")
    deed.tell("news", (*deed.others, *deed.colleagues), event)
    deed.confirm(event)
    return Done("reopened", event)

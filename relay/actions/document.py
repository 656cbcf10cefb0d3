"""Sends documents to the other side: what is no document is refused before anything is recorded.

What passes goes the way of every message (flow.receive), and so has the same events, files and deliveries; the event
`document.sent` names the documents of each message that brings some, by whichever way it came.
"""

from collections.abc import Sequence

from ..document_check import check, rules_of
from ..mail.document import Wrong
from ..mail.write import File
from ..world import World
from .deed import CannotAct


class NoDocument(CannotAct):
    """A file may not be sent as a document; `about` says which one and what is taken, in words of ours and bytes."""

    def __init__(self, wrong: Wrong, endings: Sequence[str], most: int) -> None:
        super().__init__(wrong.trouble)
        self.about = {"name": wrong.name, "types": " ".join(endings), "most": str(most)}


async def may_send(world: World, files: Sequence[File]) -> None:
    """Raise NoDocument where one of the files may not be sent as a document, or there is none."""
    rules = rules_of(world.settings.actions)
    wrong = await check(files, rules)
    if wrong is not None:
        raise NoDocument(wrong, rules.endings, rules.most)

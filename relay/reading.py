"""Reads large and odd mail in processes of their own: a mail that takes too long or too much is stopped, not us.

    await readers.understand(arrival)     # Understood, or raises Unreadable after so many tries

A process is started when it is first needed and kept; one that was stopped is replaced. An ordinary mail of a few
kilobytes is read where it is: that is quicker than handing it over (docs/decisions/0005).
"""

import asyncio

from ..threading.blocks import Marked
from ..threading.html_reply import Structure
from ..threading.kinds import Kind
from ..threading.lines import Line
from ..threading.outline import Body, Outline
from ..threading.reply import Split
from .arrival import Arrival
from .mail.addresses import Address, FromReading
from .mail.model import Attachment, Mail, Measured
from .mail.raw import LARGE, Raw, Spooled
from .rooms import Limits, Room, Stopped, unpacked
from .understand import Understood

TRIES = 3
_CHILD = "parley.relay.reading_child"
_MOST_PARTS = 60
_MOST_TAGS = 20_000
_MOST_ENCODED = 400
_AT_ONCE = 2  # processes for large mails, and as many for small odd ones: they need not wait behind those
_KNOWN = {
    (cls.__module__, cls.__qualname__): cls
    for cls in (
        *(Understood, Mail, Attachment, Measured, Kind, FromReading, Address),
        *(Split, Outline, Body, Structure, Marked, Line),
    )
}


class Unreadable(Exception):
    """The mail could not be read within its limits, however often it was tried; `cause` says what happened, for ops."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


def is_odd(data: Raw) -> bool:
    """Whether a mail is to be read apart: large, or of a shape that makes reading dear."""
    return (
        isinstance(data, Spooled)
        or len(data) > LARGE
        or data.count(b"\nContent-Type:") > _MOST_PARTS
        or data.count(b"<") > _MOST_TAGS
        or data.count(b"=?") > _MOST_ENCODED
    )


class Readers:
    """The processes that read. `close` ends them."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._large, self._small = Room(_CHILD, _AT_ONCE), Room(_CHILD, _AT_ONCE)

    async def understand(self, arrival: Arrival) -> Understood:
        """Read a mail in a process. Raises Unreadable when that failed `TRIES` times."""
        causes: list[str] = []
        room = self._large if arrival.size > LARGE else self._small
        async with room.places:
            for _ in range(TRIES):  # the sender's server hears an answer before it gives up
                try:
                    return await asyncio.to_thread(_understood, await room.ask(arrival, self.limits))
                except Stopped as stopped:
                    causes.append(str(stopped))
        raise Unreadable("; ".join(causes))

    async def close(self) -> None:
        """End all processes."""
        await self._large.close()
        await self._small.close()


def _understood(answer: bytes) -> Understood:
    found = unpacked(answer, _KNOWN)
    if not isinstance(found, Understood):
        raise Stopped("the process answered with something else")
    return found

"""What stands behind the SMTP door, as the door sees it: somebody who knows the addresses and takes the mail."""

import asyncio
import ssl
from dataclasses import dataclass, field
from typing import Protocol

from ..arrival import Arrival, Hit
from ..clock import Clock
from ..errors import Reply
from ..journal import Journal
from ..mail.raw import Spool
from ..settings import SmtpSettings
from .admission import Admission
from .fairness import FairPlaces
from .limits import Seats


class Gatekeeper(Protocol):
    """Decides about recipients and mails. What it raises is answered 451 and never shown to the client."""

    async def resolve(self, local: str, domain: str) -> Hit | Reply:
        """Return whom this recipient reaches, or the reply that refuses it. `domain` is "" for <postmaster>."""
        ...

    async def receive(self, arrival: Arrival) -> Reply:
        """Take a whole mail; return the one reply to it. A 250 means it is on disk. Is never cancelled by the door."""
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """What all sessions of one door share."""

    settings: SmtpSettings
    gatekeeper: Gatekeeper
    journal: Journal
    clock: Clock
    tls: ssl.SSLContext | None
    seats: Seats
    admission: Admission
    spool: Spool  # where large mails are written while they come in
    places: FairPlaces = field(default_factory=FairPlaces)
    commits: set[asyncio.Task[Reply]] = field(default_factory=set[asyncio.Task[Reply]])  # mails being taken just now

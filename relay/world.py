"""What flow and actions work with: handed in once at the start, never looked up."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from ..store.store import Store
from ..store.values import ParticipantRow
from .arrival import Arrival
from .clock import Clock
from .compose.dkim import Signer
from .composing import Composers
from .handover import HandOver
from .journal import Journal
from .mail.addresses import Address
from .personal_links import LinkMaker, link_address
from .reading import Readers
from .settings import Settings


class Evidence(Protocol):
    """What was proved of a mail."""

    @property
    def proved(self) -> bool:
        """The domain of From answers for the mail."""
        ...

    @property
    def domain_spoke(self) -> bool:
        """SPF or DKIM passed for that domain, so telling the writer something is no backscatter."""
        ...

    @property
    def header(self) -> str:
        """Our Authentication-Results."""
        ...


class Prover(Protocol):
    """Says what is proved of a mail whose one From address is `from_address`. Never raises."""

    async def prove(self, arrival: Arrival, from_address: Address | None) -> Evidence:
        """Ask SPF, DKIM and DMARC, within a time limit."""
        ...


@dataclass(frozen=True, slots=True)
class Nothing:
    """The evidence where nobody was asked."""

    proved: bool = False
    domain_spoke: bool = False
    header: str = ""


@dataclass(frozen=True, slots=True)
class World:
    """The gateway without its doors. `wake` tells the deliverer that something was queued; it never blocks."""

    settings: Settings
    store: Store
    journal: Journal
    clock: Clock
    links: LinkMaker
    wake: Callable[[], None]
    prover: Prover | None = None  # None: authentication is off
    signer: Signer | None = None  # None: mail goes out unsigned
    readers: Readers | None = None  # None: large and odd mail is read in a thread
    composers: Composers | None = None  # None: large mail is composed in a thread
    handover: HandOver = field(default_factory=HandOver)  # for what need not be queued

    def personal_link(self, person: ParticipantRow) -> str:
        """Return the address of the page that is this participant's alone, as it is since its last renewal."""
        return link_address(self.settings.links.base_url, self.links.token(person.id, person.link))

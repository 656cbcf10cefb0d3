"""The mail under way in one session."""

from dataclasses import dataclass, field

from ..arrival import Hit
from ..mail.addresses import Address
from .commands import Sender


@dataclass(slots=True)
class Transaction:
    """The mail under way, from MAIL to the end of DATA."""

    id: str
    sender: Sender
    hits: dict[Hit, None] = field(default_factory=dict["Hit", None])  # in order, each once
    addresses: set[Address] = field(default_factory=set[Address])  # the recipients as the client gave them
    overflowed: bool = False
    coming: int = 0  # octets that are counted as coming in

    def add(self, hit: Hit, address: Address) -> bool:
        """Take a recipient; True where it is new. One may be written in many ways: only the first is remembered."""
        new = hit not in self.hits
        if new:
            self.hits[hit] = None
            self.addresses.add(address)
        return new

"""The short way from the flow to the deliverer of the same process: in memory, after the commit (docs/flow.md).

What goes this way was recorded as being sent, with its attempt, in the transaction that accepted the mail. So nothing
is leased or read again; and when the process dies it is taken back like all that is being sent.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ..store.outbox import Lease
from ..store.values import DeliveryRow

if TYPE_CHECKING:
    from .job import Job


@dataclass(frozen=True, slots=True)
class Handed:
    """A delivery that is this process's to send until `until`, and what its mail is made from (None: to be read)."""

    delivery: DeliveryRow
    until: datetime
    job: "Job | None" = None


class HandOver:
    """Closed until a deliverer opens it, and where there is none: then everything goes through the queue."""

    def __init__(self) -> None:
        self._lease: Callable[[], Lease | None] | None = None
        self._begin: Callable[[Handed], None] | None = None

    def open(self, lease: Callable[[], Lease | None], begin: Callable[[Handed], None]) -> None:
        """`lease` says what to record for deliveries that are to be sent at once, None where there is no room."""
        self._lease, self._begin = lease, begin

    def close(self) -> None:
        """Nothing more is taken; what is given all the same waits, as being sent, until it is taken back."""
        self._lease = self._begin = None

    def lease(self) -> Lease | None:
        """Return the lease to record with new deliveries, None to queue them."""
        return self._lease() if self._lease else None

    def give(self, handed: Sequence[Handed]) -> None:
        """Have deliveries sent whose transaction is on disk."""
        for one in handed:
            if self._begin:
                self._begin(one)

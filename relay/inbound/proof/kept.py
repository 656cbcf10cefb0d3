"""What follows from answers of the DNS, kept as long as all of these hold: nothing is judged twice for no reason."""

import time
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")

MOST = 2000


class Kept(Generic[T]):
    """At most 2,000 conclusions by what they are about; the oldest goes first."""

    def __init__(self) -> None:
        self._values: dict[Hashable, tuple[T, float]] = {}

    def get(self, about: Hashable) -> T | None:
        """Return the conclusion that still holds, None where there is none."""
        value, until = self._values.get(about, (None, 0.0))
        return value if time.time() < until else None

    def keep(self, about: Hashable, value: T, until: float) -> None:
        """Keep a conclusion until that time of the system's clock (`NameServers.until`)."""
        self._values.pop(about, None)
        if len(self._values) >= MOST:
            del self._values[next(iter(self._values))]
        self._values[about] = (value, until)

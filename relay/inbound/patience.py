"""How long a client may take: for a command, for the content of a mail, for all of a session."""

import asyncio
import math
from collections.abc import Callable
from datetime import timedelta


class Patience:
    """The time limits of one connection, by the loop's time. `over` is called when a watched wait was too long."""

    def __init__(self, loop: asyncio.AbstractEventLoop, session: timedelta, over: Callable[[], None]) -> None:
        self._loop = loop
        self._ends = loop.time() + session.total_seconds()
        self._over = over
        self._timer: asyncio.TimerHandle | None = None  # one for all commands: it is put off, not made anew
        self._deadline = math.inf

    @property
    def spent(self) -> bool:
        """True when the session has had its time."""
        return self._loop.time() >= self._ends

    def limit(self, wait: timedelta) -> float:
        """Return the loop's time at which a wait that begins now is over: with the session at the latest."""
        return min(self._loop.time() + wait.total_seconds(), self._ends)

    def watch(self, wait: timedelta) -> None:
        """Call `over` when this wait is over, unless `rest` was called before."""
        self._deadline = self.limit(wait)
        if self._timer is None or self._timer.when() > self._deadline:
            self.stop()
            self._timer = self._loop.call_at(self._deadline, self._look)

    def rest(self) -> None:
        """The wait has ended in time."""
        self._deadline = math.inf

    def stop(self) -> None:
        """Watch nothing any more."""
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        if self._loop.time() >= self._deadline:
            self._over()
        elif self._deadline < math.inf:
            self._timer = self._loop.call_at(self._deadline, self._look)

"""The kept connections to one destination: a mail goes over one that is open, and opens one where none is.

Never more than `size` at a time; the one used last is used first, so that those not needed grow old and close.
"""

import asyncio
from collections.abc import Awaitable, Callable

from .answer import NotSent, Outcome
from .letter import Letter
from .session import Session, Stale


class Pool:
    """Connections to one destination. `open` makes a new one or raises NotSent; `idle` is in seconds."""

    def __init__(self, open: Callable[[], Awaitable[Session]], size: int, idle: float) -> None:  # noqa: A002
        self._open = open
        self._places = asyncio.Semaphore(size)
        self._idle = idle
        self._kept: dict[Session, asyncio.TimerHandle] = {}  # in the order they came back
        self._in_use = 0
        self._closing: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def empty(self) -> bool:
        """True when there is no connection and nobody waits for one."""
        return not (self._kept or self._in_use or self._closing)

    async def send(self, letter: Letter) -> Outcome:
        """Send one mail over a kept connection or a new one; wait for a free place first."""
        self._in_use += 1
        try:
            async with self._places:
                return await self._send(letter)
        finally:
            self._in_use -= 1

    async def close(self) -> None:
        """Say goodbye to the idle connections and wait for it; those in use close when their mail is done."""
        self._closed = True
        for session in list(self._kept):
            self._kept.pop(session).cancel()
            self._dismiss(session)
        await asyncio.gather(*self._closing)

    async def _send(self, letter: Letter) -> Outcome:
        if kept := self._take():
            try:
                return await self._over(kept, letter)
            except Stale:
                pass  # it died while idle; the remote knows nothing of the mail, so a new one is no second try
        try:
            fresh = await self._open()
        except NotSent as not_sent:
            return not_sent.outcome
        return await self._over(fresh, letter)

    async def _over(self, session: Session, letter: Letter) -> Outcome:
        try:
            return await session.send(letter)
        finally:
            self._give_back(session)

    def _take(self) -> Session | None:
        """Return the connection used last that is still open, None where there is none."""
        while self._kept:
            session, timer = self._kept.popitem()
            timer.cancel()
            if session.usable:
                return session
            session.abort()
        return None

    def _give_back(self, session: Session) -> None:
        if session.usable and not self._closed:
            self._kept[session] = asyncio.get_running_loop().call_later(self._idle, self._expire, session)
        elif session.open:
            self._dismiss(session)

    def _expire(self, session: Session) -> None:
        del self._kept[session]
        self._dismiss(session)

    def _dismiss(self, session: Session) -> None:
        """Close without making anybody wait."""
        task = asyncio.create_task(session.quit())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

"""Tells open pages that something happened in their inquiry: one look at the store for all of them.

No content travels here, only "look again"; what a page may show is decided anew when it asks.
"""

import asyncio
import traceback
from collections.abc import AsyncGenerator
from contextlib import suppress

from ...store import links
from ...store.store import Store
from ..clock import Clock, new_id
from ..journal import Journal

PAUSE = 0.4  # seconds between two looks at the store, while anybody is watching
HEARTBEAT = 20.0  # seconds of silence after which a sign of life is sent, so that a dead connection is found
TROUBLE = 5.0  # seconds before the next look when the store could not be asked
MOST = 2000  # pages watching at once; more of them do without


class Live:
    """Watches the store for the pages that are open. Belongs to one event loop."""

    def __init__(self, store: Store, journal: Journal, clock: Clock) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock
        self._watchers: dict[asyncio.Event, int] = {}  # what wakes a page, and its inquiry
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def full(self) -> bool:
        """True when no more pages can be watched, for now or because we are stopping."""
        return self._closed or len(self._watchers) >= MOST

    async def versions(self, inquiry: int, seen: int, heartbeat: float = HEARTBEAT) -> AsyncGenerator[int | None]:
        """Yield the inquiry's version each time it is another than `seen`, None as a sign of life; ends at `close`."""
        wake = asyncio.Event()
        wake.set()  # whatever happened between the page and this call
        self._watchers[wake] = inquiry
        self._start()
        try:
            while not self._closed:
                if not await _within(wake, heartbeat):
                    yield None
                    continue
                wake.clear()
                version = await self._store.read(lambda connection: links.version(connection, inquiry))
                if version != seen and not self._closed:
                    seen = version
                    yield version
        finally:
            del self._watchers[wake]

    def close(self) -> None:
        """End all streams, now."""
        self._closed = True
        self._wake(frozenset(self._watchers.values()))
        if self._task is not None:
            self._task.cancel()

    def _start(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        """Look for new events as long as anybody cares to know."""
        seen: frozenset[int] = frozenset()
        while self._watchers:
            try:
                seen = await self._look(seen)
                await asyncio.sleep(PAUSE)
            except Exception:  # noqa: BLE001 (logged; open pages must not end because of one bad moment)
                reference = new_id(self._clock())
                self._journal.fault(reference=reference, where="live pages", cause=traceback.format_exc())
                await asyncio.sleep(TROUBLE)

    async def _look(self, seen: frozenset[int]) -> frozenset[int]:
        """Wake the pages whose inquiry has events that are not among `seen`; all of them where none is known."""
        newest = await self._store.read(links.newest_events)
        known = not seen.isdisjoint(newest)
        fresh = (inquiry for seq, inquiry in newest.items() if seq not in seen)
        self._wake(frozenset(fresh if known else self._watchers.values()))
        return frozenset(newest)

    def _wake(self, inquiries: frozenset[int]) -> None:
        for wake, inquiry in self._watchers.items():
            if inquiry in inquiries:
                wake.set()


async def _within(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event; False when it did not come in time."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()

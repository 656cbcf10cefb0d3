"""Who is served next when many mails wait to be taken: one of each mask in turn, not whoever sends most.

As long as there are places everybody goes ahead at once. When there are none, those who wait are served round robin
by mask, and no mask takes more than half of the places, so that a flood to one conversation delays that one only.
"""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

PLACES = 128  # mails that are understood and recorded at the same time


class FairPlaces:
    """A bounded number of places, given to the masks in turn."""

    def __init__(self, places: int = PLACES) -> None:
        self._free = places
        self._share = max(1, places // 2)
        self._taken: Counter[str] = Counter()
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    async def run(self, mask: str, work: Callable[[], Awaitable[T]]) -> T:
        """Do `work` in a place of `mask`, once there is one."""
        if not self._free or self._taken[mask] >= self._share:
            await self._turn(mask)
        else:
            self._take(mask)
        try:
            return await work()
        finally:
            self._give_back(mask)

    async def _turn(self, mask: str) -> None:
        """Wait until a place was taken for `mask`."""
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(mask, deque()).append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self._give_back(mask)
            raise

    def _take(self, mask: str) -> None:
        self._free -= 1
        self._taken[mask] += 1

    def _give_back(self, mask: str) -> None:
        self._free += 1
        self._taken[mask] -= 1
        if not self._taken[mask]:
            del self._taken[mask]
        self._serve()

    def _serve(self) -> None:
        """Give the free places to those who wait; a mask that was served goes to the end of the line."""
        for mask in tuple(self._waiting):
            if not self._free:
                return
            queue = self._waiting[mask]
            while queue and queue[0].done():  # his session is over
                queue.popleft()
            if queue and self._taken[mask] < self._share:
                self._take(mask)
                queue.popleft().set_result(None)
                self._waiting.move_to_end(mask)
            if not queue:
                del self._waiting[mask]

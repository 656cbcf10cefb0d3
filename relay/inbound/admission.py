"""Whether there is room for one more mail, before it is sent: on the disk, and beside those that are coming in.

Refusing early is the kind answer: the other server keeps the mail and comes back, and what was taken is never lost
for want of room. Everything is counted in memory; the disk is asked at most twice a second, in a thread: one that hangs
(a server's that is away) stops nobody, and what it said last holds until it answers.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from ..errors import DISK_FULL, TOO_MUCH_AT_ONCE, TOO_MUCH_FROM_YOU, Reply

_ASK_EVERY = 0.5  # seconds
_PATIENCE = 0.5  # seconds until the disk's last answer has to do
ENDLESS = 1 << 62


class Admission:
    """The octets that are coming in, in all and from each client. `room` tells the free octets of the disk.

    `most`: octets of mail that may be in DATA at once. One client may have half of them, so that there is always
    something left for the others. `patience`: seconds that one mail waits for the disk to tell.
    """

    def __init__(
        self, most: int, room: Callable[[], int], now: Callable[[], float], patience: float = _PATIENCE
    ) -> None:
        self._most = most
        self._room = room
        self._now = now
        self._patience = patience
        self._asked = float("-inf")
        self._asking: asyncio.Future[int] | None = None
        self._free = ENDLESS  # until the disk has answered
        self._coming = 0
        self._of: Counter[str] = Counter()

    async def refusal(self, client: str, size: int) -> Reply | None:
        """Return why a mail of `size` octets (0: not known) from `client` is not taken now, None when it is."""
        if self._now() - self._asked >= _ASK_EVERY:
            await self._ask()
        if 3 * size > 2 * (self._free - self._coming):  # 1.5 times: the mail, its rows, the log of the store
            return DISK_FULL
        if self._of[client] and self._of[client] + size > self._most // 2:
            return TOO_MUCH_FROM_YOU
        if self._coming and self._coming + size > self._most:
            return TOO_MUCH_AT_ONCE
        return None

    def enter(self, client: str, size: int) -> None:
        """A mail of up to `size` octets is coming in."""
        self._coming += size
        self._of[client] += size

    def leave(self, client: str, size: int) -> None:
        """It is over, taken or not. Once for each `enter`, with the same values."""
        self._coming -= size
        self._of[client] -= size
        if self._of[client] <= 0:
            del self._of[client]

    async def _ask(self) -> None:
        """Ask the disk; returns when it has answered, or has had its time. One question at a time."""
        self._asked = self._now()
        if self._asking is None:
            self._asking = asyncio.ensure_future(asyncio.to_thread(self._room))
            self._asking.add_done_callback(self._told)
        await asyncio.wait([self._asking], timeout=self._patience)

    def _told(self, answer: asyncio.Future[int]) -> None:
        self._asking = None
        if not answer.cancelled():
            self._free = answer.result()


def room_of(folders: Iterable[Path]) -> Callable[[], int]:
    """Return a function that tells the free octets of the fullest of the disks that hold these folders."""
    kept = tuple(folders)
    return lambda: min((_free(folder) for folder in kept), default=ENDLESS)


def _free(folder: Path) -> int:
    """Return the octets that may still be written below `folder`; a disk that does not answer is not known as full."""
    try:
        there = next((one for one in (folder, *folder.parents) if one.exists()), folder)
        disk = os.statvfs(there)
    except OSError:
        return ENDLESS
    return disk.f_bavail * disk.f_frsize

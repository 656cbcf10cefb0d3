"""Who tries links and keys that lead nowhere: after some misses an address is told to wait.

Links hold 128 random bits, so nobody finds one by trying; this keeps the noise of those who try off the store's
readers, and their attempts visible. A link that is right opens all the same: an office behind one address must not
be shut out because a colleague's old mails are being scanned.
"""

from collections import OrderedDict, deque
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from ..clock import Clock

ALLOWED = 20
WINDOW = timedelta(minutes=10)
_MOST = 10_000  # addresses remembered; the longest silent one is forgotten


class Misses:
    """Counts misses by client address in this process."""

    def __init__(self, clock: Clock, allowed: int = ALLOWED, window: timedelta = WINDOW) -> None:
        self._clock = clock
        self._allowed = allowed
        self._window = window
        self._times: OrderedDict[str, deque[datetime]] = OrderedDict()

    def note(self, ip: str) -> int:
        """Count one miss. Returns the seconds this client has to wait before its next, 0 while it has some left."""
        now = self._clock()
        times = self._times.setdefault(network_of(ip), deque(maxlen=self._allowed + 1))
        self._times.move_to_end(network_of(ip))
        if len(self._times) > _MOST:
            self._times.popitem(last=False)
        while times and now - times[0] >= self._window:
            times.popleft()
        times.append(now)
        if len(times) <= self._allowed:
            return 0
        return max(1, round((times[0] + self._window - now).total_seconds()))


def network_of(ip: str) -> str:
    """Return what one client cannot easily change: his IPv4 address, the /64 of his IPv6 address."""
    try:
        address = ip_address(ip)
    except ValueError:
        return ip
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return ip

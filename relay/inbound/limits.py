"""How much one client may ask of the door. Everything is counted in memory and costs nothing to look up."""

from collections import Counter
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from ..errors import TOO_BUSY, TOO_MANY_COMMANDS, TOO_MANY_ERRORS, TOO_MANY_FROM_YOU, Reply


class Seats:
    """The connections that may be open at once: in all, and from one client."""

    def __init__(self, total: int, per_client: int) -> None:
        self._total = total
        self._per_client = per_client
        self._taken: Counter[str] = Counter()
        self._count = 0

    def take(self, ip: str) -> Reply | None:
        """Take a seat for a connection from `ip`; return why there is none, None when it was taken."""
        client = client_of(ip)
        if self._taken[client] >= self._per_client:
            return TOO_MANY_FROM_YOU
        if self._count >= self._total:
            return TOO_BUSY
        self._taken[client] += 1
        self._count += 1
        return None

    def leave(self, ip: str) -> None:
        """Give the seat of a connection from `ip` back. Once for each `take` that returned None."""
        client = client_of(ip)
        self._taken[client] -= 1
        self._count -= 1
        if not self._taken[client]:
            del self._taken[client]


@lru_cache(maxsize=4096)
def client_of(ip: str) -> str:
    """Return what counts as one client: an IPv4 address, or the /64 of an IPv6 address (all one customer's)."""
    try:
        address = ip_address(ip)
    except ValueError:
        return ip
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(IPv6Address(int(address) >> 64 << 64))
    return str(address if isinstance(address, IPv4Address) else address.ipv4_mapped)


class Budget:
    """The commands and errors one session has left. A mail that was taken gives the commands back, not the errors."""

    def __init__(self, commands: int, errors: int) -> None:
        self._all_commands = commands
        self._commands = commands
        self._errors = errors

    def command(self) -> None:
        """Count a command."""
        self._commands -= 1

    def recipient(self) -> None:
        """The command that was counted last has brought a mail nearer: it named somebody new."""
        self._commands += 1

    def error(self) -> None:
        """Count a command that was refused for good."""
        self._errors -= 1

    def mail(self) -> None:
        """A mail was taken."""
        self._commands = self._all_commands

    def spent(self) -> Reply | None:
        """Return why the next command is not heard, None when it is."""
        if self._errors <= 0:
            return TOO_MANY_ERRORS
        return TOO_MANY_COMMANDS if self._commands <= 0 else None

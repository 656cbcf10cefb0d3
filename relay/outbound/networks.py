"""Whether an address that a stranger chose leads out into the world, or into a network of our own (RFC 6890)."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

_GIVEN_OUT = IPv6Network("2000::/3")  # all that was ever given out for the world (RFC 4291 2.4)
_PROTOCOLS = IPv4Network("192.0.0.0/24")  # no host's (RFC 6890 2.2.2); older Pythons know a part of it only
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052 2.1


def may_reach(address: Address, private: Iterable[Network] = ()) -> bool:
    """Return whether a host at this address may be spoken to: a public one, or one of the networks in `private`.

    An IPv6 address that holds an IPv4 address leads where that one leads, and is judged by it.
    """
    held = _held(address)
    return _is_public(held or address) or any(one in network for one in (address, held) if one for network in private)


def _is_public(address: Address) -> bool:
    given_out = address in _GIVEN_OUT if address.version == 6 else address not in _PROTOCOLS
    return given_out and address.is_global and not address.is_multicast


def _held(address: Address) -> IPv4Address | None:
    """Return the IPv4 address in a mapped (RFC 4291 2.5.5.2), NAT64 or 6to4 (RFC 3056 2) address."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(address.packed[12:])
    return address.ipv4_mapped or address.sixtofour

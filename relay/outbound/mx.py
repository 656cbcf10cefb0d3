"""Where the mail of a domain goes: MX records, and what stands for them (RFC 5321 5.1, RFC 7505).

What DNS says for good ("no such domain", "takes no mail") is a permanent outcome; what it fails to say is a
temporary one. Addresses are looked up here too, so that the name servers of the settings are the only ones asked.
"""

import asyncio
from collections.abc import Callable
from ipaddress import ip_address
from itertools import groupby
from random import SystemRandom

import dns.asyncresolver
import dns.exception
import dns.name
import dns.rdtypes.ANY.MX
import dns.resolver

from ..nameservers import resolver_of
from .answer import NotSent, Outcome
from .networks import Network, may_reach
from .session import Destination

__all__ = ["Directory", "Route", "resolver_of"]

Route = tuple[Destination, ...]  # to be tried in this order

_MOST_HOSTS = 5  # a domain with more has no claim on more of our time
_RANDOM = SystemRandom()
_NEVER = (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer)


class Directory:
    """Answers where a domain's mail goes. `hostname` is ours; `shuffle` puts equal hosts in random order."""

    def __init__(
        self,
        resolver: dns.asyncresolver.Resolver,
        hostname: str,
        port: int = 25,
        shuffle: Callable[[list[dns.name.Name]], None] = _RANDOM.shuffle,
        private: tuple[Network, ...] = (),
    ) -> None:
        self._resolver = resolver
        self._hostname = dns.name.from_text(hostname)
        self._port = port
        self._shuffle = shuffle
        self._private = private

    async def destinations(self, domain: str) -> Route:
        """Return the hosts that take mail for `domain` (ASCII), best first. Raises NotSent where there are none."""
        try:
            name = dns.name.from_text(domain)
        except dns.exception.DNSException as error:
            raise _never(f"{domain} is not a domain", "5.1.2") from error
        hosts = await self._hosts(name)
        found = await asyncio.gather(*(self._addresses(host) for host in hosts))
        every = tuple(
            Destination(host.to_text(omit_final_dot=True).lower(), self._port, address)
            for host, addresses in zip(hosts, found, strict=True)
            for address in addresses or ()
        )
        route = tuple(to for to in every if may_reach(ip_address(to.address), self._private))
        if route:
            return route
        if None in found:
            raise _not_now(f"no address of the mail hosts of {domain} could be found just now")
        if every:
            raise _never(f"the mail hosts of {domain} have private addresses only", "5.4.4")
        raise _never(f"no mail host of {domain} has an address", "5.1.2" if hosts == [name] else "5.4.4")

    async def _hosts(self, domain: dns.name.Name) -> list[dns.name.Name]:
        """Return the names of the mail hosts, best first; the domain itself where it has no MX (RFC 5321 5.1)."""
        try:
            answer = await self._resolver.resolve(domain, "MX", search=False)
        except dns.resolver.NXDOMAIN as error:
            raise _never(f"there is no domain {domain}", "5.1.2") from error
        except dns.resolver.NoAnswer:
            return self._without_us([(0, domain)], domain)
        except (dns.exception.DNSException, OSError) as error:
            raise _not_now(f"the MX records of {domain} could not be had: {error}") from error
        records = [record for record in answer if isinstance(record, dns.rdtypes.ANY.MX.MX)]
        hosts = sorted((record.preference, record.exchange) for record in records if record.exchange != dns.name.root)
        if not hosts:
            raise _never(f"{domain} takes no mail", "5.1.10")  # RFC 7505 3
        return self._without_us(hosts, domain)

    def _without_us(self, hosts: list[tuple[int, dns.name.Name]], domain: dns.name.Name) -> list[dns.name.Name]:
        """Return sorted hosts in the order to try; we and all that are no better than we are cut (RFC 5321 5.1)."""
        ours = min((preference for preference, host in hosts if host == self._hostname), default=None)
        order: list[dns.name.Name] = []
        for preference, group in groupby(hosts, key=lambda host: host[0]):
            if preference == ours:
                break
            equal = [host for _, host in group]
            self._shuffle(equal)
            order += equal
        if not order:
            raise _never(f"the mail of {domain} comes to ourselves and has no place here", "5.4.6")
        return order[:_MOST_HOSTS]

    async def _addresses(self, host: dns.name.Name) -> list[str] | None:
        """Return the IP addresses of a host, IPv4 first; None when they could not be had just now."""
        answers = await asyncio.gather(*(self._look_up(host, kind) for kind in ("A", "AAAA")))
        found = [address for answer in answers for address in answer or ()]
        return None if None in answers and not found else found

    async def _look_up(self, host: dns.name.Name, kind: str) -> list[str] | None:
        try:
            answer = await self._resolver.resolve(host, kind, search=False)
        except _NEVER:
            return []
        except (dns.exception.DNSException, OSError):
            return None
        return [record.to_text() for record in answer]


def _never(text: str, enhanced: str) -> NotSent:
    return NotSent(Outcome.failed(text, enhanced, stage="connect"))


def _not_now(text: str) -> NotSent:
    return NotSent(Outcome.deferred(text, "4.4.3", stage="connect"))

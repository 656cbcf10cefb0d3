"""The one way to the DNS: the name servers of the settings, one cache, one kind of failure.

An answer that could not be had is `Unavailable` and never looks like "there is none": a temporary failure must
not prove anything, nor disprove it.
"""

import asyncio
import math
import time
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address

import dns.asyncresolver
import dns.exception
import dns.name
import dns.nameserver
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.txtbase
import dns.resolver

from .settings import DnsSettings
from .settings_errors import SettingsError, Wrong

_IN = dns.rdataclass.IN
_KEPT_ANSWERS = 5000
_LONGEST = 3600.0  # seconds an answer is believed, whatever its TTL says
_LONGEST_NO = 300.0  # and the answer that there is nothing: whoever mends his zone is not to wait for long


class Unavailable(Exception):
    """The DNS gave no answer that can be relied on, neither records nor "there are none"."""


@dataclass(frozen=True, slots=True)
class Records:
    """All records of one name and type; `exists` False: there is no such name at all (RFC 8020).

    `until`: when they are no longer to be believed, by the system's clock; 0 where they are not to be kept at all.
    """

    found: tuple[dns.rdata.Rdata, ...] = ()
    exists: bool = True
    until: float = field(default=math.inf, compare=False)


class _Cache(dns.resolver.LRUCache):
    """Keeps answers no longer than their TTL and our own limits."""

    def put(self, key: dns.resolver.CacheKey, value: dns.resolver.Answer) -> None:
        none = value.rrset is None
        if none and not any(record.rdtype == dns.rdatatype.SOA for record in value.response.authority):
            return  # RFC 2308 section 5: a "no" without SOA is not kept
        value.expiration = min(value.expiration, time.time() + (_LONGEST_NO if none else _LONGEST))
        super().put(key, value)


def resolver_of(settings: DnsSettings) -> dns.asyncresolver.Resolver:
    """Return a resolver that asks the name servers of the settings, or the system's. Raises SettingsError."""
    resolver = dns.asyncresolver.Resolver(configure=not settings.servers)
    if settings.servers:
        resolver.nameservers = [_name_server(server) for server in settings.servers]
    resolver.lifetime = settings.timeout.total_seconds()
    resolver.timeout = resolver.lifetime / 2  # one lost packet is not yet a silent server
    resolver.cache = _Cache(_KEPT_ANSWERS)
    return resolver


def _name_server(server: str) -> dns.nameserver.Nameserver:
    host, _, port = server.rpartition(":")
    try:
        return dns.nameserver.Do53Nameserver(str(ip_address(host.strip("[]"))), int(port))
    except ValueError as error:
        wrong = Wrong("settings", 0, "dns.servers", f'"{server}" must be ADDRESS:PORT, such as "192.0.2.53:53"')
        raise SettingsError((wrong,)) from error


@lru_cache(maxsize=4096)
def _name(text: str) -> dns.name.Name:
    """Return a name as the resolver wants it. Raises DNSException."""
    return dns.name.from_text(text)


class NameServers:
    """Asks a resolver for records by name and type.

    `until`: up to when all the answers hold that were given so far, by the system's clock.
    """

    def __init__(self, resolver: dns.asyncresolver.Resolver, deadline: float = math.inf) -> None:
        """`deadline`: what is not answered at that time of the loop is Unavailable."""
        self._resolver = resolver
        self._deadline = deadline
        self.until = math.inf

    def within(self, deadline: float) -> "NameServers":
        """The same name servers and the same cache, for questions that have time up to `deadline`."""
        return NameServers(self._resolver, deadline)

    async def records(self, name: str, kind: str) -> Records:
        """Return the records of type `kind` (such as "TXT") of `name`, CNAMEs followed. Raises Unavailable.

        A name that the DNS cannot hold (a long label, raw non-ASCII) has no records.
        """
        try:
            if not name.isascii():
                return Records(exists=False)
            question, rdtype = _name(name), dns.rdatatype.from_text(kind)
        except dns.exception.DNSException:
            return Records(exists=False)
        try:
            found = self._held(question, rdtype) or await self._ask(question, rdtype)
        except Unavailable:
            self.until = 0.0
            raise
        self.until = min(self.until, found.until)
        return found

    async def _ask(self, question: dns.name.Name, kind: dns.rdatatype.RdataType) -> Records:
        """Ask the name servers. Raises Unavailable."""
        try:
            async with asyncio.timeout_at(None if self._deadline == math.inf else self._deadline):
                answer = await self._resolver.resolve(question, kind, search=False, raise_on_no_answer=False)
        except dns.resolver.NXDOMAIN:
            return self._held(question, kind) or Records(exists=False, until=0.0)
        except (dns.exception.DNSException, OSError) as error:
            raise Unavailable(f"{kind.name} of {question}: {error}") from error
        return self._held(question, kind) or Records(tuple(answer.rrset or ()), until=0.0)

    def _held(self, question: dns.name.Name, kind: dns.rdatatype.RdataType) -> Records | None:
        """What the cache holds. The resolver would come to the same, at ten times the price."""
        cache = self._resolver.cache
        if cache is None:
            return None
        if (answer := cache.get((question, kind, _IN))) is not None:  # an answer of nothing is false
            return Records(tuple(answer.rrset or ()), until=answer.expiration)
        if (answer := cache.get((question, dns.rdatatype.ANY, _IN))) is not None:  # where it keeps "no such name"
            return Records(exists=False, until=answer.expiration)
        return None

    async def texts(self, name: str) -> tuple[bytes, ...]:
        """Return the TXT records of `name`, the strings of each joined. Raises Unavailable."""
        found = (await self.records(name, "TXT")).found
        return tuple(b"".join(record.strings) for record in found if isinstance(record, dns.rdtypes.txtbase.TXTBase))

"""Puts the proofs of one mail together: asks SPF, DKIM and ARC at once, then DMARC; all within one time limit.

What cannot be known in time is "temperror": such a mail is not proved, is not lost and can be looked at again.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from ...arrival import Arrival
from ...mail.addresses import Address
from ...mail.raw import Spooled
from ...nameservers import NameServers, resolver_of
from ...settings import DnsSettings
from . import arc as arc_chains
from . import dkim as dkim_signatures
from . import dmarc as dmarc_policies
from . import results
from . import spf as spf_records
from .canonical import Parts, take_apart
from .kept import Kept
from .results import Told
from .values import Arc, Dkim, Dmarc, Proof, Spf, Trusted

_LARGE = ThreadPoolExecutor(2, thread_name_prefix="prove")  # for large mails, of which each is in memory there


class Prover:
    """Proves mails with one resolver and one cache. `hostname` is the authserv-id of what we state (RFC 8601)."""

    def __init__(
        self, settings: DnsSettings, hostname: str, trusted: Trusted | None = None, seconds: float = 10.0
    ) -> None:
        """`seconds`: what all questions about one mail may take together. Raises SettingsError."""
        self._servers = NameServers(resolver_of(settings))
        self._hostname = hostname
        self._trusted = trusted or Trusted()
        self._seconds = seconds
        self._kept_spf: Kept[Spf] = Kept()
        self._kept_dmarc: Kept[Dmarc] = Kept()

    async def prove(self, arrival: Arrival, from_address: Address | None) -> Proof:
        """Say what is proved of a mail whose one From address, strictly read, is `from_address`. Never raises."""
        deadline = asyncio.get_running_loop().time() + self._seconds
        parts = await _parts(arrival)
        author = from_address.domain if from_address else ""
        asked = self._spf(arrival, self._servers.within(deadline))
        if _is_signed(parts):
            servers = self._servers.within(deadline)
            spf, dkim, arc = await asyncio.gather(
                asked,
                dkim_signatures.check(parts, arrival.at.timestamp(), servers),
                arc_chains.check(parts, servers),
            )
        else:
            spf, dkim, arc = await asked, (), Arc()
        told = self._told_by_relay(arrival, parts)
        if self._trusted.peer(arrival.peer.ip):
            spf, dkim = results.spf_of(told) or Spf(why="behind a trusted MTA"), (*dkim, *results.dkim_of(told))
        dmarc = Dmarc()
        if author:
            dmarc = await self._dmarc(author, spf, dkim, arc, told, deadline)
        spoke = bool(author) and dmarc_policies.spoke(author, dmarc_policies.identifiers(spf, dkim))
        header = results.write(self._hostname, spf, dkim, arc, dmarc, author)
        return Proof(spf, dkim, arc, dmarc, spoke, header)

    async def _spf(self, arrival: Arrival, servers: NameServers) -> Spf:
        if self._trusted.peer(arrival.peer.ip):
            return Spf()  # the client is no host of the sender's
        return await spf_records.check(arrival.peer.ip, arrival.mail_from, arrival.peer.helo, servers, self._kept_spf)

    async def _dmarc(
        self, author: str, spf: Spf, dkim: tuple[Dkim, ...], arc: Arc, told: Sequence[Told], deadline: float
    ) -> Dmarc:
        """Decide by what we saw ourselves, then by the word of those in front of us, then by a trusted chain."""
        own = await self._by_policy(author, spf, dkim, deadline)
        match results.dmarc_of(told, author):
            case "pass":
                return replace(own, result="pass", aligned_by="relay")
            case "fail":
                return replace(own, result="fail", aligned_by="")
            case "temperror" | "permerror":
                return replace(own, result="temperror", aligned_by="")
            case _:  # it found no policy or says nothing of DMARC
                pass
        if own.aligned_by or own.result == "temperror" or not self._trusts(arc):
            return own
        _, sealed = results.read(arc.said)
        first = await self._by_policy(author, results.spf_of(sealed) or Spf(), results.dkim_of(sealed), deadline)
        return replace(first, aligned_by="arc") if first.aligned_by else own

    async def _by_policy(self, author: str, spf: Spf, dkim: tuple[Dkim, ...], deadline: float) -> Dmarc:
        """What the domain's policy says of such results, asked once as long as the answers of the DNS hold."""
        about = (author, spf, dkim)
        if known := self._kept_dmarc.get(about):
            return known
        servers = self._servers.within(deadline)
        found = await dmarc_policies.check(author, spf, dkim, servers)
        self._kept_dmarc.keep(about, found, servers.until)
        return found

    def _told_by_relay(self, arrival: Arrival, parts: Parts) -> tuple[Told, ...]:
        """What a trusted MTA states: the topmost Authentication-Results, which it has set itself (RFC 8601 section 5).

        All other such fields are of strangers.
        """
        fields = parts.named("authentication-results")
        if not fields or not self._trusted.peer(arrival.peer.ip):
            return ()
        name, told = results.read(fields[0].value.decode("ascii", "replace").replace("\r\n", ""))
        return told if name in self._trusted.authserv_ids else ()

    def _trusts(self, arc: Arc) -> bool:
        return arc.result == "pass" and all(sealer in self._trusted.sealers for sealer in arc.sealers)


async def _parts(arrival: Arrival) -> Parts:
    """Take a mail apart; the body of a large one is read where it is signed, in a thread, and only its hashes kept."""
    if not isinstance(arrival.content, Spooled):
        return take_apart(arrival.content)
    parts = take_apart(arrival.beginning)
    if not _is_signed(parts):
        return parts
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_LARGE, lambda: take_apart(arrival.data).hashed())


def _is_signed(parts: Parts) -> bool:
    return any(field.name == "dkim-signature" or field.name.startswith("arc-") for field in parts.fields)

"""Puts the proofs of one mail together: asks SPF, DKIM and ARC at once, then DMARC; all within one time limit.

What cannot be known in time is "temperror": such a mail is not proved, is not lost and can be looked at again.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import TypeVar

from ...arrival import Arrival
from ...mail.addresses import Address
from ...nameservers import NameServers, resolver_of
from ...settings import DnsSettings
from . import arc as arc_chains
from . import dkim as dkim_signatures
from . import dmarc as dmarc_policies
from . import results
from . import spf as spf_records
from .canonical import Parts, take_apart
from .results import Told
from .values import Arc, Dkim, Dmarc, Proof, Spf, Trusted

_TIME_IS_UP = "no answer in time"
_T = TypeVar("_T")


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

    async def prove(self, arrival: Arrival, from_address: Address | None) -> Proof:
        """Say what is proved of a mail whose one From address, strictly read, is `from_address`. Never raises."""
        deadline = asyncio.get_running_loop().time() + self._seconds
        parts = take_apart(arrival.data)
        author = from_address.domain if from_address else ""
        asked = _until(deadline, self._spf(arrival), Spf("temperror", "", why=_TIME_IS_UP))
        if _is_signed(parts):
            spf, dkim, arc = await asyncio.gather(
                asked,
                _until(deadline, self._dkim(arrival, parts), (Dkim("", "", "temperror", _TIME_IS_UP),)),
                _until(deadline, arc_chains.check(parts, self._servers), Arc("temperror", why=_TIME_IS_UP)),
            )
        else:
            spf, dkim, arc = await asked, (), Arc()
        told = self._told_by_relay(arrival, parts)
        if self._trusted.peer(arrival.peer.ip):
            spf, dkim = results.spf_of(told) or Spf(why="behind a trusted MTA"), (*dkim, *results.dkim_of(told))
        dmarc = Dmarc()
        if author:
            dmarc = await _until(deadline, self._dmarc(author, spf, dkim, arc, told), Dmarc("temperror"))
        spoke = bool(author) and dmarc_policies.spoke(author, dmarc_policies.identifiers(spf, dkim))
        header = results.write(self._hostname, spf, dkim, arc, dmarc, author)
        return Proof(spf, dkim, arc, dmarc, spoke, header)

    async def _spf(self, arrival: Arrival) -> Spf:
        if self._trusted.peer(arrival.peer.ip):
            return Spf()  # the client is no host of the sender's
        return await spf_records.check(arrival.peer.ip, arrival.mail_from, arrival.peer.helo, self._servers)

    async def _dkim(self, arrival: Arrival, parts: Parts) -> tuple[Dkim, ...]:
        return await dkim_signatures.check(parts, arrival.at.timestamp(), self._servers)

    async def _dmarc(self, author: str, spf: Spf, dkim: Sequence[Dkim], arc: Arc, told: Sequence[Told]) -> Dmarc:
        """Decide by what we saw ourselves, then by the word of those in front of us, then by a trusted chain."""
        own = await dmarc_policies.check(author, spf, dkim, self._servers)
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
        first = await dmarc_policies.check(
            author, results.spf_of(sealed) or Spf(), results.dkim_of(sealed), self._servers
        )
        return replace(first, aligned_by="arc") if first.aligned_by else own

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


def _is_signed(parts: Parts) -> bool:
    return any(field.name == "dkim-signature" or field.name.startswith("arc-") for field in parts.fields)


async def _until(deadline: float, work: Coroutine[object, object, _T], otherwise: _T) -> _T:
    """Return what `work` returns, or `otherwise` when it is not done at `deadline` (time of the loop)."""
    try:
        async with asyncio.timeout_at(deadline):
            return await work
    except TimeoutError:
        return otherwise

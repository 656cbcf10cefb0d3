"""What was proved of one mail, as plain values for the record, the log and the decision."""

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Literal

SpfResult = Literal["pass", "fail", "softfail", "neutral", "none", "temperror", "permerror"]
DkimResult = Literal["pass", "fail", "policy", "neutral", "temperror", "permerror"]
ArcResult = Literal["none", "pass", "fail", "temperror"]
DmarcResult = Literal["pass", "fail", "none", "temperror"]
Policy = Literal["none", "quarantine", "reject"]


@dataclass(frozen=True, slots=True)
class Spf:
    """RFC 7208. `domain` is the one asked: of MAIL FROM, of HELO for the null sender; "" where there was none."""

    result: SpfResult = "none"
    domain: str = ""
    identity: Literal["mailfrom", "helo"] = "mailfrom"
    why: str = ""


@dataclass(frozen=True, slots=True)
class Dkim:
    """One DKIM-Signature. `why` says in a few words of ours what was wrong, "" for a pass."""

    domain: str
    selector: str
    result: DkimResult
    why: str = ""


@dataclass(frozen=True, slots=True)
class Arc:
    """RFC 8617. `sealers`: the domains of the seals, first seal first. `said`: the first sealer's own results."""

    result: ArcResult = "none"
    sealers: tuple[str, ...] = ()
    said: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Dmarc:
    """RFC 9989. `policy` is what `domain` (where the record stands) wishes for failing mail, "" without a record.

    `aligned_by`: spf, dkim, arc (a trusted sealer's word), relay (a trusted MTA's word), "" for nothing.
    It can be set while `result` is "none": the domain publishes no policy and is proved all the same.
    """

    result: DmarcResult = "none"
    policy: Policy | Literal[""] = ""
    domain: str = ""
    aligned_by: Literal["", "spf", "dkim", "arc", "relay"] = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """What is proved of one mail. `header` is the value of our own Authentication-Results field (RFC 8601)."""

    spf: Spf = Spf()
    dkim: tuple[Dkim, ...] = ()
    arc: Arc = Arc()
    dmarc: Dmarc = Dmarc()
    domain_spoke: bool = False  # SPF or DKIM passed for the organisation of From: an answer is no backscatter
    header: str = ""

    @property
    def proved(self) -> bool:
        """True when the domain of From answers for this mail."""
        return bool(self.dmarc.aligned_by) and self.dmarc.result in {"pass", "none"}


@dataclass(frozen=True, slots=True)
class Trusted:
    """Whose word is taken: MTAs in front of us (by address and name) and ARC sealers (by domain, lower case)."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    authserv_ids: frozenset[str] = field(default_factory=frozenset)
    sealers: frozenset[str] = field(default_factory=frozenset)

    def peer(self, ip: str) -> bool:
        """True when the client at `ip` is one of the MTAs in front of us."""
        if not self.networks:
            return False
        try:
            address = ip_address(ip)
        except ValueError:
            return False
        return any(address in network for network in self.networks)

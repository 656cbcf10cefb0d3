"""SPF (RFC 7208) by pyspf, fed with answers of our own resolver.

pyspf asks the DNS where it stands and waits. Here it never does: it is evaluated over the answers at hand, tells
the first question it has none for, and is evaluated again when the answer is there. So no thread waits for a slow
zone, and one evaluation sees one consistent set of answers. It bounds its questions itself (section 4.6.4).
"""

import asyncio
import re
import warnings
from ipaddress import IPv6Address, ip_address
from typing import Literal, cast

import dns.rdtypes.ANY.MX
import dns.rdtypes.ANY.PTR
import dns.rdtypes.IN.A
import dns.rdtypes.IN.AAAA
import dns.rdtypes.txtbase

from ...mail.addresses import parse_address
from ...nameservers import NameServers, Records, Unavailable
from .kept import Kept
from .values import Spf, SpfResult

with warnings.catch_warnings():
    # A docstring of pyspf's has an invalid escape, told at the first import (SyntaxWarning from Python 3.12 on).
    warnings.simplefilter("ignore")
    import spf as pyspf

_MOST_QUESTIONS = 150  # more than ten mechanisms of ten hosts each can ask
_MOST_HOSTS = 10  # of one MX or PTR answer (section 4.6.4)
_WHY_CHARACTERS = 120
_RECORD_OCTETS = 4096
_SPEC_CHARACTERS = 512  # pyspf's time grows with the square of a domain-spec's dots
_NAME = re.compile(r"(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}", re.IGNORECASE)

_Question = tuple[str, str]
_Values = tuple[object, ...] | None  # None: the DNS did not answer
_Answers = dict[_Question, _Values]


async def check(ip: str, mail_from: str, helo: str, servers: NameServers, kept: Kept[Spf] | None = None) -> Spf:
    """Say whether `ip` may send for the domain of `mail_from`, for `helo` where that is "". Never raises.

    `kept` holds what was found before, for as long as the answers of the DNS hold that it was found by.
    """
    identity: Literal["mailfrom", "helo"] = "mailfrom" if mail_from else "helo"
    local, domain = _sender(mail_from) if mail_from else ("postmaster", helo.lower())
    about = (ip, domain, identity)
    if kept and (known := kept.get(about)):
        return known
    if not _is_ip(ip) or not _NAME.fullmatch(domain):
        return Spf("none", "", identity, "nothing to ask")
    answers: _Answers = {}
    result, why = await evaluate(ip, local, domain, helo, servers, answers)
    told = Spf(result, domain, identity, "" if result == "pass" else _brief(why))
    if kept and not _asks_for_sender(answers):
        kept.keep(about, told, servers.until)
    return told


async def evaluate(
    ip: str,
    local: str,
    domain: str,
    helo: str,
    servers: NameServers,
    answers: _Answers,
    *,
    explain: bool = False,
) -> tuple[SpfResult, str]:
    """Return the result of check_host (section 4) and what pyspf says of it; `explain`: with the domain's own words.

    Nobody is shown those words, so they are not asked for but by the test suites. What was asked goes to `answers`.
    """
    if _NAME.fullmatch(domain):  # the first question is always this one
        await _learn((domain, "TXT"), "", answers, servers)
    while len(answers) <= _MOST_QUESTIONS:
        query = _Query(ip, local, domain, helo, answers, explain=explain)
        result, why = query.outcome()
        if query.missing is None:
            return result, why
        await _learn(query.missing, "AAAA" if query.v == "ip6" else "A", answers, servers)
    return "permerror", "too many questions"


async def _learn(question: _Question, kind: str, answers: _Answers, servers: NameServers) -> None:
    """Add the answer to a question; for names of hosts the addresses too, as they are asked for next."""
    found = answers[question] = await _answer(question, servers)
    hosts = [_host(value) for value in (found or ())[:_MOST_HOSTS] if question[1] in {"MX", "PTR"}]
    questions = [(host, kind) for host in dict.fromkeys(hosts) if (host, kind) not in answers]
    answers.update(zip(questions, await asyncio.gather(*(_answer(one, servers) for one in questions)), strict=True))


async def _answer(question: _Question, servers: NameServers) -> _Values:
    try:
        return _values(await servers.records(*question))
    except Unavailable:
        return None


def _asks_for_sender(answers: _Answers) -> bool:
    """A record has a macro (section 7), which may stand for the sender: what it says is said of this mail only."""
    texts = (value for (_, kind), values in answers.items() if kind in {"TXT", "SPF"} for value in values or ())
    return any(b"%" in piece for text in texts for piece in cast("tuple[bytes, ...]", text))


def _host(value: object) -> str:
    """The host name in an MX or PTR answer."""
    name = cast("tuple[int, str]", value)[1] if isinstance(value, tuple) else value
    return str(name).rstrip(".").lower()


def _values(records: Records) -> tuple[object, ...]:
    """The records as pyspf wants them."""
    found: list[object] = []
    for record in records.found:
        if isinstance(record, dns.rdtypes.IN.A.A | dns.rdtypes.IN.AAAA.AAAA):
            found.append(record.address)
        elif isinstance(record, dns.rdtypes.ANY.MX.MX):
            found.append((record.preference, record.exchange.to_text(omit_final_dot=True)))
        elif isinstance(record, dns.rdtypes.ANY.PTR.PTR):
            found.append(record.target.to_text(omit_final_dot=True))
        elif isinstance(record, dns.rdtypes.txtbase.TXTBase):
            found.append(record.strings)
    return tuple(found)


def _sender(mail_from: str) -> tuple[str, str]:
    address = parse_address(mail_from)
    return (address.local, address.domain) if address else ("", "")


def _brief(why: str) -> str:
    """pyspf's words, which may quote the record, in a shape for the log."""
    return "".join(char if " " <= char <= "~" else "?" for char in why[:_WHY_CHARACTERS])


def _is_ip(text: str) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return not isinstance(address, IPv6Address) or address.scope_id is None


class _Query(pyspf.query):  # pyright: ignore[reportUntypedBaseClass]
    """One evaluation over `answers`. `missing` is the first question that they do not hold."""

    def __init__(self, ip: str, local: str, domain: str, helo: str, answers: _Answers, *, explain: bool) -> None:
        super().__init__(i=ip, s=f"{local}@{domain}", h=helo)  # pyright: ignore[reportUnknownMemberType]
        # pyspf takes the first "@" of a sender for the one that counts, also inside quotes.
        self.l, self.o, self.d = local, domain, domain
        self._ip = ip
        self._answers = answers
        self._explain = explain
        self.missing: _Question | None = None

    def outcome(self) -> tuple[SpfResult, str]:
        """Evaluate. Never raises, whatever a record holds."""
        try:
            result, _, why = cast(tuple[str, int, str], self.check())  # pyright: ignore[reportUnknownMemberType]
        except Exception as error:  # noqa: BLE001 (of pyspf, for records its author did not think of)
            return "permerror", f"the record cannot be evaluated: {type(error).__name__}"
        return cast(SpfResult, result), why

    def dns(self, name: str, qtype: str, cnames: object = None, ignore_void: bool = False) -> list[object]:  # noqa: ARG002
        """Answer a question of pyspf's. Raises its TempError and PermError."""
        question = (str(name).rstrip(".").lower(), qtype)
        if not all(0 < len(label) < 64 for label in question[0].split(".")):
            return []
        if question not in self._answers:
            self.missing = self.missing or question
        found = self._answers.get(question)
        if found is None:
            raise pyspf.TempError("no answer")
        if any(_octets(value) > _RECORD_OCTETS for value in found):
            raise pyspf.PermError("a record is too long")
        if not found and not ignore_void:
            self.void_lookups += 1
            if self.void_lookups > pyspf.MAX_VOID_LOOKUPS:
                raise pyspf.PermError("more than two lookups that found nothing")
        return list(found)

    def expand(self, s: str, stripdot: bool = True) -> str:
        """Expand macros. Raises PermError."""
        if len(s) > _SPEC_CHARACTERS:
            raise pyspf.PermError("a domain-spec is too long")
        return cast(str, super().expand(s, stripdot))  # pyright: ignore[reportUnknownMemberType]

    def validated_ptrs(self) -> list[str]:
        """The names of the client that lead back to it. What the DNS does not answer is passed over (section 5.5)."""
        pointer = ip_address(self._ip).reverse_pointer
        return [name for name in self._or_nothing(pointer, "PTR")[: pyspf.MAX_PTR] if self._leads_back(name)]

    def _leads_back(self, name: str) -> bool:
        addresses = self._or_nothing(name, self.A)
        return self.cidrmatch(addresses, self.cidrmax)  # pyright: ignore[reportUnknownMemberType]

    def _or_nothing(self, name: str, kind: str) -> list[str]:
        try:
            return [str(value) for value in self.dns(name, kind)]
        except pyspf.TempError:
            return []

    def get_explanation(self, spec: str) -> str | None:
        """The domain's own words for a fail (section 6.2)."""
        if not self._explain:
            return None
        return super().get_explanation(spec)  # pyright: ignore[reportUnknownMemberType]


def _octets(value: object) -> int:
    """The size of a TXT record, 0 for any other."""
    strings = cast("tuple[object, ...]", value) if isinstance(value, tuple) else ()
    return sum(len(string) for string in strings if isinstance(string, bytes))

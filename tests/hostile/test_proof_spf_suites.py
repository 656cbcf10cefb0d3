"""SPF as its two open test suites say it, section by section, asked of a name server on loopback."""

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import dns.rcode
import pytest
import yaml
from parley.relay.inbound.proof.spf import evaluate
from parley.relay.nameservers import NameServers, resolver_of
from parley.tests.dns_server import DnsServer, Value

SUITES = Path(__file__).parents[2].parent / "shared" / "data" / "auth" / "spf"
CASES = {"rfc7208-tests.yml": 203, "rfc4408-tests.yml": 191}
SECTIONS = [("rfc7208-tests.yml", number) for number in range(16)] + [
    ("rfc4408-tests.yml", number) for number in range(15)
]
KINDS = ("A", "AAAA", "MX", "PTR", "TXT")
OWN_WORDS = "SPF fail - not authorized"  # what is said where the domain's own words cannot be had

needs_suites = pytest.mark.skipif(not SUITES.is_dir(), reason="the SPF suites are not on this machine")


@dataclass(frozen=True)
class Case:
    name: str
    host: str
    sender: str
    helo: str
    results: tuple[str, ...]
    explanation: str


@functools.cache
def documents(suite: str) -> list[dict[str, object]]:
    with (SUITES / suite).open(encoding="utf-8") as file:
        return [document for document in yaml.safe_load_all(file) if document]


def cases(document: dict[str, object]) -> list[Case]:
    found: list[Case] = []
    for name, test in cast(dict[str, dict[str, object]], document["tests"]).items():
        results = test["result"] if isinstance(test["result"], list) else [test["result"]]
        words = str(test.get("explanation", ""))
        found.append(
            Case(
                name,
                str(test["host"]),
                str(test["mailfrom"]),
                str(test["helo"]),
                tuple(map(str, results)),
                OWN_WORDS if words == "DEFAULT" else words,
            )
        )
    return found


def server_of(document: dict[str, object]) -> DnsServer:
    server = DnsServer()
    for name, records in cast(dict[str, list[object]], document["zonedata"]).items():
        listed = {kind for record in records if isinstance(record, dict) for kind in record}
        for record in records:
            if isinstance(record, dict):
                ((kind, value),) = record.items()
                if value != "NONE":
                    server.add(name, kind, value_of(kind, value))
                if kind == "SPF" and "TXT" not in listed:
                    server.add(name, "TXT", value_of(kind, value))
        if "TIMEOUT" in records:
            present = listed | ({"TXT"} if "SPF" in listed else set())
            for kind in KINDS:
                if kind not in present or ("TXT" in listed and {"TXT": "NONE"} in records and kind == "TXT"):
                    server.trouble[(name.lower(), kind)] = dns.rcode.SERVFAIL
    return server


def value_of(kind: str, value: object) -> Value:
    if kind in {"TXT", "SPF"}:
        strings = value if isinstance(value, list) else [value]
        return tuple(str(string).encode() for string in strings)
    if kind == "MX" and isinstance(value, list):
        return f"{value[0]} {str(value[1]).rstrip('.')}."
    return f"{str(value).rstrip('.')}." if kind in {"PTR", "CNAME"} else str(value)


async def wrong(document: dict[str, object]) -> list[str]:
    """The cases of a section that come out otherwise than the suite says."""
    found: list[str] = []
    async with server_of(document) as server:
        for case in cases(document):
            local, _, domain = case.sender.rpartition("@")
            if not case.sender:
                domain = case.helo
            servers = NameServers(resolver_of(server.settings))
            result, words = await evaluate(
                case.host, local or "postmaster", domain, case.helo, servers, {}, explain=True
            )
            if result not in case.results or (case.explanation and words != case.explanation):
                found.append(f"{case.name}: {result} {words!r} instead of {case.results} {case.explanation!r}")
    return found


@needs_suites
@pytest.mark.parametrize(("suite", "number"), SECTIONS)
async def test_a_section_of_a_suite(suite: str, number: int) -> None:
    assert await wrong(documents(suite)[number]) == []


@needs_suites
@pytest.mark.parametrize("suite", CASES)
def test_no_case_is_left_out(suite: str) -> None:
    asked = [document for name, number in SECTIONS if name == suite for document in [documents(suite)[number]]]
    assert sum(len(cases(document)) for document in asked) == CASES[suite]
    assert len(asked) == len(documents(suite))

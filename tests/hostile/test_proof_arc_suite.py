"""ARC validation as its open test suite says it, section by section."""

import functools
from pathlib import Path
from typing import TypedDict

import pytest
import yaml
from parley.relay.inbound.proof.arc import check
from parley.relay.inbound.proof.canonical import take_apart
from parley.relay.nameservers import NameServers, resolver_of
from parley.tests.dns_server import DnsServer

SUITE = (
    Path(__file__).parents[2].parent / "shared" / "data" / "auth" / "arc_test_suite" / "arc-draft-validation-tests.yml"
)
CASES, SECTIONS = 171, 10

needs_suite = pytest.mark.skipif(not SUITE.is_file(), reason="the ARC suite is not on this machine")


class Case(TypedDict):
    message: str
    cv: str


Document = TypedDict("Document", {"description": str, "tests": dict[str, Case], "txt-records": dict[str, str]})


@functools.cache
def documents() -> list[Document]:
    with SUITE.open(encoding="utf-8") as file:
        return [document for document in yaml.safe_load_all(file) if document]


def mail(case: Case) -> bytes:
    return case["message"].encode().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


async def wrong(document: Document) -> list[str]:
    found: list[str] = []
    zone = {name: [("TXT", text)] for name, text in document["txt-records"].items()}
    async with DnsServer(zone) as server:
        servers = NameServers(resolver_of(server.settings))
        for name, case in document["tests"].items():
            arc = await check(take_apart(mail(case)), servers)
            # "" is the suite's word for a chain that its newest sealer gave up; RFC 8617 section 5.2 step 2: "fail".
            expected = str(case["cv"] or "fail").lower()
            if arc.result != expected:
                found.append(f"{name}: {arc.result} ({arc.why}) instead of {expected!r}")
    return found


@needs_suite
@pytest.mark.parametrize("number", range(SECTIONS))
async def test_a_section_of_the_suite(number: int) -> None:
    assert await wrong(documents()[number]) == []


@needs_suite
def test_no_case_is_left_out() -> None:
    assert len(documents()) == SECTIONS
    assert sum(len(document["tests"]) for document in documents()) == CASES

"""How thorough the property tests are: quick by default, `HYPOTHESIS_PROFILE=thorough` for more."""

import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter
from hypothesis import settings
from parley.store.place import Place, in_folder
from parley.tests import gateway, postgres
from parley.tests.peer import Peer

settings.register_profile("quick", max_examples=25, deadline=None)
settings.register_profile("thorough", max_examples=1000, deadline=None)
settings.register_profile("fuzz", max_examples=int(os.environ.get("FUZZ_EXAMPLES", "20000")), deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    """The rest of the world: a mail server that records what it is sent."""
    async with Peer() as one:
        yield one


@pytest.fixture(scope="session")
def postgresql() -> Iterator[postgres.Server]:
    """A private PostgreSQL server of this test process."""
    if postgres.binaries() is None:
        pytest.skip("no PostgreSQL server binaries on this machine")
    with postgres.serving() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Where this test's store is: the test runs once on each engine."""
    if request.param == "sqlite":
        yield in_folder(tmp_path)
        return
    server: postgres.Server = request.getfixturevalue("postgresql")
    url = server.database()
    yield Place(url, tmp_path / "blobs")
    server.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def engines(request: pytest.FixtureRequest) -> Iterator[None]:
    """The gateways that tests/gateway.py starts work on this engine: the story is told once on each."""
    if request.param == "sqlite":
        yield
        return
    server: postgres.Server = request.getfixturevalue("postgresql")
    url = server.database()
    before = gateway.ENGINE
    gateway.ENGINE = url.render_as_string(hide_password=False)
    yield
    gateway.ENGINE = before
    server.drop(url)


_TABLES = {
    "leaks": (
        "hostile mail through the gateway",
        ("sent", "relayed", "held", "noted", "refused", "tracebacks", "stuck", "leaks"),
    ),
    "faults": (
        "faults and what became of the mail",
        ("kills", "answered", "arrived", "lost", "duplicates", "disorder", "half"),
    ),
}


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Print what became of hostile mails (scripts/test leaks) and of mails under faults (scripts/test faults)."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    told = [pair for report in reports for pair in getattr(report, "user_properties", ())]
    for kind, (title, columns) in _TABLES.items():
        rows: dict[str, Counter[str]] = {}
        for name, counts in told:
            if name.startswith(f"{kind}:"):
                rows.setdefault(name.removeprefix(f"{kind}:"), Counter()).update(counts)
        if not rows:
            continue
        terminalreporter.section(title)
        width = max(14, *(len(name) + 1 for name in rows))
        terminalreporter.write_line(" " * width + "".join(f"{column:>12}" for column in columns))
        for name, counts in sorted(rows.items()):
            figures = "".join(f"{counts.get(column, 0)!s:>12}" for column in columns)
            terminalreporter.write_line(f"{name:{width}}{figures}")

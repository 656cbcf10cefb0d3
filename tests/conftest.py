"""How thorough the property tests are: quick by default, `HYPOTHESIS_PROFILE=thorough` for more."""

import os
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


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Print what became of the hostile mails, a line for each set (scripts/test leaks)."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    rows = [
        (name.removeprefix("leaks:"), counts)
        for report in reports
        for name, counts in getattr(report, "user_properties", ())
        if name.startswith("leaks:")
    ]
    if not rows:
        return
    terminalreporter.section("hostile mail through the gateway")
    columns = ("sent", "relayed", "held", "noted", "refused", "tracebacks", "stuck", "leaks")
    terminalreporter.write_line(f"{'set':14}" + "".join(f"{column:>11}" for column in columns))
    for name, counts in sorted(rows):
        terminalreporter.write_line(f"{name:14}" + "".join(f"{counts.get(column, 0)!s:>11}" for column in columns))

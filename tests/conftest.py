"""How thorough the property tests are: quick by default, `HYPOTHESIS_PROFILE=thorough` for more."""

import os
from collections.abc import AsyncIterator

import pytest
from _pytest.terminal import TerminalReporter
from hypothesis import settings
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

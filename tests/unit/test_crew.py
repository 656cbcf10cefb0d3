"""The crew of `[smtp] processes = N` keeps its number, whatever happens at a start."""

import asyncio
import sys
from collections.abc import Sequence

import pytest
from parley.relay.cli import crew
from parley.relay.cli.crew import Crew
from parley.tests.times import LIMIT

DIES = [sys.executable, "-c", "print('ready', flush=True)"]
STAYS = [sys.executable, "-c", "import sys; print('ready', flush=True); sys.stdin.read()"]


async def test_a_child_that_the_system_could_not_start_is_started_at_the_next_try(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(crew, "_SHORTEST", 0.01)
    commands = iter([DIES, ["/no/such/program"], STAYS])
    over = asyncio.Event()

    def command(_number: int) -> Sequence[str]:
        following = next(commands)
        if following is STAYS:
            over.set()
        return following

    said: list[str] = []
    one = Crew(1, command, {}, said.append)
    await one.start()
    try:
        async with asyncio.timeout(LIMIT):
            await over.wait()
    finally:
        await one.stop()
    assert [line.split(" ended")[0] for line in said] == ["process 1", "process 1"]

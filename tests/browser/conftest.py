"""What the tests of pages start from: a gateway with its mail server, and a browser."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from parley.tests.gateway import Running, running
from parley.tests.peer import Peer
from parley.tests.times import LIMIT
from parley.tests.window import chromium
from playwright.async_api import Browser, expect

expect.set_options(timeout=LIMIT * 1000)


@pytest.fixture
async def run(tmp_path: Path) -> AsyncGenerator[Running]:
    async with Peer() as peer, running(tmp_path, peer, extra='help = "help@market.example"') as one:
        yield one


@pytest.fixture
async def browser() -> AsyncGenerator[Browser]:
    async with chromium() as one:
        yield one

"""A test that fails leaves no gateway behind."""

from collections.abc import AsyncIterator

import pytest
from parley.tests.fault import house


@pytest.fixture(autouse=True)
async def nobody_left() -> AsyncIterator[None]:
    """End what the test started and did not stop, and let its ports go."""
    yield
    for process in house.started:
        if process.returncode is None:
            process.kill()
        await process.wait()
    for port in house.ports:
        port.close()
    house.started.clear()
    house.ports.clear()

"""PostgreSQL is restarted, cleanly and by a crash, while mail comes in: nothing is lost, the gateway goes on."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import aiosmtplib
import pytest
from parley.tests import gateway, postgres
from parley.tests.gateway import BUYER, SELLER, Running, body, mail, opened, running, to
from parley.tests.peer import Peer
from parley.tests.times import LIMIT

RESTARTS = int(os.environ.get("PARLEY_TEST_RESTARTS", "3"))


@pytest.fixture
def server() -> Iterator[postgres.Server]:
    """A server of this test's own, which commits for good."""
    if postgres.binaries() is None:
        pytest.skip("no PostgreSQL server binaries on this machine")
    with postgres.serving(postgres.DURABLE) as one:
        gateway.ENGINE = one.database().render_as_string()
        yield one
        gateway.ENGINE = ""


@pytest.mark.timeout(180 + 40 * RESTARTS)
async def test_restarts_under_load(tmp_path: Path, peer: Peer, server: postgres.Server) -> None:
    async with running(tmp_path, peer) as world:
        masks = [(await world.open(reference=f"MK-{number}")).masks["buyer"] for number in range(4)]
        over = asyncio.Event()
        senders = [asyncio.create_task(keep_sending(world, number, mask, over)) for number, mask in enumerate(masks)]
        for number in range(RESTARTS):
            await eight_more(peer)
            await asyncio.to_thread(server.stop, 3 if number % 2 else 2)
            await asyncio.to_thread(server.start)
        await eight_more(peer)
        over.set()
        taken = [id for ids in await asyncio.gather(*senders) for id in ids]
        await peer.until(lambda: len(arrived(peer)) >= len(taken), 2 * LIMIT)
        await world.quiet(2 * LIMIT)
        relayed = arrived(peer)
        assert len(set(relayed)) == len(taken)  # nothing lost, and nothing recorded twice
        assert len(relayed) == len(set(relayed))  # and nothing sent twice


def arrived(peer: Peer) -> list[str]:
    """The ids of what was relayed; the four requests' confirmations are not."""
    return [str(opened(got)["Message-ID"]) for got in to(peer.mails, BUYER) if "\ntext " in body(got)]


async def eight_more(peer: Peer) -> None:
    had = len(peer.mails)
    await peer.until(lambda: len(peer.mails) >= had + 8, 2 * LIMIT)  # a lost lease is found in half a minute


async def keep_sending(world: Running, number: int, mask: str, over: asyncio.Event) -> list[str]:
    """Send mail after mail, each again until it is taken, as a mail server does; returns what was taken.

    The last one, too: what was answered 451 may be recorded all the same, when its commit's answer was lost.
    """
    taken: list[str] = []
    while not over.is_set():
        id = f"{number}.{len(taken)}@werk.example"
        data = mail(SELLER, mask, f"text {id}", message_id=id)
        while (answer := await answer_to(world, mask, data)) != 250:
            assert answer < 500, world.lines[-3:]
        taken.append(id)
    return taken


async def answer_to(world: Running, mask: str, data: bytes) -> int:
    """Hand a mail in; returns the code that decided."""
    try:
        await world.send(SELLER, mask, data)
        return 250
    except aiosmtplib.SMTPRecipientsRefused as refusal:
        return refusal.recipients[0].code
    except aiosmtplib.SMTPResponseException as refusal:
        return refusal.code

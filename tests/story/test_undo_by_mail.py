"""A decline is taken back by a mail without words; a second decline is answered, and not offered once more."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from parley.relay.mail.masks import action_address
from parley.tests.gateway import SELLER, Running, body, mail, running, to
from parley.tests.peer import Got, Peer


@pytest.fixture
async def world(tmp_path: Path, peer: Peer) -> AsyncIterator[Running]:
    async with running(tmp_path, peer) as one:
        yield one


async def ask(world: Running, mask: str, verb: str, detail: str = "", number: int = 1) -> Got:
    """Send a mail to an action address; returns what the seller gets back."""
    await world.quiet()
    before, address = len(to(world.peer.mails, SELLER)), action_address(verb, mask, detail)
    await world.send(
        SELLER, address, mail(SELLER, address, "", subject=verb, message_id=f"{verb}{number}@werk.example")
    )
    await world.quiet()
    return to(world.peer.mails, SELLER)[before]


async def test_a_decline_is_taken_back_by_the_address_in_its_confirmation(world: Running) -> None:
    made = await world.open()
    mask = made.masks["buyer"]
    done = await ask(world, mask, "decline", "duplicate")
    undo = action_address("undo", mask)
    assert f"\n{undo}\n" in body(done).replace(" ", "\n")
    assert f"mailto:{undo}?subject=" in body(done, "text/html")
    again = await ask(world, mask, "decline", "duplicate", 2)
    assert "has been declined already" in body(again)
    assert action_address("decline", mask) not in body(again)
    assert action_address("transfer", mask) in body(again)
    back = await ask(world, mask, "undo")
    assert "was taken back" in body(back)
    assert action_address("decline", mask) in body(back)
    assert [one["kind"] for one in (await world.show(made.id))["events"]].count("action.undone") == 1
    late = await ask(world, mask, "undo", "", 2)
    assert "nothing that can still be taken back" in body(late)

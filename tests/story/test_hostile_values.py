"""Values that one engine could not keep: an id longer than an index takes, NUL, numbers beyond 32 bits."""

import random
from pathlib import Path

import pytest
from parley.tests.gateway import SELLER, mail, running
from parley.tests.peer import Peer

pytestmark = pytest.mark.usefixtures("engines")


async def test_they_are_kept_on_both_engines(tmp_path: Path, peer: Peer) -> None:
    chars = random.Random(7)
    long = "".join(chr(chars.randrange(0x10000, 0x1F000)) for _ in range(980))
    async with running(tmp_path, peer) as world:
        made = await world.open()
        mask = made.masks["buyer"]
        for number, id in enumerate((f"{long}@werk.example", f"{'x' * 980}@werk.example")):
            data = mail(SELLER, mask, f"number {number}", message_id=id)
            assert (await world.send(SELLER, mask, data)).code == 250
            assert (await world.send(SELLER, mask, data)).code == 250  # again: known as the same
        encoded = mail(SELLER, mask, "x", message_id="3@werk.example").replace(b"8bit", b"quoted-printable")
        assert (await world.send(SELLER, mask, encoded.replace(b"\r\nx\r\n", b"\r\nnul =00 here\r\n"))).code == 250
        shown = await world.show(made.id)
        assert len(shown["messages"]) == 4
        assert "nul" in shown["messages"][3]["text"]

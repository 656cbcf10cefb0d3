"""`parley leakscan`: nothing is found in what was sent, and what may stay is told apart."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
from parley.relay.control import ControlError
from parley.relay.leakscan import leakscan, where_found
from parley.tests.gateway import BUYER, SELLER, Running, mail, running
from parley.tests.peer import Peer

HEAD = b"From: a@b.example\r\nSubject: x\r\n"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Running]:
    async with Peer() as peer, running(tmp_path, peer) as one:
        yield one


async def scan(world: Running, seconds: float | None = None) -> dict[str, Any]:
    return cast(dict[str, Any], await leakscan(world.gateway.world, {"seconds": seconds}))


async def test_what_was_sent_holds_no_address(world: Running) -> None:
    made = await world.open()
    quoted = f"Yes.\n\nOn Mon, Jean <{BUYER}> wrote:\n> ask {BUYER} or {SELLER}"
    await world.send(SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], quoted))
    await world.peer.wait(3)
    done = await scan(world)
    assert (done["scanned"], done["leaks"], done["found"]) == (3, 0, [])
    assert (await scan(world, 0))["scanned"] == 0


async def test_what_somebody_typed_is_told_apart(world: Running) -> None:
    made = await world.open()
    await world.send(SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], f"Write to {SELLER} please."))
    await world.peer.wait(3)
    done = await scan(world)
    assert done["leaks"] == 0
    (found,) = done["found"]
    assert (found["to"], found["address"], found["where"]) == (BUYER, SELLER, "typed")


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (HEAD + b"X-A: anna@werk.example\r\n\r\nx\r\n", "leak"),
        (HEAD + b"\r\nanna@WERK.example\r\n", "leak"),
        (HEAD + b"Content-Transfer-Encoding: base64\r\n\r\nYW5uYUB3ZXJrLmV4YW1wbGU=\r\n", "leak"),
        (HEAD + b"Content-Transfer-Encoding: quoted-printable\r\n\r\nanna=\r\n=40werk=2Eexample\r\n", "leak"),
        (HEAD + b"Content-Type: text/html\r\n\r\nan&#110;a&commat;we<wbr>rk.example\r\n", "leak"),
        (HEAD + "\r\nanna\u200b@werk.ex\u00adample\r\n".encode(), "leak"),
        (HEAD + b"Content-Type: text/html\r\n\r\n<a href='mailto:anna%40werk.example'>x</a>\r\n", "leak"),
        (HEAD + b"Subject: =?utf-8?B?YW5uYUB3ZXJrLmV4YW1wbGU=?=\r\n\r\nx\r\n", "leak"),
        (
            HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nx\r\n--b\r\n'
            b"Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\n"
            b"%PDF anna@werk.example\r\n--b--\r\n",
            "document",
        ),
    ],
)
def test_it_is_found_in_any_encoding(data: bytes, where: str) -> None:
    assert where_found(data, (SELLER, BUYER), None) == [(SELLER, where)]


async def test_a_wrong_argument_is_told(world: Running) -> None:
    with pytest.raises(ControlError):
        await leakscan(world.gateway.world, {"since": "yesterday"})

"""Hostile mail through the whole gateway: forged senders, injected headers, machines. Nothing of it may get through."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import aiosmtplib
import pytest
from parley.relay.mail.write import HEADERS
from parley.tests.dns_server import DnsServer
from parley.tests.gateway import BUYER, SELLER, Running, mail, opened, running, to
from parley.tests.peer import Peer

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "hostile"
pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the hostile mails are not beside the repository")


def files(kind: str) -> list[Path]:
    return sorted((DATA / kind).glob("*.eml"))


def names(path: Path) -> str:
    return path.stem


@asynccontextmanager
async def world(folder: Path, peer: Peer, authentication: str) -> AsyncGenerator[Running]:
    async with DnsServer() as dns:
        extra = f'[dns]\nservers = ["{dns.address}"]\n'
        async with running(folder, peer, extra=extra, sender=f'authentication = "{authentication}"') as one:
            yield one


def filled(path: Path, masks: dict[str, str]) -> bytes:
    data = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    pairs = {
        "{BUYER}": BUYER,
        "{SELLER}": SELLER,
        "{MASKED_BUYER}": masks["buyer"],
        "{MASKED_SELLER}": masks["seller"],
        "{COLLEAGUE}": "colleague@werk.example",
    }
    for place, value in pairs.items():
        data = data.replace(place.encode(), value.encode())
    return data


async def hand_over(one: Running, sender: str, mask: str, data: bytes) -> int:
    """Send it; returns the code of the answer, which is never a fault of ours."""
    try:
        code = (await one.send(sender, mask, data)).code
    except aiosmtplib.SMTPResponseException as refused:
        code = refused.code
    assert code == 250 or code >= 500
    return code


@pytest.mark.parametrize("path", files("spoof"), ids=names)
async def test_a_forged_sender_is_held_or_refused(path: Path, tmp_path: Path, peer: Peer) -> None:
    async with world(tmp_path, peer, "enforce") as one:
        made = await one.open()
        await peer.wait(2)
        code = await hand_over(one, "x@attacker.example", made.masks["seller"], filled(path, made.masks))
        shown = await one.show(made.id)
        assert [message["state"] for message in shown["messages"][1:]] == (["held"] if code == 250 else [])
        assert not any(b"MARK-BODY" in got.data for got in to(peer.mails, SELLER))


@pytest.mark.parametrize("path", files("inject"), ids=names)
async def test_injected_headers_stay_behind(path: Path, tmp_path: Path, peer: Peer) -> None:
    async with world(tmp_path, peer, "off") as one:
        made = await one.open()
        await peer.wait(2)
        code = await hand_over(one, SELLER, made.masks["buyer"], filled(path, made.masks))
        assert one.logged("fault") == []
        shown = await one.show(made.id)
        if code != 250 or shown["messages"][1:][0]["state"] == "held":
            return
        got = to(await peer.wait(3), BUYER)[-1]
        assert got.violations == ()
        found = list(opened(got))  # repeated names count
        allowed = {*HEADERS, "Received"}
        assert set(found) <= allowed
        assert len(found) == len(set(found))
        assert SELLER.encode() not in got.data


LIKE_A_PERSON = {
    "loop_marker",
    "own_loop_header",
    "received_60",
}  # nothing in them says "machine" to us: once is allowed


@pytest.mark.parametrize("path", files("auto"), ids=names)
async def test_machines_are_relayed_to_nobody(path: Path, tmp_path: Path, peer: Peer) -> None:
    async with world(tmp_path, peer, "off") as one:
        made = await one.open()
        await peer.wait(2)
        data = filled(path, made.masks)
        for _ in range(3):
            await hand_over(one, SELLER, made.masks["buyer"], data)
        relayed = int(path.stem in LIKE_A_PERSON)
        await one.send(SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], "A person."))
        await peer.wait(3 + relayed)
        shown = await one.show(made.id)
        assert len(shown["messages"]) == 2 + relayed
        assert shown["messages"][-1]["text"].strip() == "A person."
        assert len(peer.mails) == 3 + relayed

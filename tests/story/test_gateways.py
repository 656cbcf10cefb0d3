"""Several gateways on one PostgreSQL database: roles split, one killed, N processes on one port."""

import asyncio
import os
import re
import signal
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest
from parley.relay import control
from parley.relay.app import Gateway
from parley.relay.journal import Journal
from parley.relay.outbound import deliver
from parley.relay.settings import load
from parley.tests import postgres
from parley.tests.gateway import BUYER, ORDER, SELLER, body, mail, opened, settings_text, to
from parley.tests.gateways import Process, command, serving, start, until
from parley.tests.peer import Peer
from parley.tests.times import LIMIT

TALKS = 6


@pytest.fixture
def config(tmp_path: Path, peer: Peer, postgresql: postgres.Server) -> Iterator[Path]:
    """Settings of gateways that poll so rarely that only a notification can bring them to work in time."""
    url = postgresql.database()
    text = settings_text(peer.port).replace("[outbound]\n", '[outbound]\npoll = "10m"\n')
    path = tmp_path / "relay.toml"
    path.write_text(f'[store]\nurl = "{url.render_as_string()}"\n{text}')
    yield path
    postgresql.drop(url)


@pytest.fixture
def several(config: Path) -> Path:
    """The same with two processes on one port."""
    config.write_text(config.read_text().replace("[smtp]\n", "[smtp]\nprocesses = 2\n"))
    return config


async def inquiries(config: Path, count: int) -> list[dict[str, Any]]:
    orders = [{**ORDER, "reference": f"MK-{number}"} for number in range(count)]
    return list(await command(config, "inquiry.create", {"orders": orders, "quiet": True}))


async def test_a_door_and_a_deliverer_in_two_processes(config: Path, peer: Peer) -> None:
    async with serving(config, "--role", "smtp") as door, serving(config, "--role", "deliver") as deliverer:
        assert [line.split()[0] for line in door.said] == ["smtp", "ready"]
        assert deliverer.said == ["ready"]
        (inquiry,) = await inquiries(config, 1)
        await door.send(SELLER, inquiry["masks"]["buyer"], mail(SELLER, inquiry["masks"]["buyer"], "It is 400."))
        (got,) = await peer.wait(1)
        assert "\nIt is 400.\n" in body(got)


async def test_a_deliverer_is_woken_by_the_door_of_another_process(
    config: Path, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "_LOOK_FOR_THE_DEAD", timedelta(hours=1))  # it never looks up by itself
    lines: list[str] = []
    deliverer = Gateway(load(config), Journal(lines.append), roles=["deliver"])
    async with serving(config, "--role", "smtp") as door, deliverer:
        for number, one in enumerate(await inquiries(config, 3), 1):  # after the first one it does nothing but wait
            mask = one["masks"]["buyer"]
            await door.send(SELLER, mask, mail(SELLER, mask, f"It is {number}00.", message_id=f"{number}@werk.example"))
            await peer.wait(number)


async def test_commands_reach_whoever_is_left(config: Path) -> None:
    async with serving(config, "--role", "smtp") as first, serving(config, "--role", "links"):
        (one,) = await inquiries(config, 1)
        await first.kill()
        await asyncio.to_thread(reached, config)
        closed = await command(config, "inquiry.close", one["id"])
        assert closed == {"id": one["id"], "state": "closed"}


def reached(config: Path) -> None:
    """Return when a gateway answers at the control socket."""
    ends = time.monotonic() + LIMIT
    while time.monotonic() < ends:
        try:
            control.call(config.parent / "var/parley.sock", "no such command", None)
        except control.NotRunning:
            time.sleep(0.05)
        except control.ControlError:
            return
    raise TimeoutError


async def test_three_gateways_one_killed_nothing_is_lost_and_order_is_kept(config: Path, peer: Peer) -> None:
    gateways = [await start(config) for _ in range(3)]
    try:
        masks = [one["masks"]["buyer"] for one in await inquiries(config, TALKS)]
        talks = [asyncio.create_task(talk(gateways, number, mask)) for number, mask in enumerate(masks)]
        await peer.wait(10)
        await gateways[2].kill()
        await asyncio.gather(*talks)
        await until(lambda: sum(len(set(texts)) for texts in arrived(peer).values()) == TALKS * 12)
    finally:
        for one in gateways:
            await one.stop()
    seen = arrived(peer)
    assert sorted(seen) == list(range(TALKS))
    assert all(in_order(texts) for texts in seen.values()), seen
    ids = [opened(got)["Message-ID"] for got in peer.mails]
    assert len(set(ids)) == TALKS * 12
    assert len(ids) - len(set(ids)) <= 10  # at most what one process was sending when it was killed


async def test_the_one_gateway_of_a_store_is_killed_and_sends_again_what_it_was_sending(
    config: Path, peer: Peer
) -> None:
    stall = peer.stall("dot", rcpt=BUYER)
    async with serving(config) as first:
        (inquiry,) = await inquiries(config, 1)
        mask = inquiry["masks"]["buyer"]
        await first.send(SELLER, mask, mail(SELLER, mask, "It is 400."))
        await stall.reached()
        await first.kill()
    peer.behave()
    async with serving(config):
        await peer.until(lambda: bool(to(peer.mails, BUYER)))
    assert "\nIt is 400.\n" in body(to(peer.mails, BUYER)[0])


async def talk(gateways: list[Process], number: int, mask: str) -> None:
    """One conversation: twelve mails, each by the next gateway, each after the one before was taken."""
    for turn in range(12):
        data = mail(SELLER, mask, f"talk {number} turn {turn}", message_id=f"{number}.{turn}@werk.example")
        at = number + turn
        while True:
            try:
                await gateways[at % 3].send(SELLER, mask, data)
                break
            except (OSError, aiosmtplib.SMTPException):
                at += 1


def arrived(peer: Peer) -> dict[int, list[int]]:
    """The turns of each conversation, in the order they came to the buyer."""
    found: dict[int, list[int]] = {}
    for got in to(peer.mails, BUYER):
        talk, turn = re.findall(r"^talk (\d+) turn (\d+)$", body(got), re.MULTILINE)[0]
        found.setdefault(int(talk), []).append(int(turn))
    return found


def in_order(texts: list[int]) -> bool:
    """True when each text came for the first time after all before it."""
    first = list(dict.fromkeys(texts))
    return first == sorted(first)


async def test_processes_share_a_port_a_dead_one_is_replaced_and_all_stop(several: Path, peer: Peer) -> None:
    config = several
    async with serving(config) as parent:
        assert [line.split()[0] for line in parent.said] == ["smtp", "links", "ready"]
        children = children_of(parent.process.pid)
        assert len(children) == 2
        (inquiry,) = await inquiries(config, 1)
        mask = inquiry["masks"]["buyer"]
        for number in range(8):  # the system spreads connections by their ports
            await parent.send(SELLER, mask, mail(SELLER, mask, f"number {number}", message_id=f"{number}@werk.example"))
        await peer.wait(8)
        os.kill(children[1], signal.SIGKILL)
        await until(lambda: len(set(children_of(parent.process.pid)) - {children[1]}) == 2)
        again = children_of(parent.process.pid)
        await until(lambda: started(config) == 3)
        await parent.send(SELLER, mask, mail(SELLER, mask, "after", message_id="after@werk.example"))
        await peer.wait(9)
        assert await parent.stop() == 0
        assert not any(alive(child) for child in {*children, *again})
    log = (config.parent / "var/parley.log").read_text().splitlines()
    assert started(config) == 3
    assert all(line.split()[0].startswith("20") for line in log)


async def test_children_end_when_their_parent_is_killed(several: Path) -> None:
    parent = await start(several)
    children = children_of(parent.process.pid)
    await parent.kill()
    await until(lambda: not any(alive(child) for child in children))


def started(config: Path) -> int:
    """How many processes told the log that they began."""
    return (config.parent / "var/parley.log").read_text().count(" started ")


def children_of(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False

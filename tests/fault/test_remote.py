"""The other servers are in trouble for hours, or lie about it: order holds, nobody is forgotten, nothing is doubled.

The time is injected: hours pass in seconds.
"""

import re
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from parley.relay.late import pull_in
from parley.store import outbox
from parley.tests.gateway import BUYER, SELLER, Running, body, header, mail, running, to
from parley.tests.peer import Peer, Step
from parley.tests.peer_session import Got
from parley.tests.times import MINUTE, Clock, jump
from parley.tests.unit.test_mx import Zone, name_server


async def write(world: Running, masks: dict[str, str], text: str) -> None:
    await world.send(
        SELLER, masks["buyer"], mail(SELLER, masks["buyer"], f"[{text}]", message_id=f"{text}@werk.example")
    )


def word(got: Got) -> str:
    """The word that a relayed mail carries in brackets, "" for other mails."""
    found = re.search(r"^\[(.+)\]$", body(got), re.MULTILINE)
    return found[1] if found and not header(got, "Auto-Submitted") else ""


async def pass_time(world: Running, clock: Clock, hours: float, step: timedelta) -> None:
    """Let time go by; after each step everything that is due is tried before time goes on."""
    ends = clock.now + timedelta(hours=hours)
    while clock.now < ends:
        clock.now += step
        await settled(world, clock)


async def settled(world: Running, clock: Clock) -> None:
    """Return when nothing that is due is left and nothing is being sent."""
    store = world.gateway.world.store
    world.gateway.world.wake()
    while True:
        world.written.clear()  # before the look: what is written during it counts
        rows = await store.read(lambda connection: outbox.waiting(connection, 1000))
        heads = {(row.inquiry, row.recipient): row for row in reversed(rows)}
        free = [
            row
            for row in rows
            if heads[row.inquiry, row.recipient].seq == row.seq
            or heads[row.inquiry, row.recipient].created_at <= clock.now - timedelta(minutes=30)
        ]
        if not any(row.state == "sending" or row.next_attempt_at <= clock.now for row in free):
            return
        await world.written.wait()


async def test_a_remote_that_says_4yz_for_hours(tmp_path: Path, peer: Peer) -> None:
    """Twenty conversations wait for thirty hours; then all arrive, each in its order."""
    clock = Clock()
    async with running(tmp_path, peer, clock=clock, outbound={"give_up": "5d", "retry": '["1m", "5m", "1h"]'}) as world:
        made = [await world.open(reference=f"R-{number}") for number in range(20)]
        await peer.wait(40)
        peer.refuse("rcpt", 451, "4.3.2 not now", rcpt=BUYER)
        for number in range(3):
            for one in made:
                await write(world, one.masks, f"m{number}")
        await pass_time(world, clock, 30, timedelta(minutes=20))
        assert len(to(peer.mails, BUYER)) == 20  # the requests' confirmations are from before
        rows = await world.gateway.world.store.read(lambda c: outbox.waiting(c, 1000))
        late = [row for row in rows if row.to == BUYER]
        assert len(late) == 60
        assert all(row.attempts >= 10 for row in late)
        peer.behave()
        await pass_time(world, clock, 2, timedelta(minutes=20))
        mails = to(peer.mails, BUYER)[20:]
        assert Counter(word(got) for got in mails) == {"m0": 20, "m1": 20, "m2": 20}
        assert not world.logged("fault")


async def test_a_deferred_head_holds_its_own_leg_only_and_for_half_an_hour(tmp_path: Path, peer: Peer) -> None:
    clock = Clock()
    async with running(tmp_path, peer, clock=clock, outbound={"give_up": "5d", "retry": '["1h"]'}) as world:
        made, other = await world.open(), await world.open(reference="R-2")
        await peer.wait(4)
        peer.refuse("rcpt", 451, "4.2.2 full", rcpt=BUYER, times=1)
        await write(world, made.masks, "head")
        await world.wait_for("deferred")
        await write(world, made.masks, "second")
        await write(world, other.masks, "elsewhere")
        await world.send(BUYER, made.masks["seller"], mail(BUYER, made.masks["seller"], "[the other way]"))
        await peer.until(lambda: len(peer.mails) == 6)
        assert sorted(word(got) for got in peer.mails[4:]) == ["elsewhere", "the other way"]
        await pass_time(world, clock, 29 / 60, timedelta(minutes=29))
        assert sorted(word(got) for got in peer.mails[4:]) == ["elsewhere", "the other way"]
        clock.now += timedelta(minutes=2)
        world.gateway.world.wake()
        await peer.until(lambda: len(peer.mails) == 7)
        assert word(peer.mails[6]) == "second"
        await pass_time(world, clock, 1, timedelta(minutes=15))
        assert word(peer.mails[7]) == "head"


async def test_greylisting_sees_the_same_mail_again(tmp_path: Path, peer: Peer) -> None:
    clock = Clock()
    async with running(tmp_path, peer, clock=clock) as world:
        peer.greylist()
        made = await world.open()
        await world.wait_for("deferred", 2)
        await pass_time(world, clock, 0.2, timedelta(minutes=2))
        assert len(peer.mails) == 2
        senders = [line for _, line in peer.lines if line.startswith("MAIL FROM")]
        assert len(senders) == 4
        assert len({line.split()[1] for line in senders}) == 2  # each the same envelope sender both times
        assert {event["kind"] for event in (await world.show(made.id))["events"]} >= {"message.delivered"}


@pytest.mark.parametrize(("step", "code"), [("rcpt", 550), ("data", 554), ("dot", 554), ("mail", 553)])
async def test_a_final_no_at_each_step_is_told_once(tmp_path: Path, peer: Peer, step: Step, code: int) -> None:
    async with running(tmp_path, peer) as world:
        made = await world.open()
        await peer.wait(2)
        peer.refuse(step, code, "5.7.1 no", rcpt=BUYER if step == "rcpt" else "", times=1)
        await write(world, made.masks, "hello")
        notice = to(await peer.wait(3), SELLER)[-1]
        assert header(notice, "Subject").startswith("Not delivered: ")
        await write(world, made.masks, "again")
        await peer.wait(4)
        assert (await world.show(made.id))["messages"][1]["state"] == "failed"
        assert len(peer.mails) == 4


async def test_one_of_three_recipients_says_no_and_one_later(tmp_path: Path, peer: Peer) -> None:
    clock = Clock()
    async with running(tmp_path, peer, clock=clock) as world:
        sellers = [{"email": f"s{number}@werk.example", "name": "S"} for number in range(3)]
        made = await world.open(sellers=sellers)
        await peer.wait(4)
        peer.refuse("rcpt", 550, "5.1.1 unknown", rcpt="s0@werk.example")
        peer.refuse("rcpt", 451, "4.2.1 later", rcpt="s1@werk.example", times=1)
        await world.send(BUYER, made.masks["seller"], mail(BUYER, made.masks["seller"], "[hello]"))
        await world.wait_for("failed")
        await world.wait_for("deferred")
        await pass_time(world, clock, 0.1, timedelta(minutes=2))
        hellos = [got.rcpt[0] for got in peer.mails if word(got) == "hello"]
        assert sorted(hellos) == ["s1@werk.example", "s2@werk.example"]
        notice = to(peer.mails, BUYER)[-1]
        assert "could not be delivered to" in body(notice)
        shown = (await world.show(made.id))["messages"][1]["deliveries"]
        states = {one["to"]: one["state"] for one in shown if one["to"] != BUYER}
        assert states == {"s0@werk.example": "failed", "s1@werk.example": "sent", "s2@werk.example": "sent"}


@pytest.mark.parametrize("step", ["greeting", "ehlo", "mail", "rcpt", "data", "dot"])
async def test_a_remote_that_falls_silent_at_a_step(tmp_path: Path, peer: Peer, step: Step) -> None:
    """It is given up after the timeout and tried again; the mail comes, at most once more than was answered."""
    clock = Clock()
    async with running(tmp_path, peer, clock=clock, outbound={"timeout": "5m", "idle": "0s"}) as world:
        made = await world.open()
        await peer.wait(2)
        stall = peer.stall(step, times=1)
        await write(world, made.masks, "hello")
        await stall.reached()
        await jump(6 * MINUTE)
        await world.wait_for("deferred")
        stall.release()
        await pass_time(world, clock, 0.1, timedelta(minutes=2))
        copies = [got for got in peer.mails if word(got) == "hello"]
        assert 1 <= len(copies) <= (2 if step == "dot" else 1)
        assert len({got.data for got in copies}) == 1
        assert (await world.show(made.id))["messages"][1]["state"] == "delivered"


async def test_a_remote_that_closes_after_the_dot_gets_the_same_mail_again(tmp_path: Path, peer: Peer) -> None:
    clock = Clock()
    async with running(tmp_path, peer, clock=clock) as world:
        made = await world.open()
        await peer.wait(2)
        peer.drop("dot", taken=True, times=3)
        await write(world, made.masks, "hello")
        await world.wait_for("deferred")
        await pass_time(world, clock, 1.5, timedelta(minutes=6))
        copies = [got for got in peer.mails if word(got) == "hello"]
        assert len(copies) == 4
        assert len({(header(got, "Message-ID"), got.data) for got in copies}) == 1
        assert made.id


async def test_a_start_after_a_long_night_does_not_stampede(tmp_path: Path, peer: Peer) -> None:
    """Two hundred mails are due at once: no more connections than the settings say, and each is kept and used again."""
    clock = Clock()
    await peer.down()
    async with running(tmp_path, peer, clock=clock) as world:
        for number in range(100):
            await world.open(reference=f"R-{number}")
    clock.now += timedelta(hours=1)
    await peer.up()
    async with running(tmp_path, peer, clock=clock):
        most = 0

        def count() -> bool:
            nonlocal most
            most = max(most, peer.open)
            return len(peer.mails) == 200

        await peer.until(count)
        assert most <= 10
        assert peer.connections <= 20


async def test_what_dns_says_for_good_is_told_and_what_it_cannot_say_is_tried_again(tmp_path: Path, peer: Peer) -> None:
    clock = Clock()
    zone: Zone = {("werk.example", "MX"): None, ("acheteur.example", "MX"): ["0 ."]}  # silence, and null MX
    async with name_server(zone) as (_, dns):
        servers = f'[dns]\nservers = ["{dns.servers[0]}"]\ntimeout = "1s"\n'
        async with running(tmp_path, peer, clock=clock, outbound={"route": "mx"}, extra=servers) as world:
            made = await world.open()
            await world.wait_for("failed")
            await world.wait_for("deferred")
            shown = await world.show(made.id)
            assert {"message.failed"} <= {event["kind"] for event in shown["events"]}
            zone[("werk.example", "MX")] = ["10 mx.werk.example."]
            zone[("mx.werk.example", "A")] = ["127.0.0.1"]  # who points it at us gets nothing
            await pass_time(world, clock, 1, timedelta(minutes=3))
            (ours,) = [line for line in world.logged("failed") if " to=anna@werk.example " in line]
            assert "private addresses only" in ours
            assert not peer.mails


async def test_a_clock_that_jumps(tmp_path: Path, peer: Peer) -> None:
    clock = Clock()
    async with running(tmp_path, peer, clock=clock, outbound={"give_up": "5d", "retry": '["1m", "5m"]'}) as world:
        made = await world.open()
        await peer.wait(2)
        peer.refuse("rcpt", 451, "4.3.2 not now", rcpt=BUYER, times=1)
        await write(world, made.masks, "first")
        await world.wait_for("deferred")
        clock.now -= timedelta(days=3)  # put back: the next attempt is three days away
        await write(world, made.masks, "second")
        assert await pull_in(world.gateway.world) == 1
        assert await pull_in(world.gateway.world) == 0
        await pass_time(world, clock, 0.2, timedelta(minutes=7))
        assert [word(got) for got in to(peer.mails, BUYER)[1:]] == ["first", "second"]
        clock.now += timedelta(days=400)  # and forward
        await write(world, made.masks, "third")
        await peer.until(lambda: len(to(peer.mails, BUYER)) == 4)
        assert not world.logged("fault")

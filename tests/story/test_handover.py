"""What goes to the deliverer in memory is what is recorded: the same mail, its attempt on record, in order."""

import asyncio
import threading
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtplib import SMTPDataError
from parley.relay.clock import utc_now
from parley.relay.handover import Handed
from parley.relay.job import load_job, needs_earlier_mails
from parley.relay.outbound import deliver
from parley.relay.prepare import Prepared, prepare, render
from parley.store import outbox
from parley.store.outbox import Lease
from parley.store.tables import Blob, Delivery, DeliveryState, table
from parley.store.writer import StoreFailed
from parley.tests.gateway import BUYER, COLLEAGUE, SELLER, Running, body, mail, running, to
from parley.tests.peer import Peer
from parley.tests.story.test_invitation import UID, calendar, invitation
from parley.tests.story.test_negotiation import build_mixed
from parley.tests.times import LIMIT
from sqlalchemy import update

HTML = (
    'MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="b"\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n'
    f'<p style="color: red">Write to <b>{SELLER}</b><img src="cid:one@werk"></p>\r\n--b\r\nContent-Type: image/png\r\n'
    "Content-ID: <one@werk>\r\nContent-Disposition: inline; filename=a.png\r\n\r\n\x89PNG\r\n--b--\r\n"
)
SEALED = (
    'MIME-Version: 1.0\r\nContent-Type: multipart/encrypted; boundary="b"; protocol="application/pgp-encrypted"\r\n\r\n'
    "--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
    "--b\r\nContent-Type: application/octet-stream\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n--b--\r\n"
)


@pytest.fixture
async def world(tmp_path: Path, peer: Peer) -> AsyncIterator[Running]:
    async with running(tmp_path, peer, copy=True) as one:
        yield one


def collect(world: Running) -> list[Handed]:
    """Stand where the deliverer stands, and send nothing."""
    handed: list[Handed] = []
    clock = world.gateway.world.clock
    world.gateway.world.handover.open(lambda: Lease(0, clock() + timedelta(minutes=10)), handed.append)
    return handed


def of(sender: str, mask: str, content: str) -> bytes:
    return f"From: {sender}\r\nTo: {mask}\r\nSubject: About it\r\n{content}".encode("latin-1")


async def test_the_mail_is_the_same_as_one_that_is_read_from_the_store(world: Running) -> None:
    made = await world.open(sellers=[{"email": SELLER, "name": "Anna Weber"}, {"email": COLLEAGUE, "name": "Ben"}])
    await world.wait_for("sent", 3)
    handed = collect(world)
    to_buyer, to_seller = made.masks["buyer"], made.masks["seller"]
    asked = mail(SELLER, to_buyer, f"For {BUYER}, from {SELLER}.", message_id="a1@werk.example")
    answer = mail(BUYER, to_seller, "Thank you.", message_id="b1@acheteur.example", references="<a1@werk.example>")
    again = mail(SELLER, to_buyer, "You are welcome.", references="<a1@werk.example> <b1@acheteur.example>")
    event = calendar("REQUEST", SELLER, to_buyer, UID)
    for sender, mask, data in (
        (SELLER, to_buyer, asked),
        (BUYER, to_seller, answer),
        (COLLEAGUE, to_buyer, mail(COLLEAGUE, f"{to_buyer}, {SELLER}", "Anna has it in Cc.")),
        (SELLER, to_buyer, build_mixed(to_buyer, "offer.pdf", b"%PDF-1.7\n" + bytes(range(256)))),
        (SELLER, to_buyer, of(SELLER, to_buyer, HTML)),
        (SELLER, to_buyer, of(SELLER, to_buyer, SEALED)),
        (SELLER, to_buyer, invitation(SELLER, to_buyer, "Shall we talk?", "REQUEST", event)),
        (SELLER, to_buyer, again),
    ):
        # Nothing is sent here, so the end of each delivery is written by hand: the next one need not wait then.
        assert (await world.send(sender, mask, data)).code == 250
        await end_all(world)
    assert {one.delivery.kind for one in handed} == {"relayed", "copy", "colleague"}
    assert len(handed) == 8 * 3 - 1  # Anna had Ben's mail from himself
    for one in handed:
        await same_as_recorded(world, one)


async def same_as_recorded(world: Running, one: Handed) -> None:
    inside = world.gateway.world
    row = await inside.store.read(lambda c: outbox.get(c, one.delivery.seq))
    job = await inside.store.read(lambda c: load_job(c, inside, row))
    if one.job is None:
        assert needs_earlier_mails(job.files)
        return
    assert render(inside, one.delivery, one.job) == render(inside, row, job)
    assert one.job.chain == job.chain


async def end_all(world: Running) -> None:
    statement = update(table(Delivery)).values(state=DeliveryState.SENT)
    await world.gateway.world.store.write(lambda connection: connection.execute(statement).rowcount)


async def test_its_attempt_is_on_record_before_it_begins_and_a_later_one_waits(world: Running, peer: Peer) -> None:
    made = await world.open()
    await peer.wait(2)
    await world.wait_for("sent", 2)
    handed = collect(world)
    for words in ("First.", "Second."):
        await world.send(SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], words))
    store = world.gateway.world.store
    (first, own) = handed
    rows = await store.read(lambda c: [outbox.get(c, one.delivery.seq) for one in handed])
    assert [row.state for row in rows] == [DeliveryState.SENDING, DeliveryState.SENDING]
    (attempt,) = await store.read(lambda c: outbox.attempts(c, first.delivery.seq))
    assert (attempt.number, attempt.ended_at) == (1, None)
    assert (first.delivery.kind, own.delivery.kind) == ("relayed", "copy")
    waiting = await store.read(lambda c: outbox.waiting(c, 10))
    assert [row.state for row in waiting] == ["sending", "sending", "queued", "queued"]


async def test_more_than_there_is_room_for_is_queued_and_all_of_it_arrives_once(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer, outbound={"connections": "2"}) as world:
        room, mails = 20, 24
        opened = [await world.open(reference=f"MK-{number}") for number in range(mails)]
        await peer.wait(2 * mails)
        await world.quiet()
        stall = peer.stall("mail")
        for number, made in enumerate(opened):
            await world.send(SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], f"Mail {number}."))
        await stall.reached()
        waiting = await world.gateway.world.store.read(lambda c: outbox.waiting(c, 1000))
        assert sum(row.state == DeliveryState.SENDING for row in waiting) == room
        stall.release()
        got = (await peer.wait(3 * mails))[2 * mails :]
        assert sorted(body(one).split("\n")[2] for one in got) == sorted(f"Mail {n}." for n in range(mails))


async def test_a_mail_is_taken_though_an_earlier_one_cannot_be_read(world: Running, peer: Peer) -> None:
    made = await world.open()
    await world.wait_for("sent", 2)
    handed = collect(world)
    to_buyer, to_seller = made.masks["buyer"], made.masks["seller"]
    event = calendar("REQUEST", SELLER, to_buyer, UID)
    await world.send(SELLER, to_buyer, invitation(SELLER, to_buyer, "Shall we talk?", "REQUEST", event))
    store = world.gateway.world.store
    await store.write(lambda c: c.execute(update(table(Blob)).values(data=None)).rowcount)  # the folder is away
    await end_all(world)
    answer = invitation(BUYER, to_seller, "Yes.", "REPLY", calendar("REPLY", to_seller, BUYER, UID, "ACCEPTED"))
    assert (await world.send(BUYER, to_seller, answer)).code == 250
    assert [one.job for one in handed if one.delivery.to == SELLER][-1] is None  # read when it is sent


async def test_what_was_lost_on_its_way_to_the_deliverer_is_sent_half_a_minute_later(
    tmp_path: Path, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = timedelta()
    async with running(tmp_path, peer, clock=lambda: utc_now() + late) as world:
        made = await world.open()
        await world.wait_for("sent", 2)
        store, mask = world.gateway.world.store, made.masks["buyer"]
        write = store.write

        async def unanswered(*given: Any, **named: Any) -> Any:
            done = await write(*given, **named)
            if not named.get("of"):  # not about an inquiry: the deliverer's
                return done
            monkeypatch.setattr(store, "write", write)
            raise StoreFailed("it is on disk, but the answer was lost")

        monkeypatch.setattr(store, "write", unanswered)
        with pytest.raises(SMTPDataError, match="R90"):
            await world.send(SELLER, mask, mail(SELLER, mask, "Hello?", message_id="a1@werk.example"))
        reply = await world.send(SELLER, mask, mail(SELLER, mask, "Hello?", message_id="a1@werk.example"))
        assert reply.code == 250  # known already
        late = timedelta(seconds=31)
        world.gateway.world.wake()
        assert "Hello?" in body((await peer.wait(3))[-1])
        await world.wait_for("sent", 3)


async def test_what_took_too_long_to_make_is_not_sent_when_another_may_have_it(
    tmp_path: Path, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = timedelta()
    async with running(tmp_path, peer, clock=lambda: utc_now() + late) as world:
        made = await world.open()
        await world.wait_for("sent", 2)
        mask, lease = made.masks["buyer"], world.gateway.world.settings.outbound.lease

        async def slow(*given: Any) -> Prepared:
            nonlocal late
            prepared = await prepare(*given)
            late += lease
            monkeypatch.undo()
            return prepared

        monkeypatch.setattr(deliver, "prepare", slow)
        await world.send(SELLER, mask, mail(SELLER, mask, "Hello?", message_id="a1@werk.example"))
        (deferred,) = await world.wait_for("deferred")
        assert "not made before the lease ran out" in deferred
        assert len(peer.mails) == 2
        late += timedelta(hours=1)
        world.gateway.world.wake()
        assert "Hello?" in body((await peer.wait(3))[-1])


async def test_what_is_handed_over_late_and_was_taken_for_lost_is_sent_once(
    tmp_path: Path, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    late, asked = timedelta(), asyncio.Event()
    async with running(tmp_path, peer, clock=lambda: utc_now() + late) as world:
        made = await world.open()
        await world.quiet()
        store, mask = world.gateway.world.store, made.masks["buyer"]
        write, entered, go = store.write, threading.Event(), threading.Event()

        def hang(_connection: object) -> None:
            entered.set()
            assert go.wait(LIMIT)

        def noted(*given: Any, **named: Any) -> Any:
            if named.get("of"):  # about an inquiry: the mail's
                asked.set()
            return write(*given, **named)

        hanging = asyncio.create_task(store.write(hang))  # the disk
        assert await asyncio.to_thread(entered.wait, LIMIT)
        monkeypatch.setattr(store, "write", noted)
        content = mail(SELLER, mask, "Once.", message_id="a1@werk.example")
        sending = asyncio.create_task(world.send(SELLER, mask, content))
        await asyncio.wait_for(asked.wait(), LIMIT)  # its unit waits for the disk
        late = timedelta(seconds=40)
        deliverer = world.gateway.world.handover._lease.__self__  # pyright: ignore
        leasing = asyncio.create_task(deliverer._lease(utc_now() + late))  # and behind it the deliverer's
        await asyncio.sleep(0)
        go.set()
        await asyncio.gather(hanging, leasing)
        assert (await sending).code == 250
        await world.quiet()
        assert len(to(peer.mails, BUYER)) == 2

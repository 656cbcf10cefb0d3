"""What comes back to a return path, and what is told while a message is still on its way."""

import threading
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiosmtplib
import pytest
from parley.relay import late, returned
from parley.relay.actions.create import Created
from parley.relay.late import warn_late
from parley.tests.gateway import BUYER, DOMAIN, SELLER, Running, body, header, mail, running, to
from parley.tests.peer import Got, Peer
from parley.tests.times import Clock
from parley.threading.dsn import Failure, read


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def world(tmp_path: Path, peer: Peer, clock: Clock) -> AsyncIterator[Running]:
    async with running(tmp_path, peer, clock=clock) as one:
        yield one


async def sent(world: Running, peer: Peer) -> tuple[Created, Got]:
    """A seller's message that the buyer's server has taken."""
    made = await world.open()
    await peer.wait(2)
    await world.send(SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], "Hello?"))
    got = to(await peer.wait(3), BUYER)[-1]
    await world.wait_for("sent", 3)
    return made, got


def report(address: str, action: str = "failed", status: str = "5.1.1") -> bytes:
    return (
        f"From: Mail Delivery System <mailer-daemon@mx.acheteur.example>\r\nTo: {address}\r\nSubject: Undelivered\r\n"
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSee below.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.acheteur.example\r\n\r\n"
        f"Final-Recipient: rfc822; {BUYER}\r\nAction: {action}\r\nStatus: {status}\r\n\r\n--b--\r\n"
    ).encode()


def complaint(address: str) -> bytes:
    return (
        f"From: feedback@isp.example\r\nTo: {address}\r\nSubject: FW: complaint\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nThis is an abuse report.\r\n"
        "--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: Isp/1\r\n"
        f"Version: 1\r\nOriginal-Rcpt-To: {BUYER}\r\n\r\n--b--\r\n"
    ).encode()


async def kinds(world: Running, id: str) -> list[str]:
    return [event["kind"] for event in (await world.show(id))["events"]]


async def state(world: Running, id: str) -> str:
    return (await world.show(id))["messages"][1]["state"]


async def refused(world: Running, sender: str, address: str, data: bytes) -> str:
    with pytest.raises(aiosmtplib.SMTPResponseException) as caught:
        await world.send(sender, address, data)
    return f"{caught.value.code} {caught.value.message}"


@pytest.mark.parametrize(
    ("status", "hard", "words"),
    [("5.1.1", "yes", "no longer exists"), ("5.2.2", "no", "is full"), ("5.7.1", "no", "refused the message")],
)
async def test_a_failure_marks_the_message_and_tells_its_writer_why(
    world: Running, peer: Peer, status: str, hard: str, words: str
) -> None:
    made, got = await sent(world, peer)
    await world.send("", got.mail_from, report(got.mail_from, status=status))
    notice = to(await peer.wait(4), SELLER)[-1]
    assert words in body(notice)
    assert notice.mail_from == ""
    assert b"acheteur.example" not in notice.data
    assert await state(world, made.id) == "failed"
    shown = await world.show(made.id)
    (bounced,) = [event for event in shown["events"] if event["kind"] == "bounce.received"]
    assert (bounced["proof"]["status"], bounced["proof"]["hard"]) == (status, hard)


async def test_a_delay_is_noted_and_nothing_more(world: Running, peer: Peer) -> None:
    made, got = await sent(world, peer)
    await world.send("", got.mail_from, report(got.mail_from, "delayed", "4.4.1"))
    assert "bounce.received" in await kinds(world, made.id)
    assert "message.failed" not in await kinds(world, made.id)
    assert await state(world, made.id) == "delivered"
    await world.send("", got.mail_from, report(got.mail_from))  # and then it is final
    assert "Hello?" in body(to(await peer.wait(4), SELLER)[-1])
    assert await state(world, made.id) == "failed"


async def test_a_complaint_is_an_event_and_an_automatic_reply_is_another(world: Running, peer: Peer) -> None:
    made, got = await sent(world, peer)
    await world.send("feedback@isp.example", got.mail_from, complaint(got.mail_from))
    away = mail(BUYER, got.mail_from, "I am on holiday.", subject="Out of office").replace(
        b"MIME-Version", b"Auto-Submitted: auto-replied\r\nMIME-Version"
    )
    await world.send("", got.mail_from, away)
    assert {"complaint.received", "auto_reply.received"} <= set(await kinds(world, made.id))
    assert "bounce.received" not in await kinds(world, made.id)
    assert await state(world, made.id) == "delivered"
    assert len(peer.mails) == 3  # nobody is answered


async def test_the_same_report_twice_is_one(world: Running, peer: Peer) -> None:
    made, got = await sent(world, peer)
    for _ in range(3):
        await world.send("", got.mail_from, report(got.mail_from))
    await peer.wait(4)
    await world.wait_for("sent", 4)
    assert (await kinds(world, made.id)).count("bounce.received") == 1
    assert (await kinds(world, made.id)).count("message.failed") == 1
    assert len(peer.mails) == 4


async def test_a_person_s_mail_to_a_return_path_is_refused_in_plain_words(world: Running, peer: Peer) -> None:
    _, got = await sent(world, peer)
    answer = await refused(world, BUYER, got.mail_from, mail(BUYER, got.mail_from, "Yes please."))
    assert answer.startswith("550 5.7.1 R107")


async def test_forged_reports_are_refused_in_the_session(world: Running, peer: Peer, clock: Clock) -> None:
    made, got = await sent(world, peer)
    made_up = f"bounce-{'a' * 16}@{DOMAIN}"
    assert (await refused(world, "", made_up, report(made_up))).startswith("550 5.1.1 R101")
    await world.send("", got.mail_from, report(got.mail_from))
    notice = to(await peer.wait(4), SELLER)[-1]
    of_notice = f"bounce-{header(notice, 'Message-ID')[3:].partition('@')[0]}@{DOMAIN}"  # it left with the null sender
    assert (await refused(world, "", of_notice, report(of_notice))).startswith("550 5.1.1 R101")
    clock.now += timedelta(days=31)
    assert (await refused(world, "", got.mail_from, report(got.mail_from))).startswith("550 5.1.1 R101")
    assert (await kinds(world, made.id)).count("bounce.received") == 1


async def test_a_bounce_may_overtake_our_own_record(world: Running, peer: Peer) -> None:
    """The remote took it, the answer was lost, and its bounce is here before the next attempt."""
    made = await world.open()
    await peer.wait(2)
    peer.drop("dot", taken=True, rcpt=BUYER)
    await world.send(SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], "Hello?"))
    got = to(await peer.wait(3), BUYER)[-1]
    await world.wait_for("deferred")
    await world.send("", got.mail_from, report(got.mail_from))
    assert "Hello?" in body(to(await peer.wait(4), SELLER)[-1])
    assert await state(world, made.id) == "failed"
    assert len(to(peer.mails, BUYER)) == 2  # the request, and this one once


async def test_a_late_message_is_told_once_and_then_its_end(world: Running, peer: Peer, clock: Clock) -> None:
    made = await world.open()
    await peer.wait(2)
    peer.refuse("rcpt", 451, "4.7.1 later", rcpt=BUYER)
    await world.send(
        SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], "Hello?", message_id="h@werk.example")
    )
    await world.wait_for("deferred")
    assert await warn_late(world.gateway.world) == 0
    clock.now += timedelta(hours=4, minutes=1)
    assert await warn_late(world.gateway.world) == 1
    notice = to(await peer.wait(3), SELLER)[-1]
    assert header(notice, "Subject").startswith("Still on its way: ")
    assert (notice.mail_from, header(notice, "In-Reply-To")) == ("", "<h@werk.example>")
    assert "for more than 4 hours" in body(notice)
    assert b"acheteur.example" not in notice.data
    await world.wait_for("failed")  # `give_up` of these tests is 2 h
    assert header(to(await peer.wait(4), SELLER)[-1], "Subject").startswith("Not delivered: ")
    assert await warn_late(world.gateway.world) == 0


async def test_the_late_message_of_somebody_who_left_is_told_to_nobody_and_keeps_no_other_back(
    tmp_path: Path, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(late, "_AT_ONCE", 1)
    clock = Clock()
    async with running(tmp_path, peer, clock=clock, extra="") as world:
        made = await world.open(
            sellers=[{"email": SELLER, "name": "Anna"}, {"email": "ben@werk.example", "name": "Ben"}]
        )
        other = await world.open(reference="R2")
        await peer.wait(5)
        peer.refuse("rcpt", 451, "4.7.1 later", rcpt=BUYER)
        await world.send(SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], "Hello?"))
        await world.wait_for("deferred")
        await world.send(SELLER, other.masks["buyer"], mail(SELLER, other.masks["buyer"], "And this?"))
        await world.wait_for("deferred", 2)
        leave = made.masks["buyer"].replace("buyer-", "leave-")
        await world.send(SELLER, leave, mail(SELLER, leave, "Bye."))
        clock.now += timedelta(hours=5)
        assert await warn_late(world.gateway.world) == 1
        assert await warn_late(world.gateway.world) == 0


async def test_a_large_report_is_read_beside_the_event_loop(
    world: Running, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, got = await sent(world, peer)
    where: list[str] = []

    def watched(data: bytes) -> list[Failure]:
        where.append(threading.current_thread().name)
        return read(data)

    monkeypatch.setattr(returned, "read", watched)
    words = b"--b\r\nContent-Type: text/plain\r\n\r\n" + b"word " * 50_000
    whole = report(got.mail_from).replace(b"--b--", words + b"\r\n--b--")
    await world.send("", got.mail_from, whole)
    assert len(where) == 1
    assert threading.main_thread().name not in where
    assert "message.failed" in await kinds(world, made.id)

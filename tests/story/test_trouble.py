"""What goes wrong and is told: unknown writers, dead addresses, slow remotes, a restart in the middle."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiosmtplib
import pytest
from parley.relay.actions.close import close
from parley.relay.actions.hold import NotHeld, refuse, release
from parley.tests.gateway import BUYER, DOMAIN, SELLER, Running, body, header, mail, running, to
from parley.tests.peer import Peer
from parley.tests.times import Clock

pytestmark = pytest.mark.usefixtures("engines")


@pytest.fixture
async def world(tmp_path: Path, peer: Peer) -> AsyncIterator[Running]:
    async with running(tmp_path, peer) as one:
        yield one


async def refused(world: Running, sender: str, mask: str, data: bytes) -> str:
    with pytest.raises((aiosmtplib.SMTPResponseException, aiosmtplib.SMTPRecipientsRefused)) as caught:
        await world.send(sender, mask, data)
    error = caught.value
    assert isinstance(error, aiosmtplib.SMTPResponseException)
    return f"{error.code} {error.message}"


async def test_an_unknown_writer_is_held_and_released_with_everything(world: Running, peer: Peer) -> None:
    made = await world.open()
    await peer.wait(2)
    stranger = mail(
        "Carl <carl@elsewhere.example>", made.masks["buyer"], "I take over for Anna.", message_id="c1@elsewhere.example"
    )
    assert (await world.send("carl@elsewhere.example", made.masks["buyer"], stranger)).code == 250
    held = (await world.show(made.id))["messages"]
    assert held[1]["state"] == "held"
    await release(world.gateway.world, held[1]["id"], "ops")
    got = to(await peer.wait(5), BUYER)[-1]
    assert "I take over for Anna." in body(got)
    assert header(got, "Date") == "Mon, 23 Nov 2026 08:00:00 +0000"
    assert b"elsewhere.example" not in got.data
    with pytest.raises(NotHeld):
        await release(world.gateway.world, held[1]["id"], "ops")
    again = mail("Carl <carl@elsewhere.example>", made.masks["buyer"], "And one more thing.")
    await world.send("carl@elsewhere.example", made.masks["buyer"], again)
    assert "And one more thing." in body(to(await peer.wait(7), BUYER)[-1])


async def test_a_refused_mail_is_relayed_to_nobody(world: Running, peer: Peer) -> None:
    made = await world.open()
    await peer.wait(2)
    await world.send("x@spam.example", made.masks["buyer"], mail("x@spam.example", made.masks["buyer"], "Buy!"))
    shown = (await world.show(made.id))["messages"]
    await refuse(world.gateway.world, shown[1]["id"], "ops")
    await world.send(SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], "Next."))
    assert [body(got).count("Next.") for got in to(await peer.wait(4), BUYER)[1:]] == [1]


async def test_a_dead_address_is_told_to_the_writer_in_plain_words(world: Running, peer: Peer) -> None:
    made = await world.open()
    await peer.wait(2)
    peer.refuse("rcpt", 550, f"5.1.1 <{BUYER}> unknown user at mx.acheteur.example", rcpt=BUYER)
    await world.send(
        SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], "Hello?", message_id="h@werk.example")
    )
    notice = to(await peer.wait(3), SELLER)[-1]
    assert notice.mail_from == ""
    assert header(notice, "Auto-Submitted") == "auto-replied"
    assert header(notice, "In-Reply-To") == "<h@werk.example>"
    assert "Hello?" in body(notice)
    assert b"acheteur.example" not in notice.data
    shown = (await world.show(made.id))["messages"]
    assert shown[1]["state"] == "failed"


async def test_a_bounce_that_comes_later_is_told_too(world: Running, peer: Peer) -> None:
    made = await world.open()
    await peer.wait(2)
    await world.send(SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], "Hello?"))
    sent = to(await peer.wait(3), BUYER)[-1]
    assert sent.mail_from.startswith("bounce-")
    await world.wait_for("sent", 3)
    await world.send("", sent.mail_from, bounce(sent.mail_from))
    notice = to(await peer.wait(4), SELLER)[-1]
    assert "Hello?" in body(notice)
    events = (await world.show(made.id))["events"]
    assert {"bounce.received", "message.failed"} <= {event["kind"] for event in events}
    made_up = f"bounce-{'a' * 16}@{DOMAIN}"
    assert (await refused(world, "", made_up, bounce(made_up))).startswith("550 5.1.1")


def bounce(address: str) -> bytes:
    return (
        f"From: Mail Delivery System <mailer-daemon@mx.acheteur.example>\r\nTo: {address}\r\nSubject: Undelivered\r\n"
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.acheteur.example\r\n\r\n"
        f"Final-Recipient: rfc822; {BUYER}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
    ).encode()


async def test_a_remote_that_is_away_is_tried_again_on_schedule_and_then_given_up(tmp_path: Path, peer: Peer) -> None:
    clock = Clock()
    async with running(tmp_path, peer, clock=clock) as world:
        made = await world.open()
        await peer.wait(2)
        peer.refuse("rcpt", 451, "4.7.1 later", rcpt=BUYER)
        await world.send(SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], "Hello?"))
        for attempt in (1, 2):
            await world.wait_for("deferred", attempt)
            clock.now += timedelta(hours=1)
            world.gateway.world.wake()
        await world.wait_for("failed")
        notice = to(await peer.wait(3), SELLER)[-1]
        assert "Hello?" in body(notice)
        assert len(world.logged("failed")) == 1


async def test_a_restart_picks_up_where_it_was(tmp_path: Path, peer: Peer) -> None:
    clock = Clock()
    async with running(tmp_path, peer, clock=clock) as world:
        made = await world.open()
        await peer.wait(2)
        await peer.down()
        await world.send(SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], "Survives."))
        await world.wait_for("deferred")
    await peer.up()
    clock.now += timedelta(minutes=2)
    async with running(tmp_path, peer, clock=clock) as world:
        got = to(await peer.wait(3), BUYER)[-1]
        assert "Survives." in body(got)
        await world.send(BUYER, made.masks["seller"], mail(BUYER, made.masks["seller"], "Still here."))
        assert "Still here." in body(to(await peer.wait(4), SELLER)[-1])


async def test_a_mail_being_sent_when_the_process_ends_keeps_its_message_id(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer) as world:
        made = await world.open()
        await peer.wait(2)
        peer.drop("dot", times=1, taken=True)
        await world.send(SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], "Perhaps twice."))
        await world.wait_for("deferred")
        first = to(await peer.wait(3), BUYER)[-1]
    clock = Clock()
    clock.now = datetime.now(UTC) + timedelta(minutes=5)
    async with running(tmp_path, peer, clock=clock):
        second = to(await peer.wait(4), BUYER)[-1]
    assert first.data == second.data
    assert first.mail_from == second.mail_from


async def test_a_closed_inquiry_refuses_mail_in_plain_words(world: Running, peer: Peer) -> None:
    made = await world.open()
    await peer.wait(2)
    await close(world.gateway.world, made.id, "ops")
    answer = await refused(world, SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], "Hi"))
    assert answer.startswith("550 5.1.6")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param(lambda m: m.replace(b"From: ", b"X-From: "), "550 5.6.0 R203", id="no From"),
        pytest.param(lambda m: b"From: b@other.example\r\n" + m, "550 5.6.0 R204", id="two From"),
        pytest.param(
            lambda m: m.replace(SELLER.encode(), f"{SELLER}, {BUYER}".encode(), 1), "550 5.6.0 R204", id="two addresses"
        ),
        pytest.param(lambda m: m.replace(SELLER.encode(), b"not an address", 1), "550 5.6.0 R205", id="garbage From"),
        pytest.param(lambda m: b"X-Parley-Loop: 1\r\n" + m, "554 5.4.6 R206", id="loop"),
        pytest.param(lambda m: m.partition(b"\r\n\r\n")[0] + b"\r\n\r\n", "550 5.6.0 R208", id="nothing in it"),
        pytest.param(lambda m: m.replace(SELLER.encode(), BUYER.encode(), 1), "550 5.7.1 R207", id="own side"),
    ],
)
async def test_bad_mail_is_refused_in_the_session_and_the_next_honest_one_passes(
    world: Running, peer: Peer, change, code: str
) -> None:  # type: ignore[no-untyped-def]
    made = await world.open()
    await peer.wait(2)
    honest = mail(SELLER, made.masks["buyer"], "Fine.")
    assert (await refused(world, SELLER, made.masks["buyer"], change(honest))).startswith(code)
    await world.send(SELLER, made.masks["buyer"], honest)
    assert "Fine." in body((await peer.wait(3))[-1])


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda m: m.replace(b"utf-8", b"x-no-such-charset"), id="unknown charset"),
        pytest.param(lambda m: m.replace(b"Fine", b"Fi\xff\xfene"), id="undecodable bytes"),
        pytest.param(lambda m: m.replace(b"Fine.", b"Fine.\0\0"), id="NUL"),
        pytest.param(lambda m: m.replace(b"Fine.", b"Fine.\rbare\nends"), id="bare CR and LF"),
        pytest.param(lambda m: m.replace(b"Fine.", b"Fine. " + b"x" * 200_000), id="one endless line"),
        pytest.param(lambda m: m.replace(b"Date: Mon, 23 Nov 2026", b"Date: Nonsense"), id="no date"),
        pytest.param(lambda m: m.replace(b"Subject: Re:", b"Subject: Re:" + b"\r\n long" * 4_000), id="long subject"),
    ],
)
async def test_odd_mail_is_relayed(world: Running, peer: Peer, spoil) -> None:  # type: ignore[no-untyped-def]
    made = await world.open()
    await peer.wait(2)
    await world.send(SELLER, made.masks["buyer"], spoil(mail(SELLER, made.masks["buyer"], "Fine.")))
    got = (await peer.wait(3))[-1]
    assert got.rcpt == (BUYER,)
    assert got.violations == ()
    assert "Fi" in body(got)


async def test_a_near_miss_of_a_mask_is_never_guessed(world: Running, peer: Peer) -> None:
    made = await world.open()
    await peer.wait(2)
    mask = made.masks["buyer"]
    for wrong in (
        mask[:-25],
        mask.replace("buyer-", "seller-"),
        mask.replace(DOMAIN, "other.example"),
        mask.replace("-", "-a"),
    ):
        if "@" in wrong:
            assert (await refused(world, SELLER, wrong, b"x")).startswith("550 5.1.1 R101")
    assert (await world.send(SELLER, mask.upper(), mail(SELLER, mask, "Case does not matter."))).code == 250

"""The sender field over real sockets: real DKIM signatures, a real name server, held mail and its yes."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiosmtplib
import pytest
from parley.relay.actions.hold import release
from parley.relay.actions.leave import CannotLeave, leave
from parley.relay.holding import expire
from parley.store import inquiries
from parley.tests.dns_server import DnsServer
from parley.tests.gateway import BUYER, COLLEAGUE, DOMAIN, SELLER, Running, body, header, mail, running, to
from parley.tests.peer import Peer
from parley.tests.signing import rsa_key, rsa_record, sign
from parley.tests.times import Clock

pytestmark = pytest.mark.usefixtures("engines")

KEY = rsa_key()
STRANGER, PRIVATE, HANDED = "carl@elsewhere.example", "anna@private.example", "eve@agency.example"
ENFORCE = 'authentication = "enforce"'


@asynccontextmanager
async def world(folder: Path, peer: Peer, sender: str = ENFORCE, clock: Clock | None = None) -> AsyncGenerator[Running]:
    """A gateway that proves mail by a name server which knows the keys of everybody here."""
    async with DnsServer() as dns:
        for address in (SELLER, BUYER, STRANGER, PRIVATE, HANDED):
            dns.add(f"s1._domainkey.{address.partition('@')[2]}", "TXT", rsa_record(KEY))
        extra = f'[dns]\nservers = ["{dns.address}"]\ntimeout = "60s"\n'
        async with running(folder, peer, clock=clock or Clock(datetime.now(UTC)), extra=extra, sender=sender) as one:
            yield one


def signed(sender: str, to: str, text: str, **more: str) -> bytes:
    """A mail with a good signature of the sender's own domain."""
    return sign(mail(sender, to, text, **more), sender.rpartition("@")[2].rstrip(">"), key=KEY)


async def states(world: Running, id: str) -> list[tuple[str, str]]:
    shown = await world.show(id)
    return [(message["from"]["email"], message["state"]) for message in shown["messages"][1:]]


async def people(world: Running, id: str) -> dict[str, tuple[str, str]]:
    shown = await world.show(id)
    return {one["email"]: (one["state"], one["joined_by"]) for one in shown["participants"]}


async def test_a_signed_mail_of_a_participant_is_relayed(tmp_path: Path, peer: Peer) -> None:
    async with world(tmp_path, peer) as one:
        made = await one.open()
        await peer.wait(2)
        await one.send(SELLER, made.masks["buyer"], signed(f"Anna <{SELLER}>", made.masks["buyer"], "It is me."))
        assert "It is me." in body(to(await peer.wait(3), BUYER)[-1])


async def test_a_forged_mail_is_held_and_asked_at_the_known_mailbox(tmp_path: Path, peer: Peer) -> None:
    async with world(tmp_path, peer) as one:
        made = await one.open()
        await peer.wait(2)
        forged = mail(f"Anna <{SELLER}>", made.masks["buyer"], "Pay to another account.")
        assert (await one.send("x@elsewhere.example", made.masks["buyer"], forged)).code == 250
        question = (await peer.wait(3))[2]
        assert question.rcpt == (SELLER,)
        assert made.links[SELLER] in body(question)
        assert "Pay to another account." in body(question)
        assert await states(one, made.id) == [(SELLER, "held")]
        shown = await one.show(made.id)
        held = next(event for event in shown["events"] if event["kind"] == "message.held")
        assert held["proof"]["why"] == "unproved"
        assert held["proof"]["proof"].startswith("mx.market.example;")
        await release(one.gateway.world, shown["messages"][1]["id"], SELLER)
        assert "Pay to another account." in body(to(await peer.wait(4), BUYER)[-1])


async def test_a_colleague_of_the_company_joins_and_the_first_is_told(tmp_path: Path, peer: Peer) -> None:
    async with world(tmp_path, peer) as one:
        made = await one.open()
        await peer.wait(2)
        await one.send(
            COLLEAGUE, made.masks["buyer"], signed(f"Ben <{COLLEAGUE}>", made.masks["buyer"], "I take over.")
        )
        mails = (await peer.wait(5))[2:]
        assert "I take over." in body(to(mails, BUYER)[0])
        assert any(COLLEAGUE in body(got) for got in to(mails, SELLER))
        assert (await people(one, made.id))[COLLEAGUE] == ("active", "domain")
        assert all(b"werk.example" not in got.data for got in to(mails, BUYER))


async def test_a_stranger_is_held_his_side_is_asked_and_he_is_told(tmp_path: Path, peer: Peer) -> None:
    async with world(tmp_path, peer) as one:
        made = await one.open()
        await peer.wait(2)
        first = signed(STRANGER, made.masks["buyer"], "First.", message_id="c1@elsewhere.example")
        await one.send(STRANGER, made.masks["buyer"], first)
        mails = (await peer.wait(4))[2:]
        assert "First." in body(to(mails, SELLER)[0])
        (told,) = to(mails, STRANGER)
        assert told.mail_from == ""
        assert header(told, "In-Reply-To") == "<c1@elsewhere.example>"
        for secret in (SELLER, BUYER, made.links[SELLER]):
            assert secret.encode() not in told.data
        await one.send(STRANGER, made.masks["buyer"], signed(STRANGER, made.masks["buyer"], "Second."))
        assert to((await peer.wait(5))[4:], STRANGER) == []  # once an hour is enough
        shown = await one.show(made.id)
        await release(one.gateway.world, shown["messages"][2]["id"], SELLER)
        relayed = [body(got) for got in to(await peer.wait(9), BUYER)[1:]]
        assert ["First." in relayed[0], "Second." in relayed[1]] == [True, True]
        assert (await people(one, made.id))[STRANGER] == ("active", "approved")


async def test_an_unproved_stranger_is_told_nothing(tmp_path: Path, peer: Peer) -> None:
    async with world(tmp_path, peer) as one:
        made = await one.open()
        await peer.wait(2)
        await one.send(STRANGER, made.masks["buyer"], mail(STRANGER, made.masks["buyer"], "Who am I?"))
        await one.send(SELLER, made.masks["buyer"], signed(SELLER, made.masks["buyer"], "Later."))
        mails = await peer.wait(4)
        assert to(mails, STRANGER) == []


async def test_only_this_time_lets_one_mail_through(tmp_path: Path, peer: Peer) -> None:
    async with world(tmp_path, peer) as one:
        made = await one.open()
        await peer.wait(2)
        await one.send(STRANGER, made.masks["buyer"], signed(STRANGER, made.masks["buyer"], "One."))
        shown = await one.show(made.id)
        await release(one.gateway.world, shown["messages"][1]["id"], SELLER, "once")
        await one.send(STRANGER, made.masks["buyer"], signed(STRANGER, made.masks["buyer"], "Two."))
        assert [state for _, state in await states(one, made.id)] in (["accepted", "held"], ["delivered", "held"])
        assert (await people(one, made.id))[STRANGER] == ("guest", "once")


async def test_his_other_mailbox_is_asked_of_him_and_then_remembered(tmp_path: Path, peer: Peer) -> None:
    async with world(tmp_path, peer) as one:
        made = await one.open(cc=[{"email": COLLEAGUE, "name": "Ben"}])
        request = to(await peer.wait(3), SELLER)[0]
        references = header(request, "Message-ID")
        from_home = signed(PRIVATE, made.masks["buyer"], "From home.", references=references)
        await one.send(PRIVATE, made.masks["buyer"], from_home)
        questions = [got for got in (await peer.wait(5))[3:] if PRIVATE not in got.rcpt]
        assert [got.rcpt for got in questions] == [(SELLER,)]
        shown = await one.show(made.id)
        await release(one.gateway.world, shown["messages"][1]["id"], SELLER)
        seen = len(await peer.wait(8))
        await one.send(PRIVATE, made.masks["buyer"], signed(PRIVATE, made.masks["buyer"], "Again from home."))
        assert "Again from home." in body(to((await peer.wait(seen + 3))[seen:], BUYER)[-1])


async def test_people_in_cc_take_part_and_nobody_gets_two_copies(tmp_path: Path, peer: Peer) -> None:
    async with world(tmp_path, peer) as one:
        made = await one.open()
        await peer.wait(2)
        letter = mail(SELLER, made.masks["buyer"], "With Ben and Eve.").replace(
            b"Subject:", f"Cc: {COLLEAGUE}, {HANDED}\r\nSubject:".encode()
        )
        await one.send(SELLER, made.masks["buyer"], sign(letter, "werk.example", key=KEY))
        mails = (await peer.wait(3))[2:]
        assert [got.rcpt for got in mails] == [(BUYER,)]
        assert b"werk.example" not in mails[0].data
        assert b"agency.example" not in mails[0].data
        assert await people(one, made.id) == {
            BUYER: ("active", "inquiry"),
            SELLER: ("active", "inquiry"),
            COLLEAGUE: ("active", "cc"),
            HANDED: ("invited", "cc"),
        }
        await one.send(BUYER, made.masks["seller"], signed(BUYER, made.masks["seller"], "To all of you."))
        assert {got.rcpt for got in (await peer.wait(5))[3:]} == {(SELLER,), (COLLEAGUE,)}
        await one.send(HANDED, made.masks["buyer"], signed(HANDED, made.masks["buyer"], "Eve here."))
        mails = (await peer.wait(9))[5:]
        assert "Eve here." in body(to(mails, BUYER)[0])
        assert (await people(one, made.id))[HANDED] == ("active", "cc")


async def test_who_left_is_refused_and_gets_no_more_copies(tmp_path: Path, peer: Peer) -> None:
    async with world(tmp_path, peer) as one:
        made = await one.open(cc=[{"email": COLLEAGUE, "name": "Ben"}])
        await peer.wait(3)
        store = one.gateway.world.store
        inquiry = await store.read(lambda c: inquiries.find(c, made.id))
        assert inquiry
        rows = {row.email: row.seq for row in await store.read(lambda c: inquiries.participants(c, inquiry.seq))}
        await leave(one.gateway.world, rows[COLLEAGUE], rows[COLLEAGUE])
        await one.send(BUYER, made.masks["seller"], signed(BUYER, made.masks["seller"], "Anybody there?"))
        assert [got.rcpt for got in (await peer.wait(4))[3:]] == [(SELLER,)]
        with pytest.raises(aiosmtplib.SMTPDataError, match="R103"):
            await one.send(COLLEAGUE, made.masks["buyer"], signed(COLLEAGUE, made.masks["buyer"], "I am back."))
        with pytest.raises(CannotLeave):
            await leave(one.gateway.world, rows[SELLER], rows[SELLER])
        with pytest.raises(CannotLeave):
            await leave(one.gateway.world, rows[SELLER], rows[BUYER])


async def test_what_nobody_decides_is_refused_in_time_and_the_writer_told(tmp_path: Path, peer: Peer) -> None:
    clock = Clock(datetime.now(UTC))
    async with world(tmp_path, peer, clock=clock) as one:
        made = await one.open()
        await peer.wait(2)
        await one.send(STRANGER, made.masks["buyer"], signed(STRANGER, made.masks["buyer"], "Hello?"))
        await peer.wait(4)
        assert await expire(one.gateway.world) == 0
        clock.now += timedelta(days=15)
        assert await expire(one.gateway.world) == 1
        assert to((await peer.wait(5))[4:], STRANGER)
        assert await states(one, made.id) == [(STRANGER, "refused")]


async def test_masks_do_not_write_to_masks(tmp_path: Path, peer: Peer) -> None:
    async with world(tmp_path, peer, 'authentication = "off"\npolicy = "open"') as one:
        made = await one.open()
        await peer.wait(2)
        with pytest.raises(aiosmtplib.SMTPDataError, match="R209"):
            await one.send(
                "x@else.example", made.masks["buyer"], mail(f"someone@{DOMAIN}", made.masks["buyer"], "Loop")
            )


async def test_record_relays_what_enforce_would_hold_and_keeps_what_was_found(tmp_path: Path, peer: Peer) -> None:
    async with world(tmp_path, peer, 'authentication = "record"') as one:
        made = await one.open()
        await peer.wait(2)
        await one.send(SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], "Unsigned."))
        assert "Unsigned." in body(to(await peer.wait(3), BUYER)[-1])


async def test_dns_that_does_not_answer_holds_mail_and_loses_none(tmp_path: Path, peer: Peer) -> None:
    extra = '[dns]\nservers = ["127.0.0.1:9"]\ntimeout = "200ms"\n'
    async with running(tmp_path, peer, extra=extra, sender=ENFORCE) as one:
        made = await one.open()
        await peer.wait(2)
        await one.send(SELLER, made.masks["buyer"], signed(SELLER, made.masks["buyer"], "Is anybody home?"))
        assert await states(one, made.id) == [(SELLER, "held")]

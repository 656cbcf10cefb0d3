"""Which connection a mail goes over, and what becomes of it afterwards."""

import asyncio

import pytest
from parley.tests.peer import Peer, Step
from parley.tests.sending import DATA, ENVELOPE, mails, to


async def test_connections_are_kept_and_closed_with_a_goodbye() -> None:
    async with Peer() as peer:
        async with to(peer) as transport:
            await mails(peer, transport, 3)
            assert peer.connections == 1
        await peer.until(lambda: peer.open == 0)
        assert peer.lines[-1] == (1, "QUIT")
        assert not any(line == "RSET" for _, line in peer.lines)


async def test_never_more_connections_than_allowed_and_all_mails_arrive() -> None:
    async with Peer() as peer, to(peer, connections=3) as transport:
        stall = peer.stall("dot")
        sending = [asyncio.create_task(transport.send(ENVELOPE, DATA)) for _ in range(20)]
        await peer.until(lambda: [line for _, line in peer.lines].count("DATA") == 3)
        assert peer.connections == 3
        stall.release()
        assert {outcome.state for outcome in await asyncio.gather(*sending)} == {"sent"}
        assert peer.connections == 3
        assert len(peer.mails) == 20


async def test_idle_connections_are_closed() -> None:
    async with Peer() as peer, to(peer, idle="50ms") as transport:
        await mails(peer, transport, 2)
        await peer.until(lambda: peer.open == 0)
        assert (peer.connections, peer.lines[-1]) == (1, (1, "QUIT"))
        assert (await transport.send(ENVELOPE, DATA)).state == "sent"


async def test_a_connection_carries_a_hundred_mails() -> None:
    async with Peer() as peer, to(peer) as transport:
        await mails(peer, transport, 101)
        assert [mail.connection for mail in peer.mails] == [1] * 100 + [2]


async def test_a_connection_that_died_while_idle_is_replaced_silently() -> None:
    async with Peer() as peer, to(peer) as transport:
        await mails(peer, transport, 1)
        await peer.down()
        await peer.up()
        assert (await transport.send(ENVELOPE, DATA)).state == "sent"
        assert [mail.connection for mail in peer.mails] == [1, 2]


@pytest.mark.parametrize("step", ["mail", "rset"])
@pytest.mark.parametrize("farewell", [b"", b"421 4.4.2 idle too long\r\n"])
async def test_a_connection_given_up_at_the_next_mail_is_replaced_silently_once(step: Step, farewell: bytes) -> None:
    async with Peer() as peer, to(peer) as transport:
        if step == "rset":
            peer.refuse("rcpt", 550, times=1)
        await mails(peer, transport, 1)
        peer.say(step, farewell, drop=True, times=1)
        assert (await transport.send(ENVELOPE, DATA)).state == "sent"
        assert peer.connections == 2
        peer.say("mail", farewell, drop=True, times=2)
        assert (await transport.send(ENVELOPE, DATA)).state == "deferred"
        assert peer.connections == 3


async def test_a_kept_connection_that_dies_later_in_the_mail_is_not_retried() -> None:
    async with Peer() as peer, to(peer) as transport:
        await mails(peer, transport, 1)
        peer.drop("dot", taken=True)
        outcome = await transport.send(ENVELOPE, DATA)
        assert (outcome.state, outcome.uncertain) == ("deferred", True)
        assert len(peer.mails) == 2
        assert peer.connections == 1


async def test_a_refused_transaction_is_reset_before_the_next() -> None:
    async with Peer() as peer, to(peer) as transport:
        peer.refuse("rcpt", 550, times=1)
        states = [outcome.state for outcome in await mails(peer, transport, 2)]
        assert states == ["failed", "sent"]
        assert peer.connections == 1
        mail = ["MAIL", "RCPT", "DATA"]
        assert [line.split()[0] for _, line in peer.lines] == ["EHLO", *mail, "RSET", *mail]


async def test_cancelled_it_closes_its_connection_and_frees_its_place() -> None:
    async with Peer() as peer, to(peer, connections=1) as transport:
        stall = peer.stall("dot", times=1)
        sending = asyncio.create_task(transport.send(ENVELOPE, DATA))
        await stall.reached()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        stall.release()
        assert (await transport.send(ENVELOPE, DATA)).state == "sent"
        await peer.until(lambda: peer.open == 1)

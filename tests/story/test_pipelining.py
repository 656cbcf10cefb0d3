"""The commands of a mail, all at once where the remote offers that (RFC 2920), one by one where it does not."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from parley.relay.outbound.transport import Outcome, Transport
from parley.relay.outbound.wire import Wire
from parley.tests.peer import Extension, Peer, Step
from parley.tests.sending import DATA, ENVELOPE, mails, settings, to
from parley.tests.times import LIMIT, jump

OLD: tuple[Extension, ...] = ("8BITMIME", "SIZE", "ENHANCEDSTATUSCODES")


async def test_one_by_one_where_it_is_not_offered() -> None:
    async with Peer(offers=OLD) as peer, to(peer) as transport:
        peer.refuse("rcpt", 550, times=1)
        assert [outcome.state for outcome in await mails(peer, transport, 2)] == ["failed", "sent"]
        said = [line.split()[0] for _, line in peer.lines]
        assert said == ["EHLO", "MAIL", "RCPT", "RSET", "MAIL", "RCPT", "DATA"]
        assert peer.violations == []


@pytest.mark.parametrize("step", ["mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize(("code", "state"), [(451, "deferred"), (550, "failed"), (421, "deferred")])
async def test_a_refusal_one_by_one(step: Step, code: int, state: str) -> None:
    async with Peer(offers=OLD) as peer, to(peer) as transport:
        peer.refuse(step, code, times=1)
        outcome = await transport.send(ENVELOPE, DATA)
        assert (outcome.state, outcome.code, outcome.stage, outcome.uncertain) == (state, code, step, False)
        assert (await transport.send(ENVELOPE, DATA)).state == "sent"
        assert peer.connections == (2 if code == 421 else 1)


@pytest.mark.parametrize("step", ["mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize("silent", [False, True])
async def test_one_by_one_a_connection_that_dies_or_hangs(step: Step, silent: bool) -> None:
    async with Peer(offers=OLD) as peer, to(peer) as transport:
        stall = peer.stall(step) if silent else peer.drop(step)
        sending = asyncio.create_task(transport.send(ENVELOPE, DATA))
        if stall:
            await stall.reached()
            await jump()
        outcome = await sending
        assert (outcome.state, outcome.stage, outcome.uncertain) == ("deferred", step, step == "dot")


@asynccontextmanager
async def scripted(*answers: bytes) -> AsyncGenerator[tuple[Transport, list[bytes]]]:
    """A server that greets, offers PIPELINING and then answers what comes with these, whatever it is."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 there\r\n")
        await reader.readline()
        writer.write(b"250-there\r\n250 PIPELINING\r\n")
        for answer in answers:
            if not (data := await reader.read(65_536)):
                break
            heard.append(data)
            writer.write(answer)
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    transport = Transport(settings(Peer(port=port), timeout="1h"))
    async with server:
        try:
            yield transport, heard
        finally:
            await transport.close()


async def sent_after_an_hour(transport: Transport, heard: list[bytes]) -> Outcome:
    """Send a mail; once the server has heard of it, all the time that it has to answer goes by."""
    sending = asyncio.create_task(transport.send(ENVELOPE, DATA))
    while not heard:  # noqa: ASYNC110 (a turn of the loop each)
        await asyncio.sleep(0)
    await jump()
    return await sending


async def test_all_of_it_is_said_at_once_and_the_mail_after_its_leave() -> None:
    async with scripted(b"250 a\r\n250 b\r\n354 c\r\n", b"250 d\r\n") as (transport, heard):
        assert (await transport.send(ENVELOPE, DATA)).text == "d"
        assert heard[0] == b"MAIL FROM:<bounce-x@reply.example>\r\nRCPT TO:<ann@b.example>\r\nDATA\r\n"
        assert heard[1].endswith(b"\r\n.\r\n")


@pytest.mark.parametrize("end", [b"\r\r\n", b"\n", b" queued\ras 7\r\n"])
async def test_an_odd_line_end_in_a_yes_does_not_make_a_mail_go_out_twice(end: bytes) -> None:
    async with scripted(b"250 a\r\r\n250 b\r\n354 c\r\n", b"250-d\r\r\n250 2.0.0 e" + end) as (transport, _):
        outcome = await transport.send(ENVELOPE, DATA)
        assert (outcome.state, outcome.code, outcome.text.split()[0]) == ("sent", 250, "d")


async def test_a_goodbye_in_the_middle_is_not_waited_on() -> None:
    async with scripted(b"250 a\r\n421 4.3.2 going down\r\n") as (transport, _):
        outcome = await transport.send(ENVELOPE, DATA)
        assert (outcome.state, outcome.code, outcome.stage) == ("deferred", 421, "rcpt")
        assert outcome.text == "going down"  # and not that no answer came in time


async def test_a_reply_in_pieces() -> None:
    async with scripted(b"250-a\r\n250 b\r\n250", b"") as (transport, heard):
        outcome = await sent_after_an_hour(transport, heard)
        assert (outcome.state, outcome.stage, outcome.text) == ("deferred", "rcpt", "no answer in time")


@pytest.mark.parametrize("rest", [b"354 go on\r\n", b"", b"what?\r\n"])
async def test_a_remote_that_goes_wrong_after_it_has_refused_gets_no_mail(rest: bytes) -> None:
    async with scripted(b"250 ok\r\n550 5.1.1 nobody\r\n" + rest, b"250 2.0.0 taken\r\n") as (transport, heard):
        outcome = await sent_after_an_hour(transport, heard)
        assert (outcome.state, outcome.code, outcome.stage) == ("failed", 550, "rcpt")
        assert len(heard) == 1


async def test_a_connection_on_which_something_was_said_unasked_is_not_used_again() -> None:
    unasked = b"250 sent\r\n421 4.3.2 going down\r\n"
    async with scripted(b"250 a\r\n250 b\r\n354 c\r\n", unasked, b"250 a\r\n") as (transport, heard):
        assert (await transport.send(ENVELOPE, DATA)).text == "sent"
        assert (await transport.send(ENVELOPE, DATA)).text == "sent"
        assert [data[:4] for data in heard] == [b"MAIL", b"Subj", b"MAIL", b"Subj"]


class Nowhere(asyncio.Transport):
    """A transport that takes everything."""

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None: ...
    def is_closing(self) -> bool:
        return False

    def write(self, data: object) -> None: ...


async def test_a_reply_of_many_lines_costs_what_its_octets_do_however_they_come() -> None:
    def seconds(lines: int) -> float:
        wire = Wire(Nowhere(), LIMIT)
        wire.write(b"MAIL\r\n")
        begun = time.process_time()
        for octet in b"250-\n" * lines:
            wire.data_received(bytes([octet]))
        assert not wire.answered
        return time.process_time() - begun

    assert any(seconds(6400) < 2 * 8 * seconds(800) + 0.1 for _ in range(3))  # or 64 times as much

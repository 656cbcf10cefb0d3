"""The SMTP door over real sockets: faults, clients that hang up or hang, limits, the journal, the stop."""

import asyncio
import random
import socket
from datetime import datetime
from pathlib import Path

import pytest
from parley.relay.clock import utc_now
from parley.relay.inbound import connection
from parley.relay.inbound.server import SmtpDoor
from parley.relay.journal import Journal
from parley.relay.mail.raw import Spool
from parley.relay.settings import SmtpSettings
from parley.tests.dialogs.door import SECRET, Book, open_door
from parley.tests.times import HOUR, MINUTE, jump

# -- the mail


async def test_a_mail_arrives_with_its_envelope():
    async with open_door() as door:
        client = await door.greeted()
        assert (await client.mail("buyer-a", "buyer-b", data=b"Message-ID: <1@x>\r\n\r\nhello\r\n")).startswith("250")
        assert (await client.ask("QUIT")).startswith("221")
        assert await client.closed()
        [mail] = door.book.kept
        assert mail.peer.ip == "127.0.0.1"
        assert (mail.peer.helo, mail.peer.tls, mail.mail_from) == ("client.example", "", "seller@acme.example")
        assert [hit.address for hit in mail.hits] == ["buyer-a@reply.example", "buyer-b@reply.example"]
        [received] = door.logged("received")
        assert f" {mail.id}: received to=buyer-a@reply.example,buyer-b@reply.example from=seller@acme.exa" in received
        assert "message_id=<1@x>" in received
        assert len(door.logged("connected")) == 1
        await client.close()
        await door.door.stop(1)
        assert "why=quit mails=1" in door.logged("disconnected")[0]


async def test_a_large_mail_arrives_byte_for_byte():
    data = b"Subject: big\r\n\r\n" + b"".join(b"%076d\r\n" % number for number in range(65_000))
    async with open_door() as door:
        client = await door.greeted()
        assert (await client.mail("buyer-a", data=data)).startswith("250")
        assert door.book.kept[0].data == data


async def test_refusals_are_in_the_journal_under_the_mail_s_id():
    async with open_door() as door:
        client = await door.greeted()
        await client.ask("MAIL FROM:<hans@acme.example>")
        await client.ask("RCPT TO:<nobody@reply.example>")
        await client.ask("RCPT TO:<refuse@reply.example>")
        await client.ask("DATA")
        assert (await client.ask("\r\n.")).startswith("550")
        unknown, refused = door.logged("rejected")
        assert 'reason=R101 reply="550 5.1.1" to=nobody@reply.example from=hans@acme.example' in unknown
        assert "reason=R203" in refused
        assert unknown.split()[1] == refused.split()[1] == door.logged("received")[0].split()[1]


async def test_a_thousand_recipients():
    async with open_door() as door:
        client = await door.greeted()
        await client.ask("MAIL FROM:<hans@acme.example>")
        await client.send(b"".join(b"RCPT TO:<buyer-%d@reply.example>\r\n" % number for number in range(1000)))
        replies = [await client.reply() for _ in range(1000)]
        assert all(reply.startswith("250 2.1.5") for reply in replies[:100])
        assert all(reply.startswith("452 4.5.3 R105") for reply in replies[100:])
        assert door.book.asked == 100
        assert len(door.logged("rejected")) == 1
        assert (await client.ask("DATA")).startswith("354")
        assert (await client.ask(".")).startswith("250")
        assert len(door.book.kept[0].hits) == 100


async def test_the_same_recipient_many_times_is_looked_up_once():
    async with open_door() as door:
        client = await door.greeted()
        await client.ask("MAIL FROM:<hans@acme.example>")
        await client.send(b"RCPT TO:<buyer-a@reply.example>\r\n" * 900)
        assert {await client.reply() for _ in range(900)} == {"250 2.1.5 Ok"}
        assert door.book.asked == 1


async def test_one_recipient_written_in_many_ways_is_remembered_once():
    async with open_door() as door:
        client = await door.greeted()
        await client.ask("MAIL FROM:<hans@acme.example>")
        await client.send(b"".join(b"RCPT TO:<buyer-a+%d@reply.example>\r\n" % number for number in range(900)))
        assert {await client.reply() for _ in range(900)} == {"250 2.1.5 Ok"}
        [accepted] = door.accepted()
        mail = accepted.conversation._mail
        assert mail
        assert (len(mail.hits), len(mail.addresses)) == (1, 1)


@pytest.mark.parametrize("spelling", ["buyer-a", "buyer-a+%d", "buyer-%d"])
async def test_recipients_that_bring_no_mail_nearer_have_an_end(spelling: str):
    named = (spelling.replace("%d", str(number)) for number in range(40))
    async with open_door({"max_commands": 20, "max_recipients": 5}) as door:
        client = await door.greeted()
        await client.ask("MAIL FROM:<hans@acme.example>")
        await client.send(b"".join(f"RCPT TO:<{name}@reply.example>\r\n".encode() for name in named))
        new = 5 if spelling == "buyer-%d" else 1
        replies = [await client.reply() for _ in range(new + 18)]  # two were EHLO and MAIL
        assert all(reply.startswith(("250 2.1.5", "452 4.5.3")) for reply in replies)
        assert (await client.line()).startswith("421 4.7.0 R304")
        assert await client.closed()


async def test_recipients_that_are_new_are_as_many_as_a_mail_may_have():
    async with open_door({"max_commands": 10}) as door:
        client = await door.greeted()
        for _ in range(6):  # a mail that was taken gives its commands back
            assert (await client.mail(*(f"buyer-{number}" for number in range(100)))).startswith("250")
        assert {len(mail.hits) for mail in door.book.kept} == {100}


# -- faults of ours


@pytest.mark.parametrize(
    ("recipient", "code", "where"), [("crash", "451 4.3.0 R901", "receive"), ("full", "451 4.3.1 R902", "receive")]
)
async def test_a_fault_is_told_to_the_journal_and_not_to_the_client(recipient: str, code: str, where: str):
    async with open_door() as door:
        client = await door.greeted()
        reply = await client.mail(recipient)
        assert reply.startswith(code)
        assert SECRET not in reply
        [fault] = door.logged("fault")
        assert f"reference={reply.rpartition(' ')[2]} where={where}" in fault
        assert SECRET in fault
        assert "Traceback" in fault
        assert fault.split()[1] == door.logged("received")[0].split()[1]
        assert (await client.mail("buyer-a")).startswith("250")


async def test_a_fault_of_the_door_itself_is_answered_the_same_way():
    bad = [False]

    def clock() -> datetime:
        if bad and bad.pop():
            raise RuntimeError(SECRET)
        return utc_now()

    async with open_door(clock=clock) as door:
        client = await door.greeted()
        bad[:] = [True]
        reply = await client.ask("MAIL FROM:<hans@acme.example>")
        assert reply.startswith("451 4.3.0 R901")
        assert SECRET not in reply
        assert "where=smtp" in door.logged("fault")[0]
        assert (await client.mail("buyer-a")).startswith("250")


# -- clients that hang up or hang, while a mail is being kept


async def test_no_time_limit_runs_while_a_mail_is_kept():
    async with open_door() as door:
        client = await door.holding()
        await jump()
        door.book.release.set()
        assert (await client.line()).startswith("250 2.0.0")
        assert (await client.line()).startswith("421 4.4.2 R303")
        assert await client.closed()


async def test_half_close_while_a_mail_is_kept():
    async with open_door() as door:
        client = await door.holding()
        client.writer.write_eof()
        other = await door.greeted()  # the next honest mail goes through meanwhile
        assert (await other.mail("buyer-a")).startswith("250")
        door.book.release.set()
        assert (await client.line()).startswith("250 2.0.0")
        assert await client.closed()
        assert (door.book.cancelled, len(door.book.kept)) == (0, 2)


async def test_a_client_that_never_says_anything_is_cut():
    async with open_door() as door:
        client = await door.connect()
        assert (await client.line()).startswith("220")
        await jump(5 * MINUTE)
        assert (await client.line()).startswith("421 4.4.2 R303")
        assert await client.closed()
        await client.close()
        assert (await (await door.connect()).line()).startswith("220")
        assert "why=R303" in door.logged("disconnected")[0]


async def test_a_session_has_an_end_however_busy_it_is():
    async with open_door({"session_timeout": "30m"}) as door:
        client = await door.greeted()
        for _ in range(7):
            assert (await client.ask("NOOP")).startswith("250")
            await jump(4 * MINUTE)
        assert (await client.ask("NOOP")).startswith("250")
        await jump(4 * MINUTE)
        assert (await client.line()).startswith("421 4.4.2 R303")


async def test_data_that_drips_is_cut():
    async with open_door({"data_timeout": "10m"}) as door:
        client = await door.greeted()
        await client.begin("buyer-a")
        for _ in range(5):
            await client.send(b"x\r\n")
            await jump(2 * MINUTE)
        assert (await client.line()).startswith("421 4.4.2 R303")
        assert await client.closed()
        assert not door.book.kept


async def test_a_client_that_never_reads_is_cut():
    async with open_door({"max_commands": 10**6}) as door:
        deaf = socket.socket()
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(deaf, ("127.0.0.1", door.port))
        assert (await loop.sock_recv(deaf, 3)) == b"220"
        flood = loop.create_task(loop.sock_sendall(deaf, b"EHLO x\r\n" * 100_000))
        [accepted] = door.accepted()
        assert accepted._wire
        while not accepted._wire.get_write_buffer_size():  # noqa: ASYNC110 (the system takes no more of our answers)
            await asyncio.sleep(0)
        while not accepted.finished.done():  # its time to read, and that to hang up
            await jump(5 * MINUTE)
        await asyncio.wait([flood])
        deaf.close()
        assert flood.exception() is None or isinstance(flood.exception(), ConnectionError)
        assert "why=R303" in door.logged("disconnected")[0]


async def test_garbage_of_any_kind_and_then_an_honest_mail():
    chance = random.Random(1)
    words = [
        b"EHLO x",
        b"MAIL FROM:<a@b.example>",
        b"RCPT TO:<buyer-a@reply.example>",
        b"DATA",
        b"RSET",
        b"\r\n",
        b"\n",
    ]
    words += [b".", b"\0", b"\xff\xfe", b" ", b"<", b"QUIT", b"STARTTLS", b"{", b"VRFY", b"\r\n.\r\n"]
    async with open_door() as door:
        for _ in range(200):
            client = await door.connect()
            pieces = chance.choices(words, k=30)
            await client.send(b"EHLO x\r\n" * chance.randrange(2) + b"".join(pieces))
            client.writer.write_eof()
            while line := await client.line():
                assert line[:3].isdigit()
                assert line[3] in " -"
            await client.close()
        assert not door.logged("fault")
        assert (await (await door.greeted()).mail("buyer-a")).startswith("250")


# -- limits


async def test_a_client_that_is_cut_can_read_why_whatever_it_had_sent(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connection, "LINGER", HOUR)  # who hangs up is not waited for
    async with open_door({"max_commands": 10}) as door:
        client = await door.greeted()
        [accepted] = door.accepted()
        flood = asyncio.create_task(client.send(b"NOOP\r\n" * 200_000))
        replies = [await client.line() for _ in range(10)]
        assert replies[-1].startswith("421 4.7.0 R304")
        assert await client.closed()
        await flood
        await client.close()
        await door.gone(accepted)


async def test_six_hundred_connections_and_then_an_honest_mail():
    async with open_door() as door:
        crowd = [await door.connect() for _ in range(600)]
        greetings = [(await client.line())[:14] for client in crowd]
        assert greetings.count("421 4.7.0 R301") == 580
        assert all([await client.closed() for client in crowd[20:]])
        accepted = door.accepted()
        for client in crowd:
            await client.close()
        await door.gone(*accepted)
        assert (await (await door.greeted()).mail("buyer-a")).startswith("250")
        assert len(door.logged("rejected")) == 580


async def test_connections_in_all():
    async with open_door({"connections": 2}) as door:
        first = await door.greeted()
        [accepted] = door.accepted()
        await door.greeted()
        third = await door.connect()
        assert (await third.line()).startswith("421 4.3.2 R302")
        assert await third.closed()
        await first.ask("QUIT")
        await first.close()
        await door.gone(accepted)
        await door.greeted()


async def test_replies_are_not_held_back_by_nagle():
    async with open_door() as door:
        await door.greeted()
        [accepted] = door.accepted()
        assert accepted._wire
        tcp: socket.socket = accepted._wire.get_extra_info("socket")
        assert tcp.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_listens_on_ipv6(tmp_path: Path):
    log: list[str] = []
    settings = SmtpSettings(listen="[::1]:0")
    door = SmtpDoor(settings, Book(), Journal(log.append), utc_now, None, spool=Spool(tmp_path))
    try:
        host, port = await door.start()
    except OSError:
        pytest.skip("this machine has no IPv6")
    reader, writer = await asyncio.open_connection(host, port)
    assert (await reader.readline()).startswith(b"220")
    writer.close()
    await door.stop(1)
    assert "ip=::1" in log[0]

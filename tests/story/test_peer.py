"""The recording peer keeps its promises: the story tests lean on them."""

import asyncio
import smtplib
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from parley.tests.peer import Peer, peer_thread

MAIL = "MAIL FROM:<a@x.example>"
RCPT = "RCPT TO:<b@y.example>"


class Client:
    """Bytes to the peer, reply codes back."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def read(self) -> str:
        """The next whole reply, or "" when the peer has hung up."""
        lines: list[str] = []
        while not lines or lines[-1][3:4] == "-":
            raw = await self.reader.readline()
            if not raw:
                return ""
            lines.append(raw.decode().rstrip("\r\n"))
        return "\n".join(lines)

    async def ask(self, line: str) -> str:
        self.writer.write(line.encode("utf-8", "surrogateescape") + b"\r\n")
        return await self.read()

    async def mail(self, data: bytes, mail: str = MAIL, rcpt: str = RCPT) -> list[str]:
        """The replies to one whole mail, each cut to its code."""
        replies = [await self.ask(mail), await self.ask(rcpt), await self.ask("DATA")]
        self.writer.write(data)
        return [reply[:3] for reply in (*replies, await self.read())]


@asynccontextmanager
async def client(peer: Peer, hello: str = "EHLO me.example") -> AsyncGenerator[Client]:
    reader, writer = await asyncio.open_connection(peer.host, peer.port)
    try:
        talk = Client(reader, writer)
        await talk.read()
        if hello:
            await talk.ask(hello)
        yield talk
    finally:
        writer.transport.abort()


async def test_it_records_mails_in_order_with_everything_about_them() -> None:
    async with Peer() as peer:
        async with client(peer) as one:
            assert await one.mail(b"Subject: 1\r\n\r\n..dot\r\n.\r\n") == ["250", "250", "354", "250"]
            assert await one.mail(b".\r\n", "MAIL FROM:<> BODY=8BITMIME SIZE=3") == ["250", "250", "354", "250"]
        async with client(peer, "HELO other") as two:
            await two.mail(b"x\r\n.\r\n")
        first, second, third = await peer.wait(3)
        assert (first.mail_from, first.rcpt, first.data) == (
            "a@x.example",
            ("b@y.example",),
            b"Subject: 1\r\n\r\n.dot\r\n",
        )
        assert (second.mail_from, second.options, second.data) == ("", ("BODY=8BITMIME", "SIZE=3"), b"")
        assert [mail.connection for mail in (first, second, third)] == [1, 1, 2]
        assert [mail.helo for mail in (first, third)] == ["me.example", "other"]
        assert first.at.tzinfo is not None
        assert first.violations == second.violations == third.violations == ()
        await peer.until(lambda: peer.open == 0)
        assert (2, "HELO other") in peer.lines


@pytest.mark.parametrize(
    ("data", "violation"),
    [
        (b"a\nb\r\n", "a bare LF"),
        (b"a\rb\r\n", "a bare CR"),
        (b"a\r\n\n.\r\nb\r\n", "a bare LF"),  # a smuggled end of mail is not an end
        (b"a\0b\r\n", "a NUL"),
        (b"\r\n\xff\r\n", "8-bit without BODY=8BITMIME"),
        (b"Subject: \xc3\xa9\r\n\r\n", "8-bit in the header without SMTPUTF8"),
        (b"x" * 999 + b"\r\n", "a line longer than 998 octets"),
        (b".x\r\n", "a dot at the start of a line not doubled"),
    ],
)
async def test_it_notes_what_is_wrong_on_the_wire(data: bytes, violation: str) -> None:
    async with Peer() as peer, client(peer) as talk:
        await talk.mail(data + b".\r\n")
        (mail,) = await peer.wait(1)
        assert violation in mail.violations


@pytest.mark.parametrize("data", [b"x" * 998 + b"\r\n", b"..x\r\n", b".." + b"x" * 997 + b"\r\n", b"..\r\n"])
async def test_it_notes_nothing_where_nothing_is_wrong(data: bytes) -> None:
    async with Peer() as peer, client(peer) as talk:
        await talk.mail(data + b".\r\n")
        (mail,) = await peer.wait(1)
        assert mail.violations == ()


async def test_it_notes_wrong_commands() -> None:
    async with Peer() as peer, client(peer) as talk:
        await talk.ask("NOOP \r x")
        await talk.ask("MAIL FROM:<é@x.example>")
        await talk.ask("RSET")
        await talk.ask("MAIL FROM:<é@x.example> SMTPUTF8")
        assert [violation.split(":")[0] for violation in peer.violations] == [
            "a bare CR",
            "8-bit in a command without SMTPUTF8",
        ]


async def test_what_is_not_offered_is_refused() -> None:
    async with Peer(offers=("SIZE",), size=100) as peer, client(peer, "") as talk:
        assert "8BITMIME" not in await talk.ask("EHLO me")
        assert (await talk.ask(MAIL + " BODY=8BITMIME")).startswith("555")
        assert (await talk.ask(MAIL + " SMTPUTF8")).startswith("555")
        assert (await talk.ask(MAIL + " SIZE=101")).startswith("552")
        assert (await talk.ask("STARTTLS")).startswith("503")
        assert (await talk.ask(MAIL + " SIZE=100")).startswith("250")


async def test_refuse_some_times_for_one_recipient() -> None:
    async with Peer() as peer, client(peer) as talk:
        peer.refuse("rcpt", 550, "5.1.1 no such user", rcpt="B@y.example", times=1)
        await talk.ask(MAIL)
        assert (await talk.ask("RCPT TO:<c@y.example>")).startswith("250")
        assert await talk.ask(RCPT) == "550 5.1.1 no such user"
        assert (await talk.ask(RCPT)).startswith("250")


@pytest.mark.parametrize(
    ("step", "replies"),
    [
        ("mail", ["452", "503", "503", ""]),
        ("rcpt", ["250", "452", "503", ""]),
        ("data", ["250", "250", "452", ""]),
        ("dot", ["250", "250", "354", "452"]),
    ],
)
async def test_refuse_at_each_step(step: str, replies: list[str]) -> None:
    async with Peer() as peer, client(peer) as talk:
        peer.refuse(step, 452, times=1)  # pyright: ignore[reportArgumentType]
        seen = [(await talk.ask(line))[:3] for line in (MAIL, RCPT, "DATA")]
        if seen[-1] == "354":
            talk.writer.write(b"x\r\n.\r\n")
            seen.append((await talk.read())[:3])
        assert seen == replies[: len(seen)]
        assert peer.mails == []
        await talk.ask("RSET")
        assert await talk.mail(b"x\r\n.\r\n") == ["250", "250", "354", "250"]


async def test_421_closes() -> None:
    async with Peer() as peer:
        peer.refuse("greeting", 421, "busy", times=1)
        async with client(peer, "") as talk:
            assert await talk.read() == ""
        peer.refuse("mail", 421, "bye", times=1)
        async with client(peer) as talk:
            assert await talk.ask(MAIL) == "421 bye"
            assert await talk.read() == ""


async def test_drop_after_the_dot_with_and_without_keeping_the_mail() -> None:
    async with Peer() as peer:
        peer.drop("dot", taken=True)
        peer.drop("dot")
        for _ in range(2):
            async with client(peer) as talk:
                assert (await talk.mail(b"x\r\n.\r\n"))[-1] == ""
        assert len(await peer.wait(1)) == 1


async def test_stall_until_released() -> None:
    async with Peer() as peer, client(peer) as talk:
        stall = peer.stall("dot")
        answer = asyncio.create_task(talk.mail(b"x\r\n.\r\n"))
        await stall.reached()
        assert peer.mails == []
        assert not answer.done()
        stall.release()
        assert (await answer)[-1] == "250"


async def test_greylist_knows_each_recipient_by_itself() -> None:
    async with Peer() as peer, client(peer) as talk:
        peer.greylist()
        await talk.ask(MAIL)
        codes = [(await talk.ask(f"RCPT TO:<{name}@y.example>"))[:3] for name in "bcbc"]
        assert codes == ["451", "451", "250", "250"]


async def test_starttls_with_a_certificate_of_its_own() -> None:
    async with Peer(offers=("STARTTLS",)) as peer, client(peer) as talk:
        context = ssl.create_default_context()
        assert peer.ca is not None
        peer.ca.configure_trust(context)  # pyright: ignore[reportUnknownMemberType]
        assert (await talk.ask("STARTTLS")).startswith("220")
        await talk.writer.start_tls(context, server_hostname="localhost")
        assert (await talk.ask(MAIL)).startswith("503")
        assert "STARTTLS" not in await talk.ask("EHLO me")
        await talk.mail(b"x" * 300_000 + b"\r\n.\r\n")
        (mail,) = await peer.wait(1)
        assert mail.tls
        assert len(mail.data) == 300_002


async def test_users_must_log_in() -> None:
    async with Peer(users={"u": "p"}) as peer, client(peer) as talk:
        assert (await talk.ask(MAIL)).startswith("530")
        assert (await talk.ask("AUTH PLAIN AHUAeA==")).startswith("535")
        assert (await talk.ask("AUTH PLAIN AHUAcA==")).startswith("235")
        await talk.mail(b"x\r\n.\r\n")
        assert peer.mails[0].user == "u"


async def test_down_and_up_on_the_same_port() -> None:
    async with Peer() as peer:
        async with client(peer) as talk:
            await peer.down()
            assert await talk.ask(MAIL) == ""
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(peer.host, peer.port)
        await peer.up()
        async with client(peer) as talk:
            await talk.mail(b"x\r\n.\r\n")
        assert len(peer.mails) == 1


async def test_wait_says_what_it_saw_when_it_gives_up() -> None:
    async with Peer() as peer:
        with pytest.raises(TimeoutError, match="0 mails, 0 connections"):
            await peer.wait(1, timeout=0.01)


def test_from_sync_code_with_another_implementation_of_smtp() -> None:
    with peer_thread() as peer:
        stall = peer.peer.stall("ehlo")
        stall.release()
        with smtplib.SMTP(peer.host, peer.port, local_hostname="sync.example") as smtp:
            smtp.sendmail("a@x.example", ["b@y.example", "c@y.example"], b"Subject: x\r\n\r\n.y\r\n")
        (mail,) = peer.wait(1)
        peer.run(stall.reached())
        assert mail.rcpt == ("b@y.example", "c@y.example")
        assert mail.data == b"Subject: x\r\n\r\n.y\r\n"
        assert mail.helo == "sync.example"
        assert mail.violations == ()

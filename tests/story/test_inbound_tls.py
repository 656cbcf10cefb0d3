"""STARTTLS at the SMTP door, with certificates made for the test."""

import asyncio
import ssl
from pathlib import Path
from typing import NamedTuple

import pytest
import trustme
from parley.relay.inbound.tls import server_context
from parley.relay.mail.raw import LARGE
from parley.tests import spooling
from parley.tests.dialogs.door import Client, come, held_up, open_door, until
from parley.tests.ports import reset
from parley.tests.times import HOUR, LIMIT, MINUTE, jump


class Pair(NamedTuple):
    server: ssl.SSLContext
    client: ssl.SSLContext


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    folder: Path = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    certificate = authority.issue_cert("mx.reply.example")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    for number, blob in enumerate(certificate.cert_chain_pems):
        blob.write_to_path(folder / "certificate.pem", append=number > 0)
    client = ssl.create_default_context()
    authority.configure_trust(client)  # pyright: ignore[reportUnknownMemberType]
    return Pair(server_context(folder / "certificate.pem", folder / "key.pem"), client)


async def offers(client: Client) -> list[str]:
    await client.send(b"EHLO client.example\r\n")
    lines = [await client.line()]
    while lines[-1][3] == "-":
        lines.append(await client.line())
    return [line[4:] for line in lines]


async def test_a_mail_under_tls(tls: Pair):
    async with open_door({"require_tls": True}, tls.server) as door:
        client = await door.greeted()
        assert "STARTTLS" in await offers(client)
        assert (await client.ask("MAIL FROM:<hans@acme.example>")).startswith("530 5.7.0 R312")
        assert await client.ask("STARTTLS") == "220 2.0.0 Ready to start TLS"
        await client.start_tls(tls.client)
        assert (await client.ask("MAIL FROM:<hans@acme.example>")).startswith("503")  # who are you?
        assert "STARTTLS" not in await offers(client)
        assert (await client.ask("STARTTLS")).startswith("503 5.5.1")
        data = b"Subject: big\r\n\r\n" + b"".join(b"%076d\r\n" % number for number in range(13_000))
        assert (await client.mail("buyer-a", data=data)).startswith("250")
        assert door.book.kept[0].data == data
        assert door.book.kept[0].peer.tls == "TLSv1.3"
        assert (await client.ask("QUIT")).startswith("221")
        assert await client.closed()


async def test_a_large_mail_under_tls_waits_for_a_slow_disk(tls: Pair, monkeypatch: pytest.MonkeyPatch):
    disk = spooling.disk(monkeypatch)
    data = b"Subject: big\r\n\r\n" + b"".join(b"%076d\r\n" % number for number in range(100_000))
    async with open_door(tls=tls.server) as door:
        client = await door.greeted()
        await client.ask("STARTTLS")
        await client.start_tls(tls.client)
        await offers(client)
        await client.begin("buyer-a")
        (connection,) = door.accepted()
        disk.clear()
        pouring = asyncio.create_task(client.send(data + b".\r\n"))
        await until(lambda: held_up(connection))
        for _ in range(100):  # turns of the loop, in which more could come
            await asyncio.sleep(0)
        assert come(connection) < 4 * LARGE
        disk.set()
        await pouring
        assert (await client.reply()).startswith("250")
        assert door.book.kept[0].data == data


async def test_what_was_said_in_the_clear_is_forgotten(tls: Pair):
    async with open_door(tls=tls.server) as door:
        client = await door.greeted()
        await client.ask("MAIL FROM:<hans@acme.example>")
        await client.ask("RCPT TO:<buyer-a@reply.example>")
        # Injected by somebody in the middle, to be heard as if it had come under TLS (CVE-2011-0411).
        injected = b"EHLO evil.example\r\nMAIL FROM:<evil@evil.example>\r\nRCPT TO:<buyer-a@reply.example>\r\n"
        await client.send(b"STARTTLS\r\n" + injected)
        assert (await client.line()).startswith("220")
        await client.start_tls(tls.client)
        assert (await client.ask("DATA")).startswith("503")
        assert (await client.ask("RCPT TO:<buyer-a@reply.example>")).startswith("503")
        assert (await client.ask("MAIL FROM:<hans@acme.example>")).startswith("503")
        assert len(door.logged("disconnected")) == 0


async def test_a_client_that_does_not_speak_tls_loses_its_seat(tls: Pair):
    async with open_door({"connections": 1}, tls.server) as door:
        client = await door.greeted()
        assert (await client.ask("STARTTLS")).startswith("220")
        accepted = door.accepted()
        await client.send(b"EHLO is not what TLS begins with\r\n")
        while await client.reader.read(1000):
            pass
        await client.close()
        await door.gone(*accepted)
        assert "why=tls" in door.logged("disconnected")[0]
        await door.greeted()


async def test_a_client_that_hangs_up_in_the_handshake_loses_its_seat(tls: Pair):
    async with open_door({"connections": 1}, tls.server) as door:
        client = await door.greeted()
        assert (await client.ask("STARTTLS")).startswith("220")
        accepted = door.accepted()
        await client.close()
        await door.gone(*accepted)
        assert "why=tls" in door.logged("disconnected")[0]
        await door.greeted()


async def test_a_client_that_hangs_in_the_handshake_is_cut(tls: Pair):
    async with open_door(tls=tls.server) as door:
        client = await door.greeted()
        assert (await client.ask("STARTTLS")).startswith("220")
        accepted = door.accepted()
        await jump()
        assert await client.closed()
        await door.gone(*accepted)
        assert "why=tls" in door.logged("disconnected")[0]


async def test_hanging_up_while_a_mail_is_kept_under_tls(tls: Pair):
    async with open_door(tls=tls.server) as door:
        client = await door.greeted()
        await client.ask("STARTTLS")
        await client.start_tls(tls.client)
        await offers(client)
        await client.begin("hold")
        await client.send(b"hello\r\n.\r\n")
        await asyncio.wait_for(door.book.begun.wait(), LIMIT)
        await client.close()
        door.book.release.set()
        other = await door.greeted()
        assert (await other.mail("buyer-a")).startswith("250")
        assert (door.book.cancelled, len(door.book.kept)) == (0, 2)


async def test_stop_under_tls(tls: Pair):
    async with open_door(tls=tls.server) as door:
        client = await door.greeted()
        await client.ask("STARTTLS")
        await client.start_tls(tls.client)
        await offers(client)
        stopping = asyncio.create_task(door.door.stop(HOUR))
        assert (await client.line()).startswith("421 4.3.2 R903")
        assert await client.closed()
        await client.close()
        await asyncio.wait_for(stopping, LIMIT)


async def test_time_limit_under_tls(tls: Pair):
    async with open_door(tls=tls.server) as door:
        client = await door.greeted()
        await client.ask("STARTTLS")
        await client.start_tls(tls.client)
        await jump(5 * MINUTE)
        assert (await client.line()).startswith("421 4.4.2 R303")
        assert await client.closed()


def test_tls_is_1_2_at_least(tls: Pair):
    assert tls.server.minimum_version == ssl.TLSVersion.TLSv1_2


async def test_a_seat_is_given_back_after_a_broken_connection_in_the_handshake(tls: Pair):
    async with open_door({"connections": 1}, tls.server) as door:
        client = await door.greeted()
        assert (await client.ask("STARTTLS")).startswith("220")
        accepted = door.accepted()
        reset(client.writer)
        await door.gone(*accepted)
        await door.greeted()

"""The hostile SMTP dialogues of the shared test data, each against the real door."""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from parley.relay.errors import NO_SUCH_ADDRESS
from parley.tests.dialogs.door import Client, OpenDoor, open_door
from parley.tests.ports import reset
from parley.tests.times import LIMIT, MINUTE, jump

WIRE = Path(__file__).parents[2].parent / "shared" / "data" / "hostile" / "wire.json"
CASES: list[dict[str, str]] = json.loads(WIRE.read_text(encoding="utf-8")) if WIRE.exists() else []
LARGEST = 20_000

needs_data = pytest.mark.skipif(not CASES, reason=f"{WIRE.name} of the shared test data is not here")


def cases(prefix: str) -> list[object]:
    return [pytest.param(case, id=case["id"]) for case in CASES if case["id"].startswith(prefix)]


@needs_data
@pytest.mark.parametrize("case", cases("eod_"))
async def test_nothing_is_smuggled_behind_a_false_end(case: dict[str, str]):
    if case["context"] == "outbound_via_web_reply":
        pytest.skip("about the page's form, not the SMTP door")
    before = {"inbound_long_line_exceeded": "y" * 3000, "inbound_after_size_exceeded": "z" * (LARGEST + 100)}
    inner = "MAIL FROM:<smuggled@evil.example>\r\nRCPT TO:<buyer-a@reply.example>\r\nDATA\r\nsmuggled\r\n.\r\n"
    content = "Subject: outer\r\n\r\n" + before.get(case["context"], "") + "x" + case["seq"] + inner
    async with open_door({"max_message_bytes": LARGEST}) as door:
        client = await door.greeted()
        await client.begin("buyer-a")
        # The inner mail's own end is the end of the outer: everything before it must be one mail's content.
        await client.send(content.encode())
        reply = await client.reply()
        assert reply.startswith("552" if case["context"] == "inbound_after_size_exceeded" else "250"), reply
        assert (await client.ask("QUIT")).startswith("221")
        assert await client.closed()
        assert [mail.mail_from for mail in door.book.kept] in ([], ["seller@acme.example"])
        for mail in door.book.kept:
            assert b"smuggled" in mail.data
            assert not set(mail.data.replace(b"\r\n", b"")) & set(b"\r\n\0")


@needs_data
@pytest.mark.parametrize("case", cases("rcpt_"))
async def test_recipients_that_look_like_ours_or_somebodys(case: dict[str, str]):
    path = case["rcpt"].replace("relay.example", "reply.example").replace("{OTHER}", "seller-b")
    async with open_door() as door:
        client = await door.greeted()
        await client.ask("MAIL FROM:<hans@acme.example>")
        reply = await client.ask(f"RCPT TO:{path}")
        if path == "<postmaster>":
            assert reply.startswith("250 ")
        else:
            assert reply in (NO_SUCH_ADDRESS.line, (await client.ask("RCPT TO:<a b>")))


async def vrfy_expn(door: OpenDoor) -> None:
    client = await door.greeted()
    replies = {await client.ask(f"{verb} {who}") for verb in ("VRFY", "EXPN") for who in ("buyer-a", "nobody")}
    assert len(replies) == 1
    assert replies.pop()[:3] in ("252", "502")


async def mail_twice(door: OpenDoor) -> None:
    client = await door.greeted()
    assert (await client.ask("MAIL FROM:<a@b.example>"))[:3] == "250"
    assert (await client.ask("MAIL FROM:<a@b.example>"))[:3] == "503"


async def conn_600(door: OpenDoor) -> None:
    clients = [await door.connect() for _ in range(600)]
    greetings = [(await client.reply())[:9] for client in clients]
    assert greetings.count("421 4.7.0") == 580
    assert sum(greeting.startswith("220 ") for greeting in greetings) == 20
    assert await clients[-1].closed()


async def early_talker(door: OpenDoor) -> None:
    early = socket.create_connection(("127.0.0.1", door.port))  # the system answers, not the loop
    early.sendall(b"EHLO early.example\r\nNOOP\r\n")
    early.setblocking(False)
    client = Client(*await asyncio.open_connection(sock=early))
    door.clients.append(client)
    assert (await client.line()).startswith("554 5.5.0 R310")
    assert await client.closed()


async def slow_command(door: OpenDoor) -> None:
    client = await door.connect()
    assert (await client.reply()).startswith("220")
    for byte in b"EHLO ":
        await client.send(bytes([byte]))  # a byte now and then does not buy more time
        await jump(MINUTE)
    assert (await client.line()).startswith("421 4.4.2")
    assert await client.closed()


async def half_close(door: OpenDoor) -> None:
    client = await door.greeted()
    await client.begin("buyer-a")
    await client.send(b"hello\r\n.\r\n")
    client.writer.write_eof()
    assert (await client.line()).startswith("250 2.0.0")
    assert len(door.book.kept) == 1


async def rst_after_dot(door: OpenDoor) -> None:
    client = await door.greeted()
    await client.begin("hold")
    await client.send(b"hello\r\n.\r\n")
    await asyncio.wait_for(door.book.begun.wait(), LIMIT)
    reset(client.writer)
    other = await door.greeted()
    assert (await other.mail("buyer-a")).startswith("250")
    door.book.release.set()
    await other.ask("NOOP")
    assert door.book.cancelled == 0
    assert len(door.book.kept) == 2


SESSIONS: dict[str, Callable[[OpenDoor], Awaitable[None]]] = {
    "cmd_vrfy_expn": vrfy_expn,
    "cmd_mail_twice": mail_twice,
    "cmd_conn_600": conn_600,
    "cmd_early_talker": early_talker,
    "cmd_slow_cmd": slow_command,
    "cmd_half_close": half_close,
    "cmd_rst_after_dot": rst_after_dot,
}


@pytest.mark.parametrize("name", SESSIONS)
async def test_session(name: str):
    async with open_door() as door:
        await SESSIONS[name](door)


@needs_data
def test_every_session_of_the_data_is_played():
    missing = [case["id"] for case in CASES if case["id"].startswith("cmd_") and case["id"] not in SESSIONS]
    assert not missing

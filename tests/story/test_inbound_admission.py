"""The SMTP door when there is too much of everything: refused before it is sent, and nobody is shut out by another."""

import asyncio
import threading

import pytest
from parley.tests.dialogs.door import DOMAIN, open_door, unread, until
from parley.tests.times import LIMIT

MAIL = "MAIL FROM:<seller@acme.example>"


async def test_a_disk_without_room_refuses_at_mail_at_data_and_after_it():
    free = [3000]
    async with open_door(room=lambda: free[0]) as door:
        client = await door.greeted()
        assert (await client.ask(f"{MAIL} SIZE=2001")).startswith("452 4.3.1 R904")
        assert (await client.ask(f"{MAIL} SIZE=2000")).startswith("250")
        assert (await client.ask(f"RCPT TO:<buyer-a@{DOMAIN}>")).startswith("250")
        free[0] = 2000
        door.forget_the_room()
        assert (await client.ask("DATA")).startswith("452 4.3.1 R904")
        assert (await client.ask("RSET")).startswith("250")
        assert (await client.mail("buyer-a", data=b"x" * 2000 + b"\r\n")).startswith("452 4.3.1 R904")
        assert (await client.mail("buyer-a", data=b"Subject: small\r\n\r\nhello\r\n")).startswith("250")
        assert len(door.book.kept) == 1
        assert len(door.logged("rejected")) == 3


@pytest.mark.parametrize("full", [False, True])
async def test_a_mail_that_is_sent_while_the_disk_is_asked_is_not_split_into_commands(full: bool):
    asked, answer = threading.Event(), threading.Event()
    answer.set()

    def room() -> int:
        asked.set()
        answer.wait(LIMIT)
        return 0 if full and asked_again else 10**12

    asked_again = False
    async with open_door(room=room) as door:
        client = await door.greeted()
        assert (await client.ask(MAIL)).startswith("250")
        assert (await client.ask(f"RCPT TO:<buyer-a@{DOMAIN}>")).startswith("250")
        asked_again = True
        asked.clear()
        answer.clear()
        door.forget_the_room()
        try:
            await client.send(b"DATA\r\n")
            await asyncio.to_thread(asked.wait, LIMIT)
            await client.send(b"Subject: early\r\n\r\nhello\r\n.\r\nQUIT\r\n")
            [accepted] = door.accepted()
            await until(lambda: unread(accepted))
        finally:
            answer.set()
        assert (await client.line()).startswith("554 5.5.0 R310")
        assert await client.closed()
        await door.gone(accepted)
        assert (door.coming(), door.book.kept) == (0, [])


async def test_what_is_coming_in_counts_until_it_is_over_however_it_ends():
    async with open_door({"transit_bytes": 1_000_000, "max_message_bytes": 100_000}) as door:
        first, second = await door.greeted(), await door.greeted()
        for client in (first, second):
            assert (await client.ask(f"{MAIL} SIZE=90000")).startswith("250")
            assert (await client.ask(f"RCPT TO:<buyer-a@{DOMAIN}>")).startswith("250")
        assert (await first.ask("DATA")).startswith("354")
        assert door.coming() == 90_000
        accepted = door.accepted()
        await first.close()  # half a mail
        await door.one_gone(accepted)
        assert door.coming() == 0
        assert (await second.ask("DATA")).startswith("354")
        await second.send(b"hello\r\n.\r\n")
        assert (await second.reply()).startswith("250")
        assert door.coming() == 0
        await second.begin("buyer-a")  # says no size: counts as the largest mail
        assert door.coming() == 100_000
        await second.send(b"hello\r\n.\r\n")
        assert (await second.reply()).startswith("250")
        assert door.coming() == 0


async def test_one_address_gets_half_of_what_may_come_in():
    async with open_door({"transit_bytes": 1_000_000, "max_message_bytes": 400_000}) as door:
        clients = [await door.greeted() for _ in range(3)]
        await clients[0].begin("buyer-a")
        await clients[1].ask(MAIL)
        assert (await clients[1].ask(f"RCPT TO:<buyer-a@{DOMAIN}>")).startswith("250")
        assert (await clients[2].ask(f"{MAIL} SIZE=100001")).startswith("452 4.7.0 R906")
        assert (await clients[2].ask(f"{MAIL} SIZE=100000")).startswith("250")


async def test_who_announces_less_than_he_sends_is_counted_with_what_he_sends():
    async with open_door({"transit_bytes": 1_000_000, "max_message_bytes": 400_000}) as door:
        client = await door.greeted()
        assert (await client.ask(f"{MAIL} SIZE=1")).startswith("250")
        assert (await client.ask(f"RCPT TO:<buyer-a@{DOMAIN}>")).startswith("250")
        assert (await client.ask("DATA")).startswith("354")
        await client.send(b"Subject: large\r\n\r\n" + b"x" * 300_000)
        other = await door.greeted()
        async with asyncio.timeout(LIMIT):
            while (said := await other.ask(f"{MAIL} SIZE=300000")).startswith("250"):  # not all has come yet
                await other.ask("RSET")
        assert said.startswith("452 4.7.0 R906")
        await client.send(b"\r\n.\r\n")
        assert (await client.reply()).startswith("250")
        assert door.coming() == 0

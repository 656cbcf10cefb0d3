"""The graceful stop of the SMTP door: nothing under way is lost, and nobody waits for ever."""

import asyncio

import pytest
from parley.tests.dialogs.door import open_door
from parley.tests.times import HOUR, LIMIT


async def test_stop_tells_idle_clients_and_takes_no_more():
    async with open_door() as door:
        client = await door.greeted()
        await client.ask("MAIL FROM:<hans@acme.example>")
        stopping = asyncio.create_task(door.door.stop(HOUR))
        assert (await client.line()).startswith("421 4.3.2 R903")
        assert await client.closed()
        await client.close()
        await asyncio.wait_for(stopping, LIMIT)
        with pytest.raises(OSError, match="Connect"):
            await door.connect()


async def test_stop_lets_a_mail_in_transit_be_finished():
    async with open_door() as door:
        client = await door.greeted()
        await client.begin("buyer-a")
        stopping = asyncio.create_task(door.door.stop(HOUR))
        await asyncio.sleep(0)  # the stop has begun
        await client.send(b"hello\r\n.\r\nMAIL FROM:<next@acme.example>\r\n")
        assert (await client.line()).startswith("250 2.0.0")
        assert (await client.line()).startswith("421 4.3.2 R903")
        assert await client.closed()
        await client.close()
        await asyncio.wait_for(stopping, LIMIT)


async def test_stop_waits_for_a_mail_whose_client_is_gone():
    async with open_door() as door:
        client = await door.holding()
        client.writer.transport.abort()
        stopping = asyncio.create_task(door.door.stop(HOUR))
        await asyncio.sleep(0.05)
        assert not stopping.done()
        door.book.release.set()
        await asyncio.wait_for(stopping, LIMIT)
        assert len(door.book.kept) == 1


async def test_stop_does_not_wait_longer_than_it_may():
    async with open_door() as door:
        client = await door.greeted()
        await client.begin("buyer-a")
        await door.door.stop(0.05)
        assert await client.closed()
        assert not door.book.kept

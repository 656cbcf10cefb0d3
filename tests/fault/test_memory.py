"""Many large mails at once: what the gateway takes of memory stays bounded, whatever comes in and goes out."""

import asyncio
import base64
import random
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from parley.bench import processes
from parley.bench.relays import start_sink
from parley.tests.fault.counts import FULL, PLAIN, Record
from parley.tests.fault.house import House
from parley.tests.fault.people import Talk, open_talks

MAILS, SIZE = (200, 25_000_000) if FULL else (12, 6_000_000) if PLAIN else (60, 25_000_000)
MOST = 600  # megabytes of all processes together
PART = 262_144  # octets that a client holds


def letter(talk: Talk, file: bytes) -> tuple[str, str, bytes]:
    """Return sender, mask and a mail with a file; `file` is its base64."""
    sender, mask = talk.address("seller"), talk.masks["buyer"]
    head = (
        f"From: <{sender}>\r\nTo: {mask}\r\nSubject: Re: Price [b:{talk.number}]\r\n"
        f"Message-ID: <{talk.number}@sellers.example>\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nThe drawings.\r\n"
        '--b\r\nContent-Type: application/zip; name="drawings.zip"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    )
    return sender, mask, head.encode()


@dataclass(slots=True)
class Most:
    """The most memory that a gateway and its processes had together, in megabytes."""

    pid: int
    megabytes: float = 0.0

    async def watch(self, done: asyncio.Event) -> None:
        """Look again and again until `done`."""
        while not done.is_set():
            self.megabytes = max(self.megabytes, processes.resident_of_all(processes.family(self.pid)))
            await asyncio.sleep(0.05)


async def send(house: House, talk: Talk, file: bytes) -> str:
    """Hand one mail over, piece by piece; return the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", house.smtp)
    try:
        await reader.readline()
        sender, mask, head = letter(talk, file)
        for line in (
            "HELO client.example",
            f"MAIL FROM:<{sender}> SIZE={len(head) + len(file)}",
            f"RCPT TO:<{mask}>",
            "DATA",
        ):
            writer.write(line.encode() + b"\r\n")
            answer = (await reader.readline()).decode()
            assert answer[0] in "23", answer
        for part in (head, *(file[place : place + PART] for place in range(0, len(file), PART)), b"--b--\r\n.\r\n"):
            writer.write(part)
            await writer.drain()
        return (await reader.readline()).decode()
    finally:
        writer.close()
        await writer.wait_closed()


@pytest.mark.timeout(900)
async def test_many_large_mails_at_once_take_little_memory(tmp_path: Path, record_property: Record) -> None:
    data = random.Random(1).randbytes(SIZE * 57 // 78)
    file = base64.encodebytes(data).replace(b"\n", b"\r\n")
    async with AsyncExitStack() as stack:
        sink = await start_sink(stack)
        house = House(tmp_path, sink.port)
        text = house.config.read_text()
        house.config.write_text(text.replace("[outbound]", "transit_bytes = 34359738368\n[outbound]", 1))
        talks = await open_talks(house, MAILS)
        await house.up()
        assert house.process
        most, done = Most(house.process.pid), asyncio.Event()
        watching = asyncio.create_task(most.watch(done))
        answers = await asyncio.gather(*(send(house, talk, file) for talk in talks))
        await sink.wait(MAILS, 600)
        done.set()
        await watching
        assert await house.down() == 0
    record_property("megabytes", round(most.megabytes))
    assert {answer[:3] for answer in answers} == {"250"}
    assert most.megabytes < MOST
    assert not list((tmp_path / "var/blobs/in").iterdir())

"""Mail that is dear to read: answered in time, while others are served; what cannot be read is kept and told.

The two limits are requirements: an answer within 10 seconds, and within half a second for another session meanwhile.
They are judged by the processor's time, which is the same however busy the machine is: what the mail takes in all, in
this process and in those that read for it; and what this process takes between two turns of the event loop.
"""

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from parley.relay.arrival import Arrival, MaskHit
from parley.relay.arrival import Peer as ArrivalPeer
from parley.relay.clock import utc_now
from parley.relay.reading import Readers, Unreadable, is_odd
from parley.relay.rooms import Limits
from parley.relay.understand import understand_now
from parley.tests.dialogs.door import Client
from parley.tests.gateway import BUYER, SELLER, Running, body, mail, running, to
from parley.tests.peer import Peer

HEAD = f"From: {SELLER}\r\nTo: x@y.example\r\nMIME-Version: 1.0\r\n".encode()


def nested() -> bytes:
    parts = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (number, number) for number in range(10_000)
    )
    return HEAD + parts + b"Content-Type: text/plain\r\n\r\ndeep\r\n"


def many_parts() -> bytes:
    part = b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n"
    return HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + part * 100_000 + b"--b--\r\n"


def encoded_words() -> bytes:
    return HEAD + b"Subject: " + b"\r\n ".join([b"=?utf-8?B?aGVsbG8=?="] * 19_000) + b"\r\n\r\nwords\r\n"


def large_header() -> bytes:
    return HEAD + b"X-Long: " + b"a" * 1_000_000 + b"\r\n\r\nlarge\r\n"


def signatures() -> bytes:
    one = b"DKIM-Signature: v=1; a=rsa-sha256; d=werk.example; s=a; h=from; bh=AAAA; b=AAAA\r\n"
    return one * 300 + HEAD + b"Subject: signed\r\n\r\nsigned\r\n"


def commas() -> bytes:
    return HEAD + b"Cc: " + b"," * 60_000 + b"\r\n\r\ncommas\r\n"


def deep_html() -> bytes:
    return HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div>" * 100_000 + b"deep\r\n"


def one_line() -> bytes:
    return HEAD + b"\r\n" + b"On Monday he wrote: " * 50_000 + b"\r\n"


def large() -> bytes:
    return HEAD + b"\r\nlarge\r\n" + b"x" * 76 + b"\n" * 1 + (b"y" * 76 + b"\n") * 320_000


KINDS: dict[str, Callable[[], bytes]] = {
    one.__name__: one
    for one in (nested, many_parts, encoded_words, large_header, signatures, commas, deep_html, one_line, large)
}


@asynccontextmanager
async def gateway(folder: Path, peer: Peer) -> AsyncGenerator[Running]:
    async with running(folder, peer) as one:
        yield one


async def longest_turn(done: asyncio.Event) -> float:
    """The most processor time that this process takes, on all its threads, while the event loop waits for its turn."""
    longest = 0.0
    while not done.is_set():
        before = time.process_time()
        await asyncio.sleep(0.001)
        longest = max(longest, time.process_time() - before)
    return longest


def spent() -> float:
    """Processor time in seconds, of this process and its children."""
    found = time.process_time()
    for child in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
        fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
        found += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return found


async def try_one(one: Running, mask: str, data: bytes) -> tuple[int, float, float]:
    """Send it; returns the code, the seconds of processor time to the answer, and the longest others had to wait."""
    done = asyncio.Event()
    turn = asyncio.create_task(longest_turn(done))
    before = spent()
    code = await hand_over(one, mask, data)
    took = spent() - before
    done.set()
    return code, took, await turn


async def hand_over(one: Running, mask: str, data: bytes) -> int:
    """Send a mail, with no work of our own on it; returns the code of its answer."""
    client = Client(*await asyncio.open_connection(*one.gateway.smtp_address))
    try:
        await client.reply()
        for command in ("EHLO client.example", f"MAIL FROM:<{SELLER}>", f"RCPT TO:<{mask}>", "DATA"):
            assert (await client.ask(command))[0] in "23"
        await client.send(data + b"\r\n.\r\n")
        return int((await client.reply())[:3])
    finally:
        await client.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_it_is_answered_in_time_and_others_do_not_wait(kind: str, tmp_path: Path, peer: Peer) -> None:
    async with gateway(tmp_path, peer) as one:
        made = await one.open()
        await peer.wait(2)
        code, took, waited = await try_one(one, made.masks["buyer"], KINDS[kind]())
        assert code == 250 or 500 <= code < 600
        assert took <= 10
        assert waited <= 0.5
        assert one.logged("fault") == []
        await one.send(SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], "And on it goes."))
        await peer.until(lambda: any("And on it goes." in body(got) for got in to(peer.mails, BUYER)))


def arrival(data: bytes) -> Arrival:
    hit = MaskHit("buyer-x@y.example", 1, "buyer")
    return Arrival("a", utc_now(), ArrivalPeer("127.0.0.1"), SELLER, (hit,), data)


async def test_a_process_reads_what_the_thread_would() -> None:
    html = b"Content-Type: text/html\r\n\r\n<p>Hello again</p><blockquote type=cite>How much?</blockquote>\r\n"
    mails = [arrival(HEAD + b"Subject: =?utf-8?Q?gr=C3=BCn?=\r\n\r\nHello\r\n"), arrival(HEAD + html)]
    readers = Readers()
    try:
        found = [await readers.understand(one) for one in mails]
    finally:
        await readers.close()
    assert found == [understand_now(one) for one in mails]
    assert [one.split.text.strip() for one in found] == ["Hello", "Hello again"]


@pytest.mark.parametrize("limits", [Limits(seconds=0.001), Limits(memory=40_000_000)])
async def test_what_takes_too_long_or_too_much_is_stopped(limits: Limits) -> None:
    readers = Readers(limits)
    try:
        with pytest.raises(Unreadable):
            await readers.understand(arrival(many_parts()))
    finally:
        await readers.close()


async def test_a_mail_that_cannot_be_read_is_kept_and_told(tmp_path: Path, peer: Peer) -> None:
    async with gateway(tmp_path, peer) as one:
        assert one.gateway.world.readers is not None
        one.gateway.world.readers.limits = Limits(seconds=0.001)
        made = await one.open()
        await peer.wait(2)
        data = mail(SELLER, made.masks["buyer"], "x" * 300_000)
        assert is_odd(data)
        assert (await one.send(SELLER, made.masks["buyer"], data)).code == 250
        (alert,) = await one.wait_for("quarantined")
        assert "not done after" in alert
        shown = await one.show(made.id)
        assert [message["state"] for message in shown["messages"]][1:] == ["held"]
        (held,) = one.logged("held")
        assert "why=unreadable" in held
        assert len(to(peer.mails, BUYER)) == 1

"""Large mail: in a file from its first to its last octet, its attachments passed on as they came."""

import asyncio
import base64
import errno
import hashlib
import io
import os
import random
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import aiosmtplib
import pytest
from parley.relay import prepare
from parley.relay.arrival import Arrival, MaskHit
from parley.relay.arrival import Peer as Sender
from parley.relay.flow import receive
from parley.relay.job import Job
from parley.relay.mail.envelope import Prepared
from parley.relay.mail.pieces import Pieces, Slice
from parley.relay.resolve import resolve
from parley.relay.world import World
from parley.store import outbox
from parley.store.blobs import BlobMissing
from parley.store.values import DeliveryRow
from parley.tests.gateway import SELLER, Running, opened, running
from parley.tests.peer import Got, Peer
from parley.tests.sending import ENVELOPE, trusting
from parley.tests.sending import to as to_peer
from parley.tests.spooling import left, written

MB = 1_000_000


def document(size: int, seed: int = 0) -> bytes:
    return b"%PDF-1.7\n" + random.Random(seed).randbytes(size)


def with_file(mask: str, data: bytes, id: str, *, name: str = "offer.pdf", text: str = "See the file.") -> bytes:
    """A mail as programs write it: a few words and a file in base64."""
    head = (
        f"From: Anna <{SELLER}>\r\nTo: {mask}\r\nSubject: Re: Price for 12 pumps\r\nMessage-ID: <{id}>\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
        f"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
        f'--b\r\nContent-Type: application/pdf; name="{name}"\r\nContent-Transfer-Encoding: base64\r\n'
        f'Content-Disposition: attachment; filename="{name}"\r\n\r\n'
    )
    return head.encode() + base64.encodebytes(data).replace(b"\n", b"\r\n") + b"--b--\r\n"


def file_of(got: Got) -> bytes | None:
    """The PDF in a mail that arrived."""
    found = [
        part.get_payload(decode=True) for part in opened(got).walk() if part.get_content_type() == "application/pdf"
    ]
    return found[0] if found and isinstance(found[0], bytes) else None


async def relayed(peer: Peer) -> Got:
    """The one mail with a PDF that arrived."""
    await peer.until(lambda: any(file_of(got) for got in peer.mails))
    [one] = [got for got in peer.mails if file_of(got)]
    return one


async def composed_again(world: Running, got: Got) -> bytes:
    """The mail as another attempt would send it, which knows nothing of the first."""
    gateway = world.gateway.world
    [token] = [
        line.partition("<m.")[2].partition("@")[0]
        for line in got.data.decode().splitlines()
        if line[:10] == "Message-ID"
    ]
    delivery = await gateway.store.read(lambda connection: outbox.by_token(connection, token))
    assert delivery
    return (await prepare.prepare(gateway, delivery)).data


@pytest.mark.usefixtures("engines")
async def test_a_large_file_passes_as_it_came(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer, copy=True) as world:
        made = await world.open()
        file, mask = document(3 * MB), made.masks["buyer"]
        sent = with_file(mask, file, "1@werk.example")
        assert (await world.send(SELLER, mask, sent)).code == 250
        got = await relayed(peer)
        assert file_of(got) == file
        await world.quiet()
        assert await composed_again(world, got) == got.data
        await written()
        assert left(tmp_path) == []
        digest = hashlib.sha256(sent).hexdigest()
        assert (tmp_path / "var/blobs" / digest[:2] / digest).read_bytes() == sent
        [shown] = (await world.show(made.id))["messages"][-1]["attachments"]
        assert (shown["name"], shown["bytes"]) == ("offer.pdf", len(file))


@pytest.mark.parametrize("width", [76, 80, 64])
async def test_lines_of_any_width_arrive(tmp_path: Path, peer: Peer, width: int) -> None:
    async with running(tmp_path, peer) as world:
        made = await world.open()
        file, mask = document(MB // 2), made.masks["buyer"]
        head, _, _ = with_file(mask, b"", "1@werk.example").rpartition(b"\r\n\r\n")
        text = base64.b64encode(file)
        lines = b"".join(text[place : place + width] + b"\r\n" for place in range(0, len(text), width))
        await world.send(SELLER, mask, head + b"\r\n\r\n" + lines + b"--b--\r\n")
        got = await relayed(peer)
        assert file_of(got) == file
        assert await composed_again(world, got) == got.data


async def test_a_large_mail_that_names_people_in_its_file_name_is_masked(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer) as world:
        made = await world.open()
        mask = made.masks["buyer"]
        await world.send(SELLER, mask, with_file(mask, document(MB), "1@werk.example", name=f"{SELLER}.pdf"))
        assert SELLER.encode() not in (await relayed(peer)).data


async def test_a_large_mail_that_came_by_no_socket_is_composed_in_a_thread(
    tmp_path: Path, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[str] = []
    render = prepare.render

    def noted(world: World, delivery: DeliveryRow, job: Job) -> Prepared:
        if job.message and job.files:
            threads.append(threading.current_thread().name)
        return render(world, delivery, job)

    monkeypatch.setattr(prepare, "render", noted)
    async with running(tmp_path, peer) as world:
        made = await world.open()
        gateway, file, mask = world.gateway.world, document(2 * MB), made.masks["buyer"]
        hit = await resolve(gateway, *mask.split("@"))
        assert isinstance(hit, MaskHit)
        data = with_file(mask, file, "1@werk.example")
        arrival = Arrival("a", gateway.clock(), Sender("127.0.0.1"), SELLER, (hit,), data)
        assert (await receive(gateway, arrival)).code == 250
        assert file_of(await relayed(peer)) == file
    assert [name[:7] for name in threads] == ["compose"]


async def test_the_same_large_mail_twice_is_one(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer) as world:
        made = await world.open()
        mask = made.masks["buyer"]
        sent = with_file(mask, document(MB), "1@werk.example")
        for _ in range(2):
            assert (await world.send(SELLER, mask, sent)).code == 250
        await world.wait_for("duplicate")
        await world.quiet()
        await relayed(peer)
        await written()
        assert left(tmp_path) == []


async def test_half_a_large_mail_leaves_nothing(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer) as world:
        mask = (await world.open()).masks["buyer"]
        reader, writer = await asyncio.open_connection(*world.gateway.smtp_address)
        for line in ("EHLO x", f"MAIL FROM:<{SELLER}>", f"RCPT TO:<{mask}>", "DATA"):
            writer.write(line.encode() + b"\r\n")
            while (await reader.readline())[3:4] == b"-":
                pass
        await reader.readline()
        writer.write(with_file(mask, document(2 * MB), "1@werk.example"))
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        await world.wait_for("disconnected")
        await written()
        assert left(tmp_path) == []


async def test_what_is_too_large_is_refused_and_leaves_nothing(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer) as world:
        mask = (await world.open()).masks["buyer"]
        with pytest.raises(aiosmtplib.SMTPResponseException) as refused:
            await world.send(SELLER, mask, with_file(mask, document(20 * MB), "1@werk.example"))
        assert refused.value.code == 552
        await written()
        assert left(tmp_path) == []
        assert not any((tmp_path / "var/blobs").glob("??/*"))


@dataclass(frozen=True)
class InFile:
    """A source of octets in a file; where that is gone it says so as the disk does, or as the store does."""

    path: Path
    swept: bool = False

    def open(self, start: int, end: int) -> BinaryIO:
        try:
            return io.FileIO(self.path)
        except FileNotFoundError as error:
            raise (BlobMissing("x") if self.swept else error) from error


def pieces(folder: Path, size: int, *, swept: bool = False) -> Pieces:
    """A mail with a slice of a file, and lines that begin with dots around it."""
    lines = base64.encodebytes(document(size)).replace(b"\n", b"\r\n")
    (folder / "raw").write_bytes(b"head\r\n" + lines)
    body = Slice(InFile(folder / "raw", swept), 6, 4 + len(lines))
    return Pieces((b"Subject: x\r\n\r\n.one\r\n..\r\n", body, b"\r\n.two\r\n"))


@pytest.mark.parametrize("tls", ["off", "required"])
async def test_a_mail_in_pieces_arrives_octet_for_octet(tmp_path: Path, tls: str) -> None:
    async with Peer(offers=("PIPELINING", "8BITMIME", "SIZE", "STARTTLS")) as peer:
        content = pieces(tmp_path, 3 * MB)
        async with to_peer(peer, trusting(peer), tls=tls) as transport:
            for _ in range(2):
                assert (await transport.send(ENVELOPE, content)).state == "sent"
        assert [got.data for got in peer.mails] == [content.bytes()] * 2
        assert peer.violations == []


async def test_where_the_system_sends_no_files_the_rest_goes_through_the_program(
    tmp_path: Path, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, times, send = pieces(tmp_path, 3 * MB), 0, os.sendfile

    def once(out: int, source: int, place: int, count: int) -> int:
        nonlocal times
        times += 1
        if times > 1:
            raise OSError(errno.EINVAL, "not this file system")
        return send(out, source, place, min(count, 1000))

    monkeypatch.setattr(os, "sendfile", once)
    async with to_peer(peer) as transport:
        assert (await transport.send(ENVELOPE, content)).state == "sent"
    assert times == 2
    assert [got.data for got in peer.mails] == [content.bytes()]


async def test_a_remote_that_hangs_up_in_a_file_has_no_mail(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 there\r\n")
        for reply in (b"250 there", b"250 ok", b"250 ok", b"354 go"):
            await reader.readline()
            writer.write(reply + b"\r\n")
        await reader.readexactly(1000)
        writer.transport.abort()

    content = pieces(tmp_path, 30 * MB)
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server, Peer() as peer:
        async with to_peer(peer, port=server.sockets[0].getsockname()[1]) as transport:
            outcome = await transport.send(ENVELOPE, content)
        assert (outcome.state, outcome.uncertain, outcome.stage) == ("deferred", False, "data")


@pytest.mark.parametrize(
    ("answer", "state"), [(b"552 5.3.4 too big", "failed"), (b"451 no", "deferred"), (b"250 ok", "deferred")]
)
async def test_a_remote_that_answers_before_the_end_is_heard(tmp_path: Path, answer: bytes, state: str) -> None:
    heard, over = 0, asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal heard
        writer.write(b"220 there\r\n")
        for reply in (b"250 there", b"250 ok", b"250 ok", b"354 go"):
            await reader.readline()
            writer.write(reply + b"\r\n")
        await reader.readexactly(1000)
        writer.write(answer + b"\r\n")
        with suppress(ConnectionError):
            while got := await reader.read(65_536):
                heard += len(got)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        over.set()

    content = pieces(tmp_path, 30 * MB)
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server, Peer() as peer:
        async with to_peer(peer, port=server.sockets[0].getsockname()[1]) as transport:
            outcome = await transport.send(ENVELOPE, content)
        await over.wait()
    assert (outcome.state, outcome.uncertain) == (state, False)
    assert heard < len(content)


@pytest.mark.parametrize("swept", [False, True])
async def test_a_file_that_is_gone_is_a_fault_of_ours_and_not_of_the_remote(
    tmp_path: Path, peer: Peer, swept: bool
) -> None:
    content = pieces(tmp_path, MB, swept=swept)
    (tmp_path / "raw").unlink()
    async with to_peer(peer) as transport:
        outcome = await transport.send(ENVELOPE, content)
    assert (outcome.state, outcome.code, outcome.lost, outcome.uncertain) == ("deferred", 0, swept, False)
    assert ("BlobMissing" if swept else "No such file") in outcome.cause
    assert peer.mails == []

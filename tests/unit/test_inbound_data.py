"""The end of DATA, the doubled dots and the line ends, however the bytes are cut into chunks."""

import asyncio
import errno
import re
import threading
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley.relay.errors import StoreFull
from parley.relay.inbound.data import DotReader
from parley.relay.inbound.lines import Lines, normalise
from parley.relay.mail.raw import BEGINNING, Spool, Spooled, SpoolFile
from parley.tests.spooling import left, written

# Bytes that matter, often enough to meet.
WIRE = st.lists(st.sampled_from([b"\r\n", b"\r\n.", b".", b"\r", b"\n", b"\0", b"a", b"..", b"\r\n.\r\n"])).map(
    b"".join
)
CUTS = st.lists(st.integers(min_value=0, max_value=60))


def by_lines(wire: bytes) -> tuple[bytes, bytes] | None:
    """What RFC 5321 4.5.2 says, line by line: (content, what comes after), None where there is no end."""
    content = b""
    while b"\r\n" in wire:
        line, _, wire = wire.partition(b"\r\n")
        if line == b".":
            return content, wire
        content += line.removeprefix(b".") + b"\r\n"
    return None


@dataclass(frozen=True)
class Got:
    """What came out: the content with normal line ends (None where it was dropped), what followed, and its file."""

    content: bytes | None
    rest: bytes
    spooled: Spooled | None = None


async def take(wire: bytes, cuts: list[int], limit: int, large: int, folder: Path) -> Got | None:
    reader = DotReader(limit, Spool(folder), large=large)
    edges = [0, *sorted(min(cut, len(wire)) for cut in cuts), len(wire)]
    for start, stop in pairwise(edges):
        rest = reader.feed(wire[start:stop])
        await asyncio.sleep(0)  # so that blocks are written between the chunks
        if rest is not None:
            assert reader.ended
            raw = None if reader.too_big else await reader.content()
            if isinstance(raw, Spooled):
                return Got(raw.bytes(), rest + wire[stop:], raw)
            return Got(raw, rest + wire[stop:])
    assert not reader.ended
    reader.drop()
    await written()
    return None


def read(wire: bytes, cuts: list[int], limit: int = 10_000, large: int = 10_000) -> tuple[bytes | None, bytes] | None:
    with TemporaryDirectory() as folder:
        got = asyncio.run(take(wire, cuts, limit, large, Path(folder)))
    if got and got.spooled:
        assert got.content is not None
        assert (len(got.spooled), got.spooled.hash) == (len(got.content), sha256(got.content).hexdigest())
        assert got.spooled.beginning == got.content[:BEGINNING]
    return (got.content, got.rest) if got else None


def normal(found: tuple[bytes, bytes] | None) -> tuple[bytes, bytes] | None:
    return (normalise(found[0]), found[1]) if found else None


@given(WIRE, CUTS)
def test_any_chunking_gives_what_reading_by_lines_gives(wire: bytes, cuts: list[int]):
    assert read(wire, cuts) == normal(by_lines(wire))


@given(WIRE, CUTS, st.integers(min_value=4, max_value=20))
def test_what_goes_through_a_file_is_the_same(wire: bytes, cuts: list[int], large: int):
    assert read(wire, cuts, large=large) == normal(by_lines(wire))


@given(WIRE, CUTS)
def test_lines_are_the_same_however_they_are_cut(wire: bytes, cuts: list[int]):
    lines, whole = Lines(), b"\r\n" + wire
    edges = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    pieces = [lines.take(whole[start:stop]) for start, stop in pairwise(edges)]
    assert b"".join([*pieces, lines.take(b"", last=True)]) == Lines().take(whole, last=True)


@given(WIRE, CUTS, st.integers(min_value=0, max_value=40))
def test_the_limit_changes_nothing_of_where_the_end_is(wire: bytes, cuts: list[int], limit: int):
    unlimited, limited = read(wire, cuts), read(wire, cuts, limit)
    assert (unlimited is None) == (limited is None)
    assert unlimited is None or limited is None or unlimited[1] == limited[1]


@given(st.binary(max_size=300))
def test_what_a_client_stuffs_comes_out_again(content: bytes):
    content = normalise(content) + b"\r\n"
    lines = content.split(b"\r\n")[:-1]
    stuffed = b"".join(b"." * line.startswith(b".") + line + b"\r\n" for line in lines)
    assert read(stuffed + b".\r\nQUIT\r\n", []) == (content, b"QUIT\r\n")


@pytest.mark.parametrize(
    "end", [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\n", b"\r\n.\r", b"\r\n.\0\r\n", b"\r\n.\r\r\n"]
)
def test_only_crlf_dot_crlf_is_an_end(end: bytes):
    assert read(b"a" + end + b"b", []) is None


async def test_size_counts_the_wire_up_to_the_end(tmp_path: Path):
    reader = DotReader(100, Spool(tmp_path))
    assert reader.feed(b"..a\r\n.\r\nNOOP\r\n") == b"NOOP\r\n"
    assert (reader.size, await reader.content(), reader.too_big) == (5, b".a\r\n", False)


async def test_over_the_limit_nothing_is_held(tmp_path: Path):
    reader = DotReader(100_000, Spool(tmp_path), large=1000)
    for _ in range(101):
        assert reader.feed(b"x" * 1000) is None
        await asyncio.sleep(0)
    assert reader.too_big
    assert reader.size == 101_000
    assert reader.feed(b"\r\n.\r\n") == b""
    await written()
    assert left(tmp_path) == []


async def test_exactly_the_limit_is_not_too_big(tmp_path: Path):
    reader = DotReader(6, Spool(tmp_path))
    assert reader.feed(b"abcd\r\n.\r\n") == b""
    assert not reader.too_big
    assert await reader.content() == b"abcd\r\n"


async def test_while_the_disk_is_behind_nothing_more_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    go, wrote, room = threading.Event(), SpoolFile.write, asyncio.Event()

    def slow(self: SpoolFile, octets: bytes) -> None:
        go.wait()
        wrote(self, octets)

    monkeypatch.setattr(SpoolFile, "write", slow)
    reader = DotReader(10_000, Spool(tmp_path), room.set, large=100)
    reader.feed(b"x" * 200)
    assert not reader.crowded
    reader.feed(b"x" * 200)
    assert reader.crowded
    go.set()
    await room.wait()
    await written()
    assert not reader.crowded
    reader.feed(b"\r\n.\r\n")
    assert len(await reader.content()) == 402


async def test_half_a_mail_leaves_no_file(tmp_path: Path):
    reader = DotReader(10_000, Spool(tmp_path), large=100)
    reader.feed(b"x" * 500)
    reader.drop()
    await written()
    assert left(tmp_path) == []


async def test_of_whom_is_cancelled_no_file_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    go, began, finish = threading.Event(), threading.Event(), SpoolFile.finish

    def slow(self: SpoolFile) -> Spooled:
        began.set()
        go.wait()
        return finish(self)

    monkeypatch.setattr(SpoolFile, "finish", slow)
    reader = DotReader(10_000, Spool(tmp_path), large=100)
    reader.feed(b"x" * 500 + b"\r\n.\r\n")
    task = asyncio.create_task(reader.content())
    await asyncio.to_thread(began.wait)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go.set()
    await written()
    assert left(tmp_path) == []


@pytest.mark.parametrize("chunks", [(b"x" * 500, b"y" * 500, b"\r\n.\r\n"), (b"x" * 500 + b"\r\n.\r\n",)])
async def test_a_full_disk_is_told_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunks: tuple[bytes, ...]):
    def full(self: SpoolFile, octets: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(SpoolFile, "write", full)
    reader = DotReader(10_000, Spool(tmp_path), large=100)
    for chunk in chunks:
        reader.feed(chunk)
    assert reader.ended
    with pytest.raises(StoreFull):
        await reader.content()


@given(st.binary() | WIRE)
def test_normalised_content_has_only_crlf_and_no_nul(content: bytes):
    normal = normalise(content)
    assert b"\0" not in normal
    assert b"\r" not in normal.replace(b"\r\n", b"")
    assert b"\n" not in normal.replace(b"\r\n", b"")
    assert normalise(normal) == normal
    kept = content.translate(None, b"\0\r\n")
    assert normal.replace(b"\r\n", b"") == kept


def test_clean_content_is_not_touched():
    content = b"Subject: x\r\n\r\nhello\r\n"
    assert normalise(content) is content


def test_equal_counts_of_cr_and_lf_are_not_taken_for_pairs():
    assert normalise(b"a\nb\r") == b"a\r\nb\r\n"


@given(st.integers(1, 5), st.integers(1, 6), st.binary(max_size=3), st.integers(0, 40), st.integers(0, 2))
def test_lines_of_one_width_are_looked_through_no_less(
    width: int, count: int, inserted: bytes, place: int, shorter: int
):
    even = (b"x" * width + b"\r\n") * count
    content = (even[:place] + inserted + even[place:])[: len(even) + len(inserted) - shorter]
    lone = re.sub(rb"\r\n", b"", content)
    assert (normalise(content) is content) == (not {0, 10, 13} & set(lone))

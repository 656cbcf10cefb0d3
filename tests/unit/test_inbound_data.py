"""The end of DATA, the doubled dots and the line ends, however the bytes are cut into chunks."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley.relay.inbound.data import DotReader, normalise

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


def read(wire: bytes, cuts: list[int], limit: int = 10_000) -> tuple[bytes, bytes] | None:
    reader = DotReader(limit)
    edges = [0, *sorted(min(cut, len(wire)) for cut in cuts), len(wire)]
    for start, stop in pairwise(edges):
        rest = reader.feed(wire[start:stop])
        if rest is not None:
            assert reader.ended
            return reader.content(), rest + wire[stop:]
    assert not reader.ended
    return None


@given(WIRE, CUTS)
def test_any_chunking_gives_what_reading_by_lines_gives(wire: bytes, cuts: list[int]):
    assert read(wire, cuts) == by_lines(wire)


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


def test_size_counts_the_wire_up_to_the_end():
    reader = DotReader(100)
    assert reader.feed(b"..a\r\n.\r\nNOOP\r\n") == b"NOOP\r\n"
    assert (reader.size, reader.content(), reader.too_big) == (5, b".a\r\n", False)


def test_over_the_limit_nothing_is_held():
    reader = DotReader(1000)
    for _ in range(100):
        assert reader.feed(b"x" * 1000) is None
    assert reader.too_big
    assert reader.size == 100_000
    assert reader.feed(b"\r\n.\r\n") == b""
    assert len(reader.content()) < 10


def test_exactly_the_limit_is_not_too_big():
    reader = DotReader(6)
    assert reader.feed(b"abcd\r\n.\r\n") == b""
    assert not reader.too_big
    assert reader.content() == b"abcd\r\n"


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

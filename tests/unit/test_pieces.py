"""Files that go out as they came: what base64 is clean, and that a mail in pieces is the mail that would be written."""

import base64
import io
import pickle
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import dkim
import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley.relay.arrival import Arrival, Peer
from parley.relay.compose.dkim import Signer, new_key, read_key
from parley.relay.mail import pieces, read
from parley.relay.mail.asis import clean_base64
from parley.relay.mail.envelope import Envelope
from parley.relay.mail.pieces import Passed, Pieces, Slice, cut, lines_of, octets
from parley.relay.mail.transfer import decode
from parley.relay.mail.write import File, write, write_pieces
from parley.relay.outbound.letter import check
from parley.relay.understand import understand_file
from parley.tests.written import LETTER

CONTENT = bytes(range(256)) * 900


@dataclass(frozen=True)
class InFile:
    """A source of octets in a real file, for they are read by their place."""

    path: str

    def open(self, start: int, end: int) -> BinaryIO:
        return io.FileIO(self.path)


def lines(data: bytes, width: int = 76) -> bytes:
    text = base64.b64encode(data)
    return b"\r\n".join(text[place : place + width] for place in range(0, len(text), width))


def clean(text: bytes) -> tuple[int, int] | None:
    data = b"before\r\n" + text
    return clean_base64(data, 8, len(data), decode(text, "base64")[0])


@given(st.binary(min_size=60, max_size=400), st.sampled_from([76, 72, 64, 60, 4]), st.sampled_from([b"", b"\r\n"]))
def test_what_encoders_write_is_clean(data: bytes, width: int, after: bytes) -> None:
    text = lines(data, width)
    assert clean(text + after) == (8, 8 + len(text))


@given(st.binary(min_size=60, max_size=200), st.integers(0, 300), st.binary(max_size=3), st.integers(0, 3))
def test_what_is_taken_for_clean_says_nothing_but_its_content(
    data: bytes, place: int, inserted: bytes, cut: int
) -> None:
    whole = lines(data)
    place = min(place, len(whole))
    text = whole[:place] + inserted + whole[place + cut :]
    if (found := clean(text)) is not None:
        passed = (b"before\r\n" + text)[slice(*found)]
        width = len(passed.partition(b"\r\n")[0])
        assert passed == lines(decode(text, "base64")[0], width)
        assert set(passed) <= set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n")


@pytest.mark.parametrize(
    "text",
    [
        lines(CONTENT).replace(b"\r\n", b"\n"),
        lines(CONTENT, 80),
        lines(CONTENT).replace(b"A", b".", 1),
        lines(CONTENT) + b"\r\nbuyer@acheteur.example",
        lines(CONTENT[:61])[:-4] + b"PR==",  # bits that no decoder looks at
        lines(CONTENT[:61])[:-4] + b"=A==",
        b"\r\n" + lines(CONTENT),
        b"AAAA",
        b"",
    ],
)
def test_what_could_tell_more_is_not_clean(text: bytes) -> None:
    assert clean(text) is None


def test_a_large_file_is_measured_and_a_small_one_is_not() -> None:
    mail = read(write(replace(LETTER, files=(File("a.pdf", "application/pdf", CONTENT), File("b", "x/y", b"b")))))
    large, small = mail.attachments
    assert large.measured
    assert (large.size, large.hash, small.measured) == (len(CONTENT), replace(large, measured=None).hash, None)
    without, kept = mail.light().attachments
    assert (without.size, without.hash, kept.data) == (large.size, large.hash, b"b")
    with pytest.raises(LookupError):
        _ = without.data


def test_what_a_process_read_of_a_large_mail_comes_back_without_its_files() -> None:
    data = write(replace(LETTER, files=(File("a.pdf", "application/pdf", CONTENT),)))
    arrival = Arrival("a", datetime.now(UTC), Peer("127.0.0.1"), "ann@b.example", (), data)
    found = understand_file(arrival)
    assert found.outline
    assert len(pickle.dumps(found)) < 20_000
    [file] = found.mail.files
    assert (file.content, file.size) == (None, len(CONTENT))


def test_a_mail_in_pieces_is_the_mail_that_would_be_written(tmp_path_factory: pytest.TempPathFactory) -> None:
    place = tmp_path_factory.mktemp("raw") / "raw"
    text = lines(CONTENT)
    place.write_bytes(b"head\r\n" + text)
    passed = Passed(Slice(InFile(str(place)), 6, 6 + len(text)), len(CONTENT))
    files = (File("a.pdf", "application/pdf", CONTENT), File("b.txt", "text/plain", b".\r\nb"))
    as_it_came = (replace(files[0], data=CONTENT[:1000], passed=passed), files[1])
    content = write_pieces(replace(LETTER, files=as_it_came))
    assert isinstance(content, Pieces)
    whole = write(replace(LETTER, files=files))
    assert content.bytes() == whole
    assert len(content) == len(whole)

    pem, record = new_key()
    signer, at = Signer((read_key(pem, "s"),)), datetime.now(UTC)
    fields = signer.fields(content, "reply.example", at)
    assert fields + whole == signer.sign(whole, "reply.example", at) == content.after(fields).bytes()
    assert dkim.verify(fields + whole, dnsfunc=lambda name, timeout=5: record.encode())

    letter = check(Envelope("", "ann@b.example"), content)
    assert (len(letter.content), letter.needs_8bitmime) == (len(whole), False)


TEXTS = st.lists(st.binary(max_size=9).filter(lambda line: not set(line) & set(b"\r\n")))


@given(TEXTS, st.integers(1, 20))
def test_a_mail_is_cut_at_its_line_ends(texts: list[bytes], size: int) -> None:
    mail = b"".join(text + b"\r\n" for text in texts)
    content = cut(mail, size)
    assert (content if isinstance(content, bytes) else content.bytes()) == mail
    if isinstance(content, Pieces):
        assert all(piece.endswith(b"\r\n") and len(piece) <= size + 12 for piece in octets(content))
    else:
        assert len(mail) <= size + 12


@given(TEXTS, TEXTS, st.integers(1, 20))
def test_a_mail_in_pieces_is_cut_beside_its_slices(before: list[bytes], after: list[bytes], size: int) -> None:
    texts = [b"".join(text + b"\r\n" for text in some) for some in (before, after)]
    passed = Slice(InFile("/dev/null"), 0, 4)
    content = cut(Pieces((texts[0], passed, b"\r\n" + texts[1])), size)
    assert isinstance(content, Pieces)
    assert b"".join(octets(content)) == texts[0] + b"\r\n" + texts[1]
    assert [piece for piece in content.all if isinstance(piece, Slice)] == [passed]
    assert all(len(piece) <= size + 12 and (piece.endswith(b"\r\n") or not piece) for piece in octets(content))


def test_a_file_that_is_shorter_than_it_was_is_an_error(tmp_path_factory: pytest.TempPathFactory) -> None:
    place = tmp_path_factory.mktemp("raw") / "raw"
    place.write_bytes(b"short")
    with pytest.raises(OSError, match="ends before"):
        list(Slice(InFile(str(place)), 0, 6).blocks())


@given(st.lists(st.sampled_from([b"a", b"\xc3\xa9", b".", b" ", b""]), max_size=8), st.integers(1, 9))
def test_lines_in_a_file_are_what_they_are_in_memory(words: list[bytes], part: int) -> None:
    head, text = b"From: a@b.example\r\n\r\n", b"".join(word + b"\r\n" for word in (b"x", *words))
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        path = Path(folder) / "draft"
        path.write_bytes(b"--" + text)
        patch.setattr(pieces, "_PART", part)
        lines = lines_of(InFile(str(path)), 2, 2 + len(text))
        blocks, content = list(lines.blocks()), Pieces((head, lines))
        assert b"".join(blocks) == text
        assert all(block.endswith(b"\r\n") for block in blocks)
        assert lines.seven_bit == text.isascii()
        assert content.bytes() == head + text
        at = datetime(2026, 11, 26, tzinfo=UTC)
        signer = Signer((read_key(new_key("ed25519")[0], "s"),))
        assert signer.fields(content, "b.example", at) == signer.fields(head + text, "b.example", at)
        assert check(Envelope("", "a@b.example"), content).needs_8bitmime == (not text.isascii())


@pytest.mark.parametrize("text", [b"a\nb\r\n", b"a\rb\r\n", b"a\0\r\n", b"a\r\nb", b""])
def test_lines_that_no_mail_may_have_are_not_taken(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "draft").write_bytes(text)
    with pytest.raises(ValueError, match="line"):
        lines_of(InFile(str(tmp_path / "draft")), 0, len(text))

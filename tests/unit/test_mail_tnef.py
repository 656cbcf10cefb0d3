"""winmail.dat: the words of a mail that Outlook has packed whole."""

import base64
import struct
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parley.relay.mail import read
from parley.relay.mail.rtf import decompress, rtf_to_text
from parley.relay.mail.tnef import PackedFile, files_of, text_of

BODY, HTML, RTF, CPID = 0x1000, 0x1013, 0x1009, 0x3FDE


def attribute(name: int, content: bytes, level: int = 1) -> bytes:
    return struct.pack("<BII", level, name, len(content)) + content + b"\0\0"


def variable(kind: int, number: int, content: bytes) -> bytes:
    size = len(content)
    return struct.pack("<HHII", kind, number, 1, size) + content.ljust((size + 3) // 4 * 4, b"\0")


def properties(*all_: bytes) -> bytes:
    return attribute(0x00069003, struct.pack("<I", len(all_)) + b"".join(all_))


def packed(*attributes: bytes) -> bytes:
    return struct.pack("<IH", 0x223E9F78, 1) + b"".join(attributes)


def literally(rtf: bytes) -> bytes:
    """PidTagRtfCompressed without one repetition, and its mark of the end."""
    out, write = b"", 207
    for place in range(0, len(rtf), 8):
        piece = rtf[place : place + 8]
        write += len(piece)
        out += (b"\0" + piece) if len(piece) == 8 else bytes([1 << len(piece)]) + piece
    if len(rtf) % 8 == 0:
        out += b"\x01"
    write %= 4096
    out += struct.pack(">H", write << 4)
    return struct.pack("<IIII", len(out) + 12, len(rtf), 0x75465A4C, 0) + out


WIDE = "abc".encode("utf-16-le")
NAMED = (
    struct.pack("<HH", 0x1F, 0x8001) + bytes(16) + struct.pack("<II", 1, len(WIDE)) + WIDE + b"\0\0"
    + struct.pack("<II", 1, len(WIDE)) + WIDE + b"\0\0"
)  # fmt: skip
LONG = struct.pack("<HHI", 0x03, CPID, 65001)

PACKED = {
    "text as Unicode": packed(properties(LONG, NAMED, variable(0x1F, BODY, "Größe: 12\0".encode("utf-16-le")))),
    "text in the code page": packed(
        attribute(0x00069007, struct.pack("<II", 1252, 0)),
        properties(variable(0x1E, BODY, "Größe: 12".encode("cp1252"))),
    ),
    "text of old programs": packed(attribute(0x0002800C, "Größe: 12\0".encode("cp1252"))),
    "HTML": packed(properties(LONG, variable(0x102, HTML, "<p>Größe: <b>12</b></p>".encode()))),
    "rich text": packed(
        properties(variable(0x102, RTF, literally(rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}}Gr\'f6\u223?e: 12\par}")))
    ),
    "an attachment's own properties": packed(
        attribute(0x00069005, b"\x00", level=2), properties(variable(0x1F, BODY, "Größe: 12".encode("utf-16-le")))
    ),
}


@pytest.mark.parametrize("name", PACKED)
def test_the_words_are_read(name: str) -> None:
    assert text_of(PACKED[name]) == "Größe: 12"


def mail(type_: str, *texts: str) -> bytes:
    parts = "".join(f"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n" for text in texts)
    data = base64.encodebytes(PACKED["rich text"]).decode()
    return (
        f'Content-Type: multipart/mixed; boundary="b"\r\n\r\n{parts}--b\r\nContent-Type: {type_}; name=winmail.dat\r\n'
        f"Content-Transfer-Encoding: base64\r\n\r\n{data}\r\n--b--\r\n"
    ).encode()


def test_only_where_the_mail_has_no_other_text() -> None:
    alone = read(mail("application/ms-tnef"))
    assert alone.text == "Größe: 12"
    assert [file.name for file in alone.attachments] == ["winmail.dat"]
    assert read(mail("application/ms-tnef", "Hello")).text == "Hello"
    assert read(mail("application/octet-stream")).text == "Größe: 12"
    assert read(mail("application/octet-stream").replace(b"winmail.dat", b"quote.doc")).text == ""


def new_file(*attributes: bytes) -> bytes:
    return attribute(0x00069002, bytes(14), level=2) + b"".join(attributes)


def file_properties(*all_: bytes) -> bytes:
    return attribute(0x00069005, struct.pack("<I", len(all_)) + b"".join(all_), level=2)


PDF = b"%PDF-1.7 twelve pumps"
LONG_NAME = variable(0x1F, 0x3707, "Angebot für Müller.pdf\0".encode("utf-16-le"))
FILES = {
    "of today": (
        new_file(attribute(0x0006800F, PDF, level=2), file_properties(LONG_NAME)),
        [PackedFile("Angebot für Müller.pdf", "application/pdf", PDF)],
    ),
    "of old programs, without properties": (
        new_file(attribute(0x00018010, b"ANGEBOT.PDF\0", level=2), attribute(0x0006800F, PDF, level=2)),
        [PackedFile("ANGEBOT.PDF", "application/pdf", PDF)],
    ),
    "as a property, with its type": (
        new_file(file_properties(variable(0x102, 0x3701, PDF), variable(0x1E, 0x370E, b"image/x-a\0"))),
        [PackedFile("", "image/x-a", PDF)],
    ),
    "two": (
        new_file(attribute(0x0006800F, b"1", level=2)) + new_file(attribute(0x0006800F, b"2", level=2)),
        [PackedFile("", "application/octet-stream", b"1"), PackedFile("", "application/octet-stream", b"2")],
    ),
    "a type that is none": (
        new_file(
            attribute(0x0006800F, PDF, level=2), file_properties(variable(0x1E, 0x370E, b"a\r\nB: c"))
        ),
        [PackedFile("", "application/octet-stream", PDF)],
    ),
    "a mail inside stays packed": (new_file(file_properties(variable(0x0D, 0x3701, bytes(16) + PDF))), []),
    "empty": (new_file(attribute(0x0006800F, b"", level=2)), []),
    "data before any file": (attribute(0x0006800F, PDF, level=2), []),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_the_files_are_read(name: str) -> None:
    attributes, expected = FILES[name]
    assert list(files_of(packed(properties(LONG), attributes))) == expected
    assert files_of(b"no such file" + attributes) == ()


def test_a_mail_tells_what_its_winmail_dat_holds() -> None:
    data = base64.encodebytes(packed(properties(LONG), FILES["of today"][0]))
    mail = read(b"Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\n" + data)
    assert [one.name for one in mail.attachments] == ["winmail.dat"]
    assert [(one.name, one.type, one.data) for one in mail.files] == [
        ("Angebot für Müller.pdf", "application/pdf", PDF)
    ]
    nothing = read(b"Content-Type: application/ms-tnef; name=winmail.dat\n\nx")
    assert nothing.files == nothing.attachments


def test_repetitions_and_words_known_beforehand() -> None:
    # The example of [MS-OXRTFCP] section 4.1: a run from the dictionary, then repetitions.
    data = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    )
    assert decompress(data) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert rtf_to_text(decompress(data)) == "hello world"


def test_rich_text_that_wraps_html() -> None:
    rtf = (
        rb"{\rtf1\ansi\ansicpg1251\fromhtml1 {\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 \'c4\'e0, 20 \{x\}"
        rb"{\*\htmltag84 <br>}\htmlrtf \line\htmlrtf0 \line ok\htmlrtf \par}\htmlrtf0{\*\htmltag72 </p>}}"
    )
    assert rtf_to_text(rtf) == "Да, 20 {x}\nok"


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(PACKED)), st.data())
def test_any_damage(name: str, data: st.DataObject) -> None:
    whole = bytearray(PACKED[name] + FILES["of today"][0])
    for _ in range(data.draw(st.integers(0, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    some = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    text_of(some).encode()
    files_of(some)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_rich_text(data: bytes) -> None:
    rtf_to_text(data).encode()
    rtf_to_text(decompress(struct.pack("<IIII", 0, 4096, 0x75465A4C, 0) + data)).encode()


@pytest.mark.parametrize("piece", [rb"\'e9", rb"\u233?", b"{", b"\\par ", b"a", b"\\"])
def test_the_time_grows_in_step_with_the_size(piece: bytes) -> None:
    def took(count: int) -> float:
        started = time.process_time()
        rtf_to_text(piece * count)
        return time.process_time() - started

    count = 100_000 // len(piece)
    assert min(took(4 * count) for _ in range(3)) <= 8 * min(took(count) for _ in range(3)) + 0.05

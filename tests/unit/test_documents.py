"""Who made it is taken out of a document; what it shows stays."""

import io
import zipfile
import zlib

import pikepdf
import pytest
from parley.relay.compose.documents import clean
from parley.relay.compose.masking import Names, mask_file
from parley.relay.mail.unpacked import holds
from parley.relay.mail.write import File

NAME = "Anna Weber anna@werk.example"


def pdf() -> bytes:
    with pikepdf.new() as made:
        made.add_blank_page()
        made.docinfo["/Author"] = NAME
        with made.open_metadata() as meta:
            meta["dc:creator"] = [NAME]
        out = io.BytesIO()
        made.save(out)
    return out.getvalue()


def office() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("docProps/core.xml", f"<cp:coreProperties><dc:creator>{NAME}</dc:creator></cp:coreProperties>")
        made.writestr("docProps/app.xml", f"<Properties><Company>{NAME}</Company><Pages>1</Pages></Properties>")
        made.writestr("word/document.xml", f'<w:p>the words<w:ins w:author="{NAME}"/></w:p>')
    return out.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def png() -> bytes:
    head = chunk(b"IHDR", b"\0\0\0\1\0\0\0\1\x08\0\0\0\0")
    text = chunk(b"tEXt", b"Author\0" + NAME.encode())
    return b"\x89PNG\r\n\x1a\n" + head + text + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(data) + 2).to_bytes(2, "big") + data


def jpeg(orientation: int = 6) -> bytes:
    entries = b"\x00\x02" + b"\x01\x12\x00\x03\x00\x00\x00\x01" + orientation.to_bytes(2, "big") + b"\0\0"
    entries += b"\x01\x3b\x00\x02\x00\x00\x00\x1d\x00\x00\x00\x26" + b"\0\0\0\0" + NAME.encode() + b"\0"
    exif = segment(0xE1, b"Exif\0\0MM\x00\x2a\x00\x00\x00\x08" + entries)
    xmp = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + NAME.encode())
    rest = segment(0xFE, NAME.encode()) + segment(0xDB, b"table") + b"\xff\xda\0\4xx picture \xff\xd9"
    return b"\xff\xd8" + segment(0xE0, b"JFIF\0") + exif + xmp + rest


@pytest.mark.parametrize("made", [pdf(), office(), png(), jpeg()], ids=["pdf", "office", "png", "jpeg"])
def test_the_maker_is_gone_and_the_rest_is_there(made: bytes) -> None:
    assert holds(made, [NAME])
    done = clean(made)
    assert not done.failed
    assert not holds(done.data, [NAME, "Anna Weber"])
    assert clean(made) == done  # the same bytes at each attempt
    assert clean(done.data).data == done.data


def test_what_it_shows_stays() -> None:
    with zipfile.ZipFile(io.BytesIO(clean(office()).data)) as done:
        assert b"the words" in done.read("word/document.xml")
        assert b"<Pages>1</Pages>" in done.read("docProps/app.xml")
    with pikepdf.open(io.BytesIO(clean(pdf()).data)) as done:
        assert len(done.pages) == 1
    assert clean(jpeg()).data.endswith(segment(0xDB, b"table") + b"\xff\xda\0\4xx picture \xff\xd9")
    assert b"\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06" in clean(jpeg()).data  # how it is turned


@pytest.mark.parametrize(
    ("data", "failed"),
    [
        (b"", False),
        (b"text", False),
        (b"%PDF-1.7 broken", True),
        (b"%PDF-1.7 /ByteRange [0 1 2 3] signed", True),
        (b"PK\x03\x04 broken", True),
        (b"\xff\xd8\xff", False),
        (b"\x89PNG\r\n\x1a\nbroken", False),
    ],
)
def test_what_cannot_be_cleaned_is_left(data: bytes, failed: bool) -> None:
    assert clean(data).failed == failed
    assert clean(data).data == data


def test_documents_are_untouched_unless_it_is_asked_for() -> None:
    file = File("offer.pdf", "application/pdf", pdf())
    kept, _ = mask_file(file, Names(()))
    assert kept == file
    cleaned, note = mask_file(file, Names((), documents=True))
    assert cleaned is not None
    assert cleaned.data != file.data
    assert note.done == "cleaned"

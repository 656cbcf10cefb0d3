"""Takes who made it out of a document (`masking.documents`): PDF, Office, JPEG and PNG. What it shows stays as it is.

The same document always gives the same bytes. One that cannot be cleaned (damaged, encrypted, signed, too large when
unpacked) is left alone, and `clean` says so. Needs the extra `documents` for PDF.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

_MOST_UNPACKED = 200_000_000  # bytes of an Office file's members together
_MOST_MEMBERS = 5000
# Elements of docProps/*.xml and attributes of comments and changes that name people (ECMA-376 parts 1 and 2).
_PERSONAL = re.compile(
    rb"(<(?:dc:creator|cp:lastModifiedBy|Manager|Company|dc:publisher|meta:initial-creator)(?:\s[^<>]*)?>)[^<]*(</)"
)
_AUTHOR = re.compile(rb'(\b(?:w:author|w:initials|w15:userId|userId|displayName|initials)=")[^"]*(")')
_PROPERTIES = re.compile(r"(?:docProps/.*|meta)\.xml")
_WITH_AUTHORS = re.compile(
    r"(?:word|xl|ppt)/(?:.*/)?(?:document|comments|people|persons|commentAuthors|authors)\w*\.xml"
)
_DROPPED_SEGMENTS = (0xE1, 0xED, 0xFE)  # APP1: EXIF and XMP, APP13: IPTC, COM
_DROPPED_CHUNKS = (b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME")
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The document, and whether it is one of a kind that should have been cleaned and could not be."""

    data: bytes
    failed: bool = False


def clean(data: bytes) -> Cleaned:
    """Return a document without the names in its metadata; other files as they are."""
    if data.startswith(b"%PDF"):
        return _pdf(data)
    if data.startswith(b"PK\x03\x04"):
        return _office(data)
    if data.startswith(b"\xff\xd8\xff"):
        return _jpeg(data)
    return _png(data) if data.startswith(_PNG) else Cleaned(data)


def _pdf(data: bytes) -> Cleaned:
    import pikepdf

    if b"/ByteRange" in data:  # signed: a change would break the signature
        return Cleaned(data, failed=True)
    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            if pdf.is_encrypted:
                return Cleaned(data, failed=True)
            for holder, name in ((pdf.trailer, "/Info"), (pdf.Root, "/Metadata"), (pdf.Root, "/PieceInfo")):
                if name in holder:
                    del holder[name]
            out = io.BytesIO()
            pdf.save(out, deterministic_id=True)
    except (pikepdf.PdfError, pikepdf.PasswordError, ValueError, RuntimeError):
        return Cleaned(data, failed=True)
    return Cleaned(out.getvalue())


def _office(data: bytes) -> Cleaned:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as source:
            members = source.infolist()
            names = {member.filename for member in members}
            if not names & {"docProps/core.xml", "docProps/app.xml", "meta.xml"}:
                return Cleaned(data)  # some other archive
            if len(members) > _MOST_MEMBERS or sum(member.file_size for member in members) > _MOST_UNPACKED:
                return Cleaned(data, failed=True)
            if any(name.startswith(("_xmlsignatures/", "META-INF/documentsignatures")) for name in names):
                return Cleaned(data, failed=True)
            return Cleaned(_packed(source, members))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError, zlib.error):
        return Cleaned(data, failed=True)


def _packed(source: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for member in members:
            content = source.read(member)
            if _PROPERTIES.fullmatch(member.filename):
                content = _PERSONAL.sub(rb"\1\2", content)
            elif _WITH_AUTHORS.fullmatch(member.filename):
                content = _AUTHOR.sub(rb"\1\2", content)
            target.writestr(member, content, compress_type=member.compress_type)
    return out.getvalue()


def _jpeg(data: bytes) -> Cleaned:
    """Drop the segments before the picture that hold text; how the camera was held stays (EXIF 2.3, 4.6.4)."""
    pieces, place = [b"\xff\xd8"], 2
    while data[place : place + 1] == b"\xff" and place + 4 <= len(data):
        marker, size = data[place + 1], int.from_bytes(data[place + 2 : place + 4], "big")
        if marker == 0xDA or size < 2:
            break
        segment = data[place : place + 2 + size]
        if marker not in _DROPPED_SEGMENTS:
            pieces.append(segment)
        elif segment[4:10] == b"Exif\0\0" and (turned := _orientation(segment[10:])):
            pieces.append(_exif(turned))
        place += 2 + size
    return Cleaned(b"".join([*pieces, data[place:]]))


def _orientation(tiff: bytes) -> int:
    """The value of the tag Orientation, 0 where there is none."""
    order = "little" if tiff[:2] == b"II" else "big"
    start = int.from_bytes(tiff[4:8], order)
    for number in range(min(int.from_bytes(tiff[start : start + 2], order), 100)):
        entry = tiff[start + 2 + 12 * number :][:12]
        if int.from_bytes(entry[:2], order) == 0x0112:
            return int.from_bytes(entry[8:10], order) if 1 <= int.from_bytes(entry[8:10], order) <= 8 else 0
    return 0


def _exif(orientation: int) -> bytes:
    """An EXIF segment that says how the picture is turned and nothing else."""
    entry = b"\x01\x12\x00\x03\x00\x00\x00\x01" + orientation.to_bytes(2, "big") + b"\0\0"
    body = b"Exif\0\0MM\x00\x2a\x00\x00\x00\x08\x00\x01" + entry + b"\0\0\0\0"
    return b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body


def _png(data: bytes) -> Cleaned:
    kept = (chunk for chunk in _chunks(data) if chunk[4:8] not in _DROPPED_CHUNKS)
    return Cleaned(_PNG + b"".join(kept))


def _chunks(data: bytes) -> Iterator[bytes]:
    place = len(_PNG)
    while place < len(data):
        size = 12 + int.from_bytes(data[place : place + 4], "big")
        yield data[place : place + size]
        place += size

"""What a person said, taken out of what is recorded: his new files, and no personal link of anybody."""

import binascii
import re
from dataclasses import replace
from datetime import timedelta, timezone

from ..store.blobs import Kept
from ..store.values import AttachmentRow
from .compose.letters import Place, Said
from .compose.masking import Hidden, Names, clean_said
from .compose.parts_kinds import kind_of
from .job import Job, NothingToSend, person_of
from .mail import read, sealed_part
from .mail.model import Attachment
from .mail.pieces import Passed, Slice
from .mail.unpacked import holds
from .mail.write import File
from .personal_links import link_address

_BEGINNING = 4096  # octets of base64


def without_links(said: Said, base_url: str) -> Said:
    """Take personal links out of what was quoted between the lines: whoever has one acts for its owner."""
    link = re.compile(re.escape(link_address(base_url, "")) + r"[A-Za-z0-9_-]+")
    in_bytes = re.compile(link.pattern.encode())
    files = tuple(
        replace(file, data=in_bytes.sub(base_url.encode(), file.data)) if file.type.startswith("message/") else file
        for file in said.files
    )
    return replace(said, text=link.sub(base_url, said.text), html=link.sub(base_url, said.html), files=files)


def files_of(
    rows: tuple[AttachmentRow, ...], raw: bytes | Kept, leaves: tuple[Attachment, ...] = ()
) -> tuple[File, ...]:
    """Return the new files of a message, found in its raw mail by their hash.

    Those of a large mail that nothing looks into come without their octets, where these can go out as they came.
    `leaves`: its files, where it was read just now. Blocks where it is large. Raises OSError, BlobMissing, and
    LookupError where the octets of one of the `leaves` are wanted that was left in a large mail.
    """
    if isinstance(raw, bytes):
        here = leaves and all(leaf.content is not None for leaf in leaves)
        return _files(rows, raw, leaves if here else read(raw).files)
    return _files(rows, raw, leaves or read(raw.bytes()).files)


def _files(rows: tuple[AttachmentRow, ...], raw: bytes | Kept, leaves: tuple[Attachment, ...]) -> tuple[File, ...]:
    known = {leaf.hash: leaf for leaf in leaves}
    return tuple(_file(row, known[row.hash], raw) for row in rows if row.kind != "earlier" and row.hash in known)


def _file(row: AttachmentRow, leaf: Attachment, raw: bytes | Kept) -> File:
    file = _named(row)
    measured = leaf.measured
    if measured and measured.clean and not isinstance(raw, bytes):
        lines = Slice(raw, *measured.clean)
        known = replace(file, data=_beginning(lines), passed=Passed(lines, measured.size))
        if kind_of(known) == "other":
            return known
    return replace(file, data=leaf.data)


def _named(row: AttachmentRow) -> File:
    return File(row.name, row.type, b"", row.content_id, row.inline)


def _beginning(lines: Slice) -> bytes:
    """The first octets of a file, by which its kind is known."""
    whole, _, _ = lines.beginning(_BEGINNING).rpartition(b"\r\n")
    return binascii.a2b_base64(whole)


def hidden_of(job: Job, said: Said) -> Hidden:
    """What the other side does not see of the writer's message; `said`: what he said. Raises OSError, BlobMissing."""
    if job.message and job.message.seal and (whole := sealed_part(raw_bytes(job))):
        return Hidden(seal=whole.seal, names_writer=bool(holds(whole.body, [job.message.from_email])))
    return clean_said(said, _names(job))[1]


def said_of(job: Job) -> Said:
    """Return what the writer of the job's message said, as he said it. Raises NothingToSend, OSError, BlobMissing."""
    words = _words_of(job)
    return replace(words, files=files_of(job.files, job.raw, job.leaves)) if job.raw else words


def told_of(job: Job) -> Said:
    """Return what the writer said, his files by their names alone: nothing is read. Raises NothingToSend."""
    return replace(_words_of(job), files=tuple(_named(row) for row in job.files if row.kind != "earlier"))


def _words_of(job: Job) -> Said:
    if job.message is None or job.author is None:
        raise NothingToSend("the message has no writer")
    message = job.message
    at = message.dated.astimezone(timezone(timedelta(minutes=message.zone)))
    return Said(person_of(job.author), message.text, message.html, at, message.subject)


def masked(job: Job, place: Place) -> Said:
    """Return what was said as its reader may see it: the masks where the mail named real addresses."""
    if job.message and job.message.seal and (whole := sealed_part(raw_bytes(job))):
        return replace(_words_of(job), text="", html="", sealed=whole)
    said, _ = clean_said(said_of(job), _names(job))
    return without_links(said, place.base_url)


def _names(job: Job) -> Names:
    """Return what hides the writer of the job's message from its reader."""
    names = job.veil.over(job.message).names if job.message else job.veil.names
    return replace(names, uids=job.uids)


def raw_bytes(job: Job) -> bytes:
    """Return all of the raw mail. Blocks where it is large. Raises OSError, BlobMissing."""
    return job.raw if isinstance(job.raw, bytes) else job.raw.bytes()

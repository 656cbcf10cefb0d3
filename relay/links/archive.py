"""The ZIP file of a conversation: its page, its mails in one mbox, and the documents that came with them."""

from datetime import datetime
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import IO
from zipfile import ZipFile, ZipInfo

from ...store.values import MessageRow
from ..mail import read
from ..mail.names import visible

_IN_MEMORY = 1_048_576  # bytes of the mbox that stay in memory while it grows
_LONGEST_NAME = 120
_NOT_IN_NAMES = str.maketrans('/\\:*?"<>|', "_________")


class Archive:
    """Writes one file, a mail at a time. `began` is the date of its members: the same contents give the same file."""

    def __init__(self, file: IO[bytes], compression: int, began: datetime) -> None:
        self._zip = ZipFile(file, "w", compression)
        self._compression = compression
        self._date = (max(began.year, 1980), began.month, began.day, began.hour, began.minute, began.second)
        self._mbox = SpooledTemporaryFile[bytes](_IN_MEMORY)
        self._documents = 0
        self._left_out: list[str] = []

    def __enter__(self) -> "Archive":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._mbox.close()
        self._zip.close()

    def page(self) -> IO[bytes]:
        """Return where the page is written; close it before anything else is added."""
        return self._zip.open(self._member("conversation.html"), "w")

    def look(self, sheets: dict[str, bytes]) -> None:
        """Add what the page looks like."""
        for name, data in sheets.items():
            self._write(f"look/{name}", data)

    def add(self, message: MessageRow, mail: bytes) -> None:
        """Add one mail and its documents."""
        self._mbox.write(mbox_entry(mail, message.at))
        for file in read(mail).attachments:
            self._documents += 1
            self._write(f"documents/{self._documents:03} {document_name(file.name)}", file.data)

    def leave_out(self, message: MessageRow) -> None:
        """Name a mail for which there is no room."""
        self._left_out.append(f"{message.at:%Y-%m-%d %H:%M} UTC  {message.size} bytes  {message.id}")

    def finish(self) -> None:
        """Add the mbox, and the list of what was left out where there is any."""
        size = self._mbox.tell()
        self._mbox.seek(0)
        with self._zip.open(self._member("conversation.mbox"), "w", force_zip64=size > 2**31) as target:
            while block := self._mbox.read(_IN_MEMORY):
                target.write(block)
        if self._left_out:
            self._write("left-out.txt", "\n".join(self._left_out).encode())

    def _member(self, name: str) -> ZipInfo:
        member = ZipInfo(name, self._date)
        member.compress_type = self._compression
        return member

    def _write(self, name: str, data: bytes) -> None:
        self._zip.writestr(self._member(name), data)


def mbox_entry(mail: bytes, at: datetime) -> bytes:
    """Return one mail as it stands in an mbox (RFC 4155), lines that begin like its separator quoted (mboxrd)."""
    lines = mail.replace(b"\r\n", b"\n").split(b"\n")
    body = b"\n".join(b">" + line if line.lstrip(b">").startswith(b"From ") else line for line in lines)
    return f"From MAILER-DAEMON {at:%a %b %d %H:%M:%S %Y}\n".encode() + body.rstrip(b"\n") + b"\n\n"


def document_name(name: str) -> str:
    """Return a file's name as it may stand in an archive that anybody unpacks anywhere."""
    plain = visible(name).translate(_NOT_IN_NAMES).strip(". ")
    stem, dot, ending = plain.rpartition(".")
    short = f"{stem[: _LONGEST_NAME - len(ending)]}.{ending}" if dot and len(ending) < 10 else plain[:_LONGEST_NAME]
    return short or "document"

"""Large blobs as files: `<folder>/<first two digits>/<hash>`, each there completely and durably or not at all."""

import fcntl
import os
import re
import secrets
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from ..relay import crash
from ..relay.mail.raw import Spool, Spooled

_OURS = re.compile(r"[0-9a-f]{2}|in")  # names of folders: of blobs, and of mails that come in
_TEMPORARY = "."  # how the name of a file that is being written begins


class Folder:
    """See Keep in blobs.py."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.spool = Spool(folder)

    def take(self, mail: Spooled) -> None:
        """Give the mail's file its name as a blob; where that is there already it is made young again."""
        path = self._path(mail.hash)
        with _shared(path) as there:
            if not _made_young(there, path, mail.size):
                _name_durably(mail.path, path, self._folder)
                mail.path, mail.kept = path, True

    def put(self, name: str, data: bytes) -> None:
        """Write the file, or make the one that is there young again, so that no sweeper takes it for an orphan."""
        path = self._path(name)
        with _shared(path) as there:
            if not _made_young(there, path, len(data)):
                write_durably(path, data, self._folder)

    def open(self, name: str, start: int, end: int) -> BinaryIO:  # noqa: ARG002 (a file of all of it)
        """Open the file, which has all of it. Raises FileNotFoundError, OSError."""
        return self._path(name).open("rb", buffering=0)

    def path(self, name: str) -> Path:
        """Return where the file is, or would be."""
        return self._path(name)

    def get(self, name: str) -> bytes:
        """Return the file's bytes. Raises FileNotFoundError, OSError."""
        return self._path(name).read_bytes()

    def old(self, before: datetime) -> Iterator[str]:
        """Yield the names of the files written before that time; temporary ones, left by a crash, among them."""
        for folder in self._folders():
            with os.scandir(folder) as entries:
                for entry in entries:
                    with suppress(FileNotFoundError):
                        if _written(entry.stat().st_mtime) < before:
                            yield entry.name

    def remove_old(self, name: str, before: datetime) -> bool:
        """Remove a file that is old and that nobody holds: `put` holds the one it makes young, or writes anew."""
        path = self._path(name.lstrip(_TEMPORARY)).with_name(name)
        try:
            with path.open("rb+", buffering=0) as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                found = os.fstat(file.fileno())
                if not found.st_nlink or _written(found.st_mtime) >= before:
                    return False
                path.unlink()
        except (FileNotFoundError, BlockingIOError):
            return False  # another process sweeps it, or a mail needs it
        return True

    def _folders(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        with os.scandir(self._folder) as entries:  # beside them may be what is none of ours, as a disk's lost+found
            return [Path(entry.path) for entry in entries if _OURS.fullmatch(entry.name) and entry.is_dir()]

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name


@contextmanager
def _shared(path: Path) -> Generator[BinaryIO | None]:
    """Hold a file, which no sweeper removes meanwhile; None where it is not there. Raises OSError."""
    try:
        file = path.open("rb", buffering=0)
    except FileNotFoundError:
        yield None
        return
    with file:
        fcntl.flock(file, fcntl.LOCK_SH)  # a sweeper lets it go within a moment
        yield file


def _made_young(file: BinaryIO | None, path: Path, size: int) -> bool:
    """Make a blob young again; False where it is not there, or was cut by a broken disk or a restored backup."""
    if file is None:
        return False
    found = os.fstat(file.fileno())
    if not found.st_nlink or found.st_size != size:  # it was removed, or written anew, before we held it
        return False
    os.utime(file.fileno())
    _sync_folder(path.parent)  # whoever wrote it may not have come to that yet
    return True


def is_temporary(name: str) -> bool:
    """True for the name of a file that is not a blob yet, or not any more."""
    return name.startswith(_TEMPORARY)


def write_durably(path: Path, data: bytes, top: Path) -> None:
    """Write a whole file so that after a crash it is there completely or not at all; folders up to `top` are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{_TEMPORARY}{path.name}.{secrets.token_hex(4)}")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _name(temporary, path, top)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def _name_durably(written: Path, path: Path, top: Path) -> None:
    """Move a file that is written to its place, so that after a crash it is there completely or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(written, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    _name(written, path, top)


def _name(written: Path, path: Path, top: Path) -> None:
    crash.here("blob-written")
    written.rename(path)
    for folder in (path.parent, top, top.parent):  # the file's name, its folder's name, the top's own name
        _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _written(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)

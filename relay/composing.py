"""Composes large mail in a process: what takes too long or too much there is stopped, and the event loop never waits.

    await composers.draft(desk, delivery, job, spool)   # envelope and unsigned mail, or raises Uncomposed

The process writes the mail to a file that has no name any more once it is taken: it is gone when the mail is, and is
made again from the stored mail for another attempt. It knows no key and nobody's link but the reader's.
"""

import asyncio
import os
import shutil
import weakref
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, cast

from ..store.blobs import Keep, Kept
from ..store.values import DeliveryRow
from .desk import Desk
from .mail.envelope import Envelope
from .mail.pieces import Content, Piece, Pieces, Slice, joined, lines_of
from .mail.raw import LARGE, Spool
from .rooms import Limits, Room, Stopped, unpacked

if TYPE_CHECKING:
    from .job import Job

_AT_ONCE = 1  # processes: a mail of 25 MB of text takes some hundred megabytes there
_SECONDS = 60.0  # nobody waits for it but its reader
_HEADER = 262_144  # octets that one of ours never has

Layout = tuple[tuple[str, int, int], ...]  # "text" of the file that was written, or "raw": of the stored mail; from, to


class Uncomposed(Exception):
    """The mail could not be made; the text says why, for ops."""


class Unsendable(Exception):
    """There is nothing to send: the process says what is missing."""


@dataclass(frozen=True, slots=True)
class Order:
    """What the process is asked: to compose a delivery's mail and write it to `out`."""

    desk: Desk
    delivery: DeliveryRow
    job: "Job"
    out: Path


@dataclass(frozen=True, slots=True)
class Made:
    """The answer: the mail is in its file."""

    mail_from: str
    rcpt_to: str
    layout: Layout


@dataclass(frozen=True, slots=True)
class NotMade:
    """The answer: it is not, and `told` says more."""

    why: Literal["nothing", "disk", "fault"]
    told: str


_KNOWN = {(cls.__module__, cls.__qualname__): cls for cls in (Made, NotMade)}


@dataclass(frozen=True, slots=True)
class OneFile:
    """A keep of the one blob that a mail is made from, in the process that composes it."""

    at: Path

    def open(self, _name: str, _start: int, _end: int) -> BinaryIO:
        """Open it. Raises OSError."""
        return self.at.open("rb", buffering=0)

    def get(self, _name: str) -> bytes:
        """Return its octets. Raises OSError."""
        return self.at.read_bytes()


class Draft:
    """The file of a mail that was composed; nobody else can open it."""

    def __init__(self, path: Path) -> None:
        """Take the file's name away. Raises OSError."""
        self._handle = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._handle)
        path.unlink()

    def open(self, start: int, end: int) -> BinaryIO:  # noqa: ARG002 (all of it is here)
        """Return a file of its octets, to be closed."""
        return os.fdopen(os.dup(self._handle), "rb", buffering=0)


class Composers:
    """The process that composes. `close` ends it."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits(seconds=_SECONDS)
        self.room = Room("parley.relay.composing_child", _AT_ONCE)

    async def draft(self, desk: Desk, delivery: DeliveryRow, job: "Job", spool: Spool) -> tuple[Envelope, Content]:
        """Compose a mail, unsigned. Raises Uncomposed, Unsendable, BlobMissing, OSError."""
        lent, out = spool.name(), spool.name()
        try:
            async with self.room.places:
                known = await asyncio.to_thread(_lent, job, lent)
                answer = await self.room.ask(Order(desk, delivery, known, out), self.limits)
            return await asyncio.to_thread(_taken, answer, out, job.raw)
        except Stopped as stopped:
            raise Uncomposed(str(stopped)) from stopped
        finally:
            await asyncio.shield(asyncio.to_thread(_remove, lent, out))

    async def close(self) -> None:
        """End the process."""
        await self.room.close()


def _lent(job: "Job", copy: Path) -> "Job":
    """Return the job with its raw mail where the process can read it; of one that is elsewhere it gets a `copy`.

    Raises BlobMissing, OSError.
    """
    copy.parent.mkdir(parents=True, exist_ok=True)
    raw = job.raw
    if isinstance(raw, bytes):
        return job
    path = raw.path()
    with raw.open(0, raw.size) as source:  # also to see that it is there
        if path is None:
            path = copy
            with copy.open("xb") as file:
                source.seek(0)
                shutil.copyfileobj(source, file, LARGE)
    return replace(job, raw=Kept(raw.hash, raw.size, cast(Keep, OneFile(path))))


def _taken(answer: bytes, out: Path, raw: bytes | Kept) -> tuple[Envelope, Content]:
    """Return what was composed. Raises Uncomposed, Unsendable, OSError, Stopped."""
    match unpacked(answer, _KNOWN):
        case Made(mail_from, rcpt_to, layout):
            return Envelope(mail_from, rcpt_to), _content(Draft(out), layout, raw)
        case NotMade("nothing", missing):
            raise Unsendable(missing)
        case NotMade("disk", told):
            raise OSError(told)
        case NotMade(_, cause):
            raise Uncomposed(cause)
        case _:
            raise Uncomposed("the process answered with something else")


def _content(draft: Draft, layout: Layout, raw: bytes | Kept) -> Content:
    """Put the pieces together: the header in memory, as all that is small; the rest where it is. Raises Uncomposed."""
    pieces: list[Piece] = []
    try:
        for kind, start, end in layout:
            if kind == "raw" and isinstance(raw, Kept):
                pieces.append(Slice(raw, start, end))
            else:
                pieces += _text(draft, start, end, header=not pieces)
    except ValueError as error:
        raise Uncomposed(str(error)) from error
    return Pieces(joined(pieces))


def _text(draft: Draft, start: int, end: int, *, header: bool) -> list[Piece]:
    """Return lines of the draft, the header apart. Raises ValueError, OSError."""
    piece = Slice(draft, start, end)
    if len(piece) <= LARGE:
        return [piece.beginning(LARGE)]
    first = piece.beginning(_HEADER) if header else b""
    over = first.find(b"\r\n\r\n") + 4 if header else 0
    if header and over < 4:
        raise ValueError("a header without an end")
    return [*([first[:over]] if header else []), lines_of(draft, start + over, end)]


def _remove(*paths: Path) -> None:
    for path in paths:
        path.unlink(missing_ok=True)

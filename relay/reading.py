"""Reads large and odd mail in processes of their own: a mail that takes too long or too much is stopped, not us.

    await readers.understand(arrival)     # Understood, or raises Unreadable after so many tries

A process is started when it is first needed and kept; one that was stopped is replaced. An ordinary mail of a few
kilobytes is read where it is: that is quicker than handing it over (docs/decisions/0005).
"""

import asyncio
import io
import os
import pickle
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from dataclasses import dataclass, field

from ..threading.blocks import Marked
from ..threading.html_reply import Structure
from ..threading.kinds import Kind
from ..threading.lines import Line
from ..threading.outline import Body, Outline
from ..threading.reply import Split
from .arrival import Arrival
from .mail.addresses import Address, FromReading
from .mail.model import Attachment, Mail, Measured
from .mail.raw import LARGE, Raw, Spooled
from .reading_child import LENGTH
from .understand import Understood

TRIES = 3
_MOST_PARTS = 60
_MOST_TAGS = 20_000
_MOST_ENCODED = 400
_AT_ONCE = 2  # processes for large mails, and as many for small odd ones: they need not wait behind those
# What glibc is told: memory of a mail is kept for the next one, for fresh pages cost a quarter of reading it.
_MEMORY_KEPT = {"MALLOC_MMAP_THRESHOLD_": "33554432", "MALLOC_TRIM_THRESHOLD_": "33554432"}  # bytes
_KNOWN = {
    (cls.__module__, cls.__qualname__): cls
    for cls in (
        *(Understood, Mail, Attachment, Measured, Kind, FromReading, Address),
        *(Split, Outline, Body, Structure, Marked, Line),
    )
}


class Unreadable(Exception):
    """The mail could not be read within its limits, however often it was tried; `cause` says what happened, for ops."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Limits:
    """What one mail may take."""

    seconds: float = 15.0
    memory: int = 536_870_912 + 1_073_741_824  # bytes of address space: 512 MB above what the program itself maps


def is_odd(data: Raw) -> bool:
    """Whether a mail is to be read apart: large, or of a shape that makes reading dear."""
    return (
        isinstance(data, Spooled)
        or len(data) > LARGE
        or data.count(b"\nContent-Type:") > _MOST_PARTS
        or data.count(b"<") > _MOST_TAGS
        or data.count(b"=?") > _MOST_ENCODED
    )


class Readers:
    """The processes that read. `close` ends them."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._large, self._small = _Lane(), _Lane()

    async def understand(self, arrival: Arrival) -> Understood:
        """Read a mail in a process. Raises Unreadable when that failed `TRIES` times."""
        causes: list[str] = []
        lane = self._large if arrival.size > LARGE else self._small
        async with lane.places:
            for _ in range(TRIES):
                try:
                    return await self._try(arrival, lane)
                except _Stopped as stopped:
                    causes.append(str(stopped))
        raise Unreadable("; ".join(causes))

    async def close(self) -> None:
        """End all processes."""
        for lane in (self._large, self._small):
            while lane.idle:
                await _end(lane.idle.pop())

    async def _try(self, arrival: Arrival, lane: "_Lane") -> Understood:
        process = lane.idle.pop() if lane.idle else await self._start()
        try:
            # The time is shared by the tries, so that the sender's server hears an answer before it gives up.
            async with asyncio.timeout(self.limits.seconds):
                answer = await _ask(process, arrival)
        except TimeoutError as error:
            await _end(process)
            raise _Stopped(f"not read after {self.limits.seconds:g} s") from error
        except (OSError, asyncio.IncompleteReadError) as error:
            raise _Stopped(f"the reading process ended with {await _end(process)}") from error
        except BaseException:
            await _end(process)
            raise
        lane.idle.append(process)
        return answer

    async def _start(self) -> Process:
        command = (sys.executable, "-m", "parley.relay.reading_child", str(self.limits.memory))
        env = _MEMORY_KEPT | os.environ
        return await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, limit=2**16, env=env
        )


@dataclass(slots=True)
class _Lane:
    """Processes for one sort of mail."""

    idle: list[Process] = field(default_factory=list[Process])
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))


class _Stopped(Exception):
    """One try failed."""


async def _ask(process: Process, arrival: Arrival) -> Understood:
    source, drain = process.stdout, process.stdin
    if source is None or drain is None:
        raise OSError("the reading process has no pipes")
    job = await asyncio.to_thread(pickle.dumps, arrival, pickle.HIGHEST_PROTOCOL)
    drain.write(len(job).to_bytes(LENGTH, "big"))
    drain.write(job)
    await drain.drain()
    size = int.from_bytes(await source.readexactly(LENGTH), "big")
    return await asyncio.to_thread(_unpack, await source.readexactly(size))


def _unpack(answer: bytes) -> Understood:
    found = _OurValues(io.BytesIO(answer)).load()
    if not isinstance(found, Understood):
        raise OSError("the reading process answered with something else")
    return found


class _OurValues(pickle.Unpickler):
    """Makes our frozen values and nothing else, whatever a process that read hostile mail may send."""

    def find_class(self, module: str, name: str) -> type:
        """Return one of our classes. Raises OSError for any other name."""
        found = _KNOWN.get((module, name))
        if found is None:
            raise OSError(f"the reading process sent a {module}.{name}")
        return found


async def _end(process: Process) -> int:
    """Stop a process for good; returns its exit status."""
    if process.returncode is None:
        process.kill()
    return await process.wait()

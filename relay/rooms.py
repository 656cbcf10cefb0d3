"""Processes that work on hostile mail for us: what takes too long or too much there is stopped, not us.

    room = Room("parley.relay.reading_child", places=2)
    await room.ask(job, seconds=15)     # the answer's octets (pickle), or raises Stopped

A process is started when it is first needed and kept; one that was stopped is replaced.
"""

import asyncio
import io
import os
import pickle
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from dataclasses import dataclass

from .room_child import LENGTH

# What glibc is told: memory of a mail is kept for the next one, for fresh pages cost a quarter of reading it.
_MEMORY_KEPT = {"MALLOC_MMAP_THRESHOLD_": "33554432", "MALLOC_TRIM_THRESHOLD_": "33554432"}  # bytes


@dataclass(frozen=True, slots=True)
class Limits:
    """What one mail may take."""

    seconds: float = 15.0
    memory: int = 536_870_912 + 1_073_741_824  # bytes of address space: 512 MB above what the program itself maps


class Stopped(Exception):
    """A job was not done: its process took too long, or ended."""


class Room:
    """Some processes of one kind, and who waits for one of them. `close` ends them."""

    def __init__(self, module: str, places: int) -> None:
        """`module`: what the processes run; it calls `room_child.serve`."""
        self._module = module
        self._idle: list[Process] = []
        self.places = asyncio.Semaphore(places)  # to be held while something is asked

    async def ask(self, job: object, limits: Limits) -> bytes:
        """Have a process do a job within `limits`. Raises Stopped."""
        process = self._idle.pop() if self._idle else await self._start(limits)
        try:
            async with asyncio.timeout(limits.seconds):
                answer = await _ask(process, job)
        except TimeoutError as error:
            await _end(process)
            raise Stopped(f"not done after {limits.seconds:g} s") from error
        except (OSError, asyncio.IncompleteReadError) as error:
            raise Stopped(f"the process ended with {await _end(process)}") from error
        except BaseException:
            await _end(process)
            raise
        self._idle.append(process)
        return answer

    async def close(self) -> None:
        """End all processes."""
        while self._idle:
            await _end(self._idle.pop())

    async def _start(self, limits: Limits) -> Process:
        command = (sys.executable, "-m", self._module, str(limits.memory))
        env = _MEMORY_KEPT | os.environ
        return await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, limit=2**16, env=env
        )


def unpacked(answer: bytes, known: Mapping[tuple[str, str], type]) -> object:
    """Return what an answer says: plain values and `known` classes, whatever was sent. Raises Stopped."""
    try:
        return _OurValues(io.BytesIO(answer), known).load()
    except (pickle.UnpicklingError, EOFError, OSError) as error:
        raise Stopped(f"the process answered with something else: {error}") from error


class _OurValues(pickle.Unpickler):
    """Makes our frozen values and nothing else, whatever a process that read hostile mail may send."""

    def __init__(self, answer: io.BytesIO, known: Mapping[tuple[str, str], type]) -> None:
        super().__init__(answer)
        self._classes = known

    def find_class(self, module: str, name: str) -> type:
        """Return one of our classes. Raises OSError for any other name."""
        found = self._classes.get((module, name))
        if found is None:
            raise OSError(f"a {module}.{name}")
        return found


async def _ask(process: Process, job: object) -> bytes:
    source, drain = process.stdout, process.stdin
    if source is None or drain is None:
        raise OSError("the process has no pipes")
    octets = await asyncio.to_thread(pickle.dumps, job, pickle.HIGHEST_PROTOCOL)
    drain.write(len(octets).to_bytes(LENGTH, "big"))
    drain.write(octets)
    await drain.drain()
    size = int.from_bytes(await source.readexactly(LENGTH), "big")
    return await source.readexactly(size)


async def _end(process: Process) -> int:
    """Stop a process for good; returns its exit status."""
    if process.returncode is None:
        process.kill()
    return await process.wait()

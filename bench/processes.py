"""Processes of a benchmark: started, talked to by lines, measured by what the system counts for them."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import AsyncExitStack, suppress
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_LINE = 64 << 20  # octets: a driver answers with one line


class Program:
    """A running program of ours that takes and gives lines."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    async def ask(self, line: str) -> str:
        """Give it a line, return its answer. Raises SystemExit when it has ended."""
        assert self._process.stdin
        self._process.stdin.write(f"{line}\n".encode())
        return await self.line()

    async def line(self) -> str:
        """Return the next line it prints. Raises SystemExit when it has ended."""
        assert self._process.stdout
        line = await self._process.stdout.readline()
        if not line:
            raise SystemExit("a program of the benchmark has ended")
        return line.decode().rstrip("\n")

    async def stop(self) -> None:
        """Ask it to end, and wait for that."""
        with suppress(ProcessLookupError):
            self._process.terminate()
        await self._process.wait()


async def start(stack: AsyncExitStack, *arguments: str | Path) -> Program:
    """Start Python with these arguments; it is stopped when `stack` is closed."""
    words = [str(word) for word in (sys.executable, *arguments)]
    program = Program(await asyncio.create_subprocess_exec(*words, stdin=PIPE, stdout=PIPE, limit=_LINE))
    stack.push_async_callback(program.stop)
    return program


def _stats() -> dict[int, list[str]]:
    """Return the fields of each process after its name (proc(5): state, parent, group, …)."""
    found: dict[int, list[str]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            found[int(path.parent.name)] = path.read_text().rpartition(")")[2].split()
    return found


def family(pid: int) -> list[int]:
    """Return a process and all that come from it."""
    stats, found = _stats(), [pid]
    for one in found:
        found += [child for child, fields in stats.items() if int(fields[1]) == one]
    return found


def group(number: int) -> list[int]:
    """Return the processes of a process group."""
    return [pid for pid, fields in _stats().items() if int(fields[2]) == number]


def cpu(pids: list[int]) -> float:
    """Return the seconds of CPU that these processes and their ended children have used."""
    stats = _stats()
    return sum(sum(map(int, stats[pid][11:15])) for pid in pids if pid in stats) / _TICK


def resident(pid: int) -> float:
    """Return the megabytes of memory that a process has in use (its RSS)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def resident_of_all(pids: list[int]) -> float:
    """Return the megabytes of memory that these processes have in use together; those that have ended count nothing."""
    found = 0.0
    for pid in pids:
        with suppress(OSError):
            found += resident(pid)
    return found

"""Where the journal's lines go. A sink never raises: a full log disk must not stop mail.

In an event loop the lines of one turn are written together when the turn ends, by one call of the system; elsewhere
each at once. What a turn decides is on the store's disk before anybody is told, so a kill in between loses only words.
"""

import asyncio
import math
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

Sink = Callable[[str], None]
_LOOK_AGAIN = 1.0  # seconds


class _Gathering:
    """Collects the lines of one turn of an event loop. `_write` gets whole lines, each with its end."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._turn: asyncio.AbstractEventLoop | None = None  # the loop whose turn will write them

    def __call__(self, line: str) -> None:
        """Write one line, soon."""
        self._lines.append(f"{line}\n")
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.flush()
            return
        if self._turn is not loop:
            self._turn = loop
            loop.call_soon(self.flush)

    def flush(self) -> None:
        """Write what has been collected."""
        lines, self._lines, self._turn = self._lines, [], None
        if lines:
            self._write("".join(lines))

    def _write(self, text: str) -> None:
        raise NotImplementedError


class StreamSink(_Gathering):
    """Writes lines to a stream, standard error by default."""

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__()
        self._stream = stream

    def _write(self, text: str) -> None:
        try:
            print(text, end="", file=self._stream or sys.stderr, flush=True)
        except OSError:
            return  # nobody is left to be told


class FileSink(_Gathering):
    """Appends lines to a file; opens it again within a second when it was moved away (logrotate). Else to stderr.

    `clock` gives seconds: asking each time whether the file is still there would cost more than the lines.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._path = path
        self._clock = clock
        self._looked_at = -math.inf
        self._file = -1
        self._identity: tuple[int, int] = (0, 0)
        self._torn = False  # the disk was full in the middle of a line
        self._fallback = StreamSink()

    def _write(self, text: str) -> None:
        rest = ("\n" + text if self._torn else text).encode("utf-8", "replace")
        try:
            file = self._current()
            while rest:
                written = os.write(file, rest)
                self._torn = rest[written - 1 : written] != b"\n"
                rest = rest[written:]
        except OSError as error:
            for line in filter(None, rest.decode("utf-8", "replace").splitlines()):
                self._fallback(f"{line} log_error={error.strerror!r}")

    def _current(self) -> int:
        now = self._clock()
        if self._file >= 0 and now - self._looked_at < _LOOK_AGAIN:
            return self._file
        self._looked_at = now
        try:
            stat = self._path.stat()
            identity = (stat.st_dev, stat.st_ino)
        except FileNotFoundError:
            identity = (0, 0)
        if self._file < 0 or identity != self._identity:
            self._let_go()
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
            stat = os.fstat(self._file)
            self._identity = (stat.st_dev, stat.st_ino)
        return self._file

    def close(self) -> None:
        """Write what is left and close the file; the next line opens it again."""
        self.flush()
        self._let_go()

    def _let_go(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

"""Where the journal's lines go. A sink never raises: a full log disk must not stop mail."""

import math
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

Sink = Callable[[str], None]
_LOOK_AGAIN = 1.0  # seconds


def to_stream(stream: TextIO | None = None) -> Sink:
    """Return a sink that writes lines to `stream` (standard error by default)."""

    def write(line: str) -> None:
        try:
            print(line, file=stream or sys.stderr, flush=True)
        except OSError:
            return  # nobody is left to be told

    return write


class FileSink:
    """Appends lines to a file; opens it again within a second when it was moved away (logrotate). Else to stderr.

    `clock` gives seconds: asking at each line whether the file is still there would cost more than the line.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._looked_at = -math.inf
        self._file: TextIO | None = None
        self._identity: tuple[int, int] = (0, 0)
        self._fallback = to_stream()

    def __call__(self, line: str) -> None:
        """Write one line."""
        try:
            self._current().write(line + "\n")
        except OSError as error:
            self._fallback(f"{line} log_error={error.strerror!r}")

    def _current(self) -> TextIO:
        now = self._clock()
        if self._file is not None and now - self._looked_at < _LOOK_AGAIN:
            return self._file
        self._looked_at = now
        try:
            stat = self._path.stat()
            identity = (stat.st_dev, stat.st_ino)
        except FileNotFoundError:
            identity = (0, 0)
        if self._file is None or identity != self._identity:
            self.close()
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("a", encoding="utf-8", buffering=1)
            stat = self._path.stat()
            self._identity = (stat.st_dev, stat.st_ino)
        return self._file

    def close(self) -> None:
        """Close the file; the next line opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None

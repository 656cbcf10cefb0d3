"""How the `parley` command asks a running `parley serve` to change something: JSON lines on a local socket.

While a gateway runs, every change goes through it (SQLite has one writing process); when none does, the
command opens the store itself. Both ways call the same function of `commands.py`.
"""

import asyncio
import fcntl
import hashlib
import json
import os
import socket
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

Handler = Callable[[str, object], Awaitable[object]]

_LONGEST_PATH = 100  # bytes of a Unix socket's address that every system takes
_TAKE_OVER = 2.0  # seconds between two looks whether the socket is free
_LONGEST_LINE = 64 * 1024 * 1024


class NotRunning(Exception):
    """No gateway listens on the control socket."""


class ControlError(Exception):
    """The gateway could not do it; the text says why, for the person at the terminal."""


def socket_path(wanted: Path) -> Path:
    """Return where the socket really is: `wanted`, or a short path made from it where that is too long."""
    if len(os.fsencode(wanted)) <= _LONGEST_PATH:
        return wanted
    name = hashlib.sha256(os.fsencode(wanted)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"parley-{os.getuid()}-{name}.sock"


def _locked(path: Path) -> int | None:
    """Lock a file and return its descriptor, None where another process has it.

    Who stops removes the file; a lock on a file that is no longer there is nobody's, so it is looked at once more.
    """
    while True:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        if _is_there(path, lock):
            return lock
        os.close(lock)


def _let_go(path: Path, lock: int) -> None:
    """Remove a locked file, then let another process lock the next one of that name."""
    path.unlink(missing_ok=True)
    os.close(lock)


def _is_there(path: Path, lock: int) -> bool:
    """Whether the locked file is still the one under this name."""
    try:
        return os.path.samestat(path.stat(), os.fstat(lock))
    except FileNotFoundError:
        return False


class ControlDoor:
    """Listens for commands. `handler(name, argument)` returns what is sent back; ControlError is told as it is.

    Several gateways may work from the same settings (PostgreSQL): the first has the socket, the others wait for it.
    Who has it holds a lock file beside it, which the system lets go when that process dies.
    """

    def __init__(self, path: Path, handler: Handler) -> None:
        self._path = socket_path(path)
        self._handler = handler
        self._server: asyncio.Server | None = None
        self._lock = -1
        self._waiting: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen, only this user may connect; or wait for the socket while another gateway has it."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not await self._take():
            self._waiting = asyncio.create_task(self._wait())

    async def stop(self) -> None:
        """Close the socket and remove it."""
        if self._waiting is not None:
            self._waiting.cancel()
            await asyncio.gather(self._waiting, return_exceptions=True)
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)
            _let_go(Path(f"{self._path}.lock"), self._lock)

    async def _wait(self) -> None:
        """Take the socket over when the gateway that has it is gone."""
        while not await self._take():  # noqa: ASYNC110 (another process's lock wakes nobody)
            await asyncio.sleep(_TAKE_OVER)

    async def _take(self) -> bool:
        """Listen, unless another gateway does."""
        lock = _locked(Path(f"{self._path}.lock"))
        if lock is None:
            return False
        self._path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._serve, str(self._path), limit=_LONGEST_LINE)
        except BaseException:
            os.close(lock)
            raise
        finally:
            os.umask(before)
        self._lock = lock
        return True

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = await reader.readline()
            if line:
                writer.write(json.dumps(await self._answer(line)).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError):
            return  # the command went away, or sent no line
        finally:
            writer.close()

    async def _answer(self, line: bytes) -> dict[str, object]:
        request = json.loads(line)
        try:
            return {"done": await self._handler(request["command"], request["argument"])}
        except ControlError as error:
            return {"error": str(error)}


def call(path: Path, command: str, argument: object) -> object:
    """Ask the running gateway and return its answer. Raises NotRunning, ControlError."""
    try:
        if socket_path(path).stat().st_uid != os.getuid():
            raise ControlError(f"{socket_path(path)} belongs to somebody else, so nothing was said to it")
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(socket_path(path)))
            connection.sendall(json.dumps({"command": command, "argument": argument}).encode() + b"\n")
            with connection.makefile("rb") as answers:
                line = answers.readline()
    except (FileNotFoundError, ConnectionRefusedError) as error:
        raise NotRunning from error
    if not line:
        raise ControlError("the gateway went away before it answered; look at its log")
    answer = json.loads(line)
    if "error" in answer:
        raise ControlError(answer["error"])
    return answer["done"]

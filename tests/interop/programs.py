"""Running the machine's own mail programs from an async test: with a time limit, and nothing left running after it."""

import asyncio
import fcntl
import os
import select
import shutil
import signal
import subprocess
import termios
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

SECONDS = 60.0  # a net: none of the programs here needs it


def need(*programs: str, root: bool = False) -> None:
    """Skip the test, with the reason, where a program or the right to run it is missing."""
    missing = [name for name in programs if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    if root and os.geteuid() != 0:
        pytest.skip("Postfix can only be started by root")


def environment(home: Path) -> dict[str, str]:
    """The environment of a person with an empty home: no settings of this machine's user are read."""
    return {
        "HOME": str(home),
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TERM": "xterm",
        "TZ": "Europe/Berlin",
    }


async def call(command: Sequence[str], home: Path, stdin: bytes = b"", status: int = 0) -> str:
    """Run a program to its end while the event loop goes on; return what it said on both outputs."""

    def run() -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            command,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment(home),
            cwd=home,
            timeout=SECONDS,
            check=False,
        )

    done = await asyncio.to_thread(run)
    said = done.stdout.decode("utf-8", "replace")
    assert done.returncode == status, said
    return said


async def on_terminal(command: Sequence[str], home: Path) -> str:
    """As `call`, for a program that draws on a screen: it gets a terminal of its own, 80 by 24."""
    return await asyncio.to_thread(_on_terminal, command, home)


def _on_terminal(command: Sequence[str], home: Path) -> str:
    ours, theirs = os.openpty()
    try:
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, (24).to_bytes(2, "little") + (80).to_bytes(2, "little") + bytes(4))
        # As its controlling terminal: should the tests be killed, the system hangs up and the program ends.
        process = subprocess.Popen(
            ("setsid", "--ctty", *command), stdin=theirs, stdout=theirs, stderr=theirs, env=environment(home), cwd=home
        )
        try:
            drawn = _drain(ours, process, time.monotonic() + SECONDS)
        finally:
            with suppress(ProcessLookupError):  # no group yet: it was ended before it began
                os.killpg(process.pid, signal.SIGKILL)  # it is not waited for yet, so the number is still its own
            process.kill()
            process.wait()
    finally:
        os.close(ours)
        os.close(theirs)
    assert process.returncode == 0, drawn
    return drawn


def _drain(terminal: int, process: subprocess.Popen[bytes], ends: float) -> str:
    """Read the screen until the program has ended; one that nobody reads from would wait for ever."""
    drawn = b""
    while time.monotonic() < ends:
        over = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        while select.select([terminal], [], [], 0 if over else 0.05)[0]:
            drawn += os.read(terminal, 65536)
        if over:
            return drawn.decode("utf-8", "replace")
    raise TimeoutError(f"still running after {SECONDS} s: {drawn[-2000:]!r}")

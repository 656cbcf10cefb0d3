"""strace around a gateway: what it asked the system for, in order, and deaths at chosen calls."""

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
from parley.tests.times import LIMIT


@cache
def _why_not() -> str:
    if shutil.which("strace") is None:
        return "strace is not installed"
    done = subprocess.run(["strace", "-f", "true"], capture_output=True, check=False, timeout=LIMIT)
    return "" if done.returncode == 0 else "this machine does not let strace trace"


needs_strace = pytest.mark.skipif(bool(_why_not()), reason=_why_not() or "-")


def dying_at(call: str, count: int, log: Path) -> tuple[str, ...]:
    """Run a program so that it dies as a thread of it makes this system call for the `count`-th time."""
    how = f"inject={call}:signal=SIGKILL:when={count}"
    return ("strace", "-f", "-D", "-o", str(log), "-e", f"trace={call}", "-e", how)


def watched(log: Path) -> tuple[str, ...]:
    """Run a program and note each sync and each answer of it."""
    return (
        "strace",
        "-f",
        "-D",
        "--seccomp-bpf",
        "-s",
        "48",
        "-o",
        str(log),
        "-e",
        "trace=fdatasync,fsync,sendto,write,writev,sendmsg",
    )


_DONE = re.compile(r"^\d+\s+(?:<\.\.\. )?(fdatasync|fsync)\b.*= 0$")
_BEGUN = re.compile(r"^\d+\s+(?:fdatasync|fsync)\(")
_ANSWER = re.compile(r'^\d+\s+(?:sendto|write|writev|sendmsg)\(.*"250 2\.0\.0 Ok: kept as ')


def syncs_before_answers(log: Path) -> list[int]:
    """For each 250 to a mail: how many syncs were begun and had returned since the 250 before it."""
    found: list[int] = []
    begun = done = 0
    for line in log.read_text(errors="replace").splitlines():
        begun += bool(_BEGUN.match(line))
        done += bool(_DONE.match(line))
        if _ANSWER.match(line):
            found.append(min(begun, done))
            begun = done = 0
    return found

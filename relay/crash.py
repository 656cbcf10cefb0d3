"""Named places at which a test kills the gateway, as a power cut would: no handler runs, nothing is flushed.

Armed by PARLEY_CRASH_AT in the environment, and only where the settings say `[test] crash_points = true`
(`parley check` calls that an error). Not armed, a place costs one comparison (docs/faults.md).
"""

import os
import signal
from collections.abc import Mapping
from typing import Literal, get_args

VARIABLE = "PARLEY_CRASH_AT"

Point = Literal[
    "received",  # the whole mail is in memory, nothing is kept
    "before-blob",  # a large mail is to be written
    "blob-written",  # its file has its bytes but not its name
    "after-blob",  # it is durable, no row names it
    "before-commit",  # rows are written, the transaction is open
    "after-commit",  # it is on disk, nobody knows
    "before-250",  # the mail is taken, the answer is not written
    "after-250",  # the answer was handed to the system
    "after-lease",  # an attempt is on record, nothing was sent
    "before-send",  # the mail is composed
    "after-dot",  # the remote has the whole mail, its answer is not read
    "after-answer",  # the remote's answer is known, but not recorded
    "after-record",  # it is recorded, not yet in the log
    "migrating",  # the schema was changed, the transaction is open
]
POINTS: tuple[Point, ...] = get_args(Point)


class CannotArm(ValueError):
    """The environment asks for a crash that the settings do not allow, or that there is no place for."""


class _Armed:
    """Where the process dies: at the `left`-th time it comes by `point`."""

    point = ""
    left = 0


def arm(environment: Mapping[str, str], *, allowed: bool) -> None:
    """Arm the place that the environment names, as `NAME` or `NAME:COUNT`. Raises CannotArm."""
    name, _, count = environment.get(VARIABLE, "").partition(":")
    if not name:
        return
    if not allowed:
        raise CannotArm(f"{VARIABLE} is set, but [test] crash_points is not true: unset it")
    if name not in POINTS or not (count or "1").isdecimal():
        raise CannotArm(f"{VARIABLE}={name} names no crash point; there are {', '.join(POINTS)}")
    _Armed.point, _Armed.left = name, int(count or "1")


def here(point: Point) -> None:
    """Die here if a test wants it so. Safe from any thread."""
    if _Armed.point != point:
        return
    _Armed.left -= 1
    if _Armed.left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)

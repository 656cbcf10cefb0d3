"""What a process of a room does (rooms.py): it takes jobs one after another, within limits, and answers each.

On standard input come jobs, on standard output go answers; each is a length of eight octets and as many octets of
pickle. What it takes comes from its parent alone; what it gives is unpickled there by a reader that knows few classes.
"""

import os
import pickle
import resource
import sys
from collections.abc import Callable
from typing import BinaryIO, TypeVar

J = TypeVar("J")

LENGTH = 8  # octets
_NICE = 5  # large mail gives way to the gateway itself, which has small ones in hand


def serve(kind: type[J], work: Callable[[J], object]) -> None:
    """Do jobs of a kind until the input ends. The program's first argument: the most memory it may have, in bytes."""
    os.nice(_NICE)
    limit = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    source, drain = sys.stdin.buffer, sys.stdout.buffer
    while isinstance(job := _take(source), kind):
        answer = pickle.dumps(work(job), pickle.HIGHEST_PROTOCOL)
        del job
        drain.write(len(answer).to_bytes(LENGTH, "big"))
        drain.write(answer)
        drain.flush()


def _take(source: BinaryIO) -> object:
    head = source.read(LENGTH)
    if len(head) < LENGTH:
        return None
    return pickle.loads(source.read(int.from_bytes(head, "big")))  # noqa: S301 (written by our own parent)

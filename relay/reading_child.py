"""The process that reads large and odd mail: it can be killed, and has a limit on its memory.

Started by reading.py as `python -m parley.relay.reading_child`. On standard input come mails, on standard output go
what was read from them; each is a length of eight octets and as many octets of pickle. What it takes comes from its
parent alone; what it gives is unpickled there by a reader that knows no class but our frozen values.
"""

import os
import pickle
import resource
import sys
from typing import BinaryIO

from .arrival import Arrival
from .understand import understand_file

LENGTH = 8  # octets
_NICE = 5  # large mail gives way to the gateway itself, which has small ones in hand


def main() -> None:
    """Read mails until the input ends. The first argument is the most bytes of memory that the process may have."""
    os.nice(_NICE)
    limit = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    source, drain = sys.stdin.buffer, sys.stdout.buffer
    while (job := _take(source)) is not None:
        answer = pickle.dumps(understand_file(job), pickle.HIGHEST_PROTOCOL)
        drain.write(len(answer).to_bytes(LENGTH, "big"))
        drain.write(answer)
        drain.flush()


def _take(source: BinaryIO) -> Arrival | None:
    head = source.read(LENGTH)
    if len(head) < LENGTH:
        return None
    found = pickle.loads(source.read(int.from_bytes(head, "big")))  # noqa: S301 (written by our own parent)
    return found if isinstance(found, Arrival) else None


if __name__ == "__main__":
    main()

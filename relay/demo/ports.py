"""Ports on loopback: the well-known one of the documentation where it is free, else one from the system."""

import errno
import os
import socket

HOST = "127.0.0.1"
_SECONDS = 0.5


def bind(port: int) -> socket.socket:
    """Return a socket bound to `port` of loopback (0: any). Raises OSError when it is taken."""
    if port and _answers(port):
        raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # the port of a demo that has just ended
        bound.bind((HOST, port))
    except OSError:
        bound.close()
        raise
    return bound


def _answers(port: int) -> bool:
    """Whether somebody listens: with SO_REUSEADDR some systems would let us take a port from under him."""
    with socket.socket() as asking:
        asking.settimeout(_SECONDS)
        return asking.connect_ex((HOST, port)) == 0


def bind_preferred(port: int) -> socket.socket:
    """Return a socket bound to `port`, or to any free one when that is taken."""
    try:
        return bind(port)
    except OSError:
        return bind(0)


def free(*preferred: int) -> tuple[int, ...]:
    """Return a free port for each wish, all different. They are let go again: use them soon."""
    bound = [bind_preferred(port) for port in preferred]
    ports = tuple(int(one.getsockname()[1]) for one in bound)
    for one in bound:
        one.close()
    return ports

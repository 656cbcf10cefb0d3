"""Ports that stay one's own while nobody listens on them, and connections that break."""

import asyncio
import socket
import struct
import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Held:
    """A port that the system gives to nobody who asks for any, until `close`."""

    number: int
    _socket: socket.socket

    def close(self) -> None:
        self._socket.close()


def hold(host: str = "127.0.0.1") -> Held:
    """Take a free port. Who asks for it by number, with SO_REUSEADDR as servers do, may listen on it, again and again.

    Without this a client's own end may take the port of a server that is down, even one that calls that server.
    Only Linux lets two sockets be bound to a port while one of them listens; elsewhere it is let go at once.
    """
    one = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.bind((host, 0))
    held = Held(int(one.getsockname()[1]), one)
    if sys.platform != "linux":
        held.close()
    return held


def reset(writer: asyncio.StreamWriter) -> None:
    """Break a connection, as a machine does that is switched off: the other end sees RST."""
    tcp: socket.socket = writer.get_extra_info("socket")
    tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()

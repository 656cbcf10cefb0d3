"""The SMTP listener: one socket, the limits on connections, and a stop that finishes what is under way."""

import asyncio
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from typing import TypeVar, cast

from ..arrival import Peer
from ..clock import Clock, new_id
from ..journal import Journal
from ..mail.raw import Spool
from ..settings import SmtpSettings
from .admission import ENDLESS, Admission
from .connection import Connection
from .conversation import Conversation
from .gatekeeper import Context, Gatekeeper
from .limits import Seats

__all__ = ["Gatekeeper", "SmtpDoor"]

T = TypeVar("T")
BACKLOG = 512  # connections the system keeps waiting in a burst


class SmtpDoor:
    """Listens for SMTP and hands whole mails to the gatekeeper. One `start` and one `stop`."""

    def __init__(
        self,
        settings: SmtpSettings,
        gatekeeper: Gatekeeper,
        journal: Journal,
        clock: Clock,
        tls: ssl.SSLContext | None,
        room: Callable[[], int] = lambda: ENDLESS,
        *,
        spool: Spool,
        shared: bool = False,
    ) -> None:
        """`spool`: for large mails while they come in.

        `shared`: other processes listen on the same port, and the system spreads the connections.
        """
        self._shared = shared
        seats = Seats(settings.connections, settings.connections_per_ip)
        admission = Admission(settings.transit_bytes, room, time.monotonic)
        self._context = Context(settings, gatekeeper, journal, clock, tls, seats, admission, spool)
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> tuple[str, int]:
        """Listen; return the address and port. Port 0 lets the system choose. Raises OSError."""
        host, _, port = self._context.settings.listen.rpartition(":")
        listener = await _listen(host.strip("[]"), int(port), shared=self._shared)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Doorstep(self), sock=listener, backlog=BACKLOG)
        address, bound = cast(tuple[str, int], listener.getsockname()[:2])
        return address, bound

    async def stop(self, grace: float) -> None:
        """Take no more connections, let mails under way be finished for up to `grace` seconds, then close all."""
        if self._server is None:
            return
        self._server.close()
        ends = asyncio.get_running_loop().time() + grace
        for connection in tuple(self._connections):
            connection.stop()
        await _wait([connection.finished for connection in self._connections], ends)
        for connection in tuple(self._connections):
            connection.abort()
        await _wait([connection.finished for connection in self._connections], ends + 1)
        await _wait(list(self._context.commits), ends)

    def admit(self, transport: asyncio.Transport) -> None:
        """Begin a session on a new connection, or refuse it at the price of one line."""
        context = self._context
        name = cast("tuple[str, int] | None", transport.get_extra_info("peername")) or ("", 0)
        peer = Peer(ip=name[0], port=name[1])
        session = new_id(context.clock())
        refusal = context.seats.take(peer.ip)
        if refusal:
            context.journal.rejected(id=session, peer=peer, reply=refusal)
            transport.write(refusal.line.encode("ascii") + b"\r\n")
            transport.close()
            return
        context.journal.connected(session=session, peer=peer)
        connection = Connection(context, Conversation(context, session, peer), self._leave)
        self._connections.add(connection)
        transport.set_protocol(connection)
        connection.connection_made(transport)

    def _leave(self, connection: Connection) -> None:
        self._connections.discard(connection)
        self._context.seats.leave(connection.conversation.peer.ip)


class _Doorstep(asyncio.Protocol):
    """Where a connection stands until it is known who it is: a session is only built for one that is let in."""

    def __init__(self, door: SmtpDoor) -> None:
        self._door = door

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._door.admit(cast(asyncio.Transport, transport))


async def _listen(host: str, port: int, *, shared: bool) -> socket.socket:
    """Return a bound socket. With IPPROTO_TCP named, asyncio sets TCP_NODELAY: no 40 ms stalls between replies."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    family, kind, protocol, _, address = found[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT if shared else socket.SO_REUSEADDR, 1)
        listener.setblocking(False)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener


async def _wait(futures: Sequence[asyncio.Future[T]], ends: float) -> None:
    """Wait for all of them, at most until the loop's time `ends`."""
    if futures:
        await asyncio.wait(futures, timeout=max(0.0, ends - asyncio.get_running_loop().time()))

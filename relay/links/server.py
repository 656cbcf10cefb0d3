"""The HTTP listener: uvicorn inside our own event loop, stopped by us and by nobody else.

uvicorn by itself catches SIGTERM and raises it again when it is done, which would kill the mail that is just coming
in over SMTP in the same process; so it is given no signals. Streams that never end are ended by us.
"""

import asyncio
import socket
import traceback
from collections.abc import Generator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from ..journal import Journal

_KEEP_ALIVE = 15  # seconds


class Server(uvicorn.Server):
    """uvicorn without signals, that tells when it accepts."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals to the gateway."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start as usual."""
        await super().startup(sockets)
        self.ready.set()

    async def accepts(self, serving: asyncio.Task[None]) -> bool:
        """Wait until connections are accepted; False where `serving`, the task of serve(), has ended before."""
        ready = asyncio.create_task(self.ready.wait())
        await asyncio.wait((serving, ready), return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        return not serving.done()


class LinksDoor:
    """The web server of the personal links. `listen` is "host:port"; port 0 takes a free one."""

    def __init__(self, app: FastAPI, listen: str, journal: Journal) -> None:
        self._app = app
        self._listen = listen
        self._journal = journal
        self._server: Server | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> tuple[str, int]:
        """Accept connections; returns host and port. Raises OSError when the address cannot be had."""
        listener = _listener(self._listen)
        host, port = listener.getsockname()[:2]
        self._server = Server(
            uvicorn.Config(
                self._app,
                http="h11",
                ws="none",
                lifespan="off",
                access_log=False,
                log_config=None,
                log_level="critical",
                server_header=False,
                timeout_keep_alive=_KEEP_ALIVE,
            )
        )
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]))
        self._task.add_done_callback(self._ended)
        if not await self._server.accepts(self._task):
            listener.close()
            self._task.result()
            raise OSError(f"the web server did not start on {self._listen}")
        return str(host), int(port)

    async def stop(self, grace: float) -> None:
        """Accept nothing more, end the streams, give requests under way `grace` seconds."""
        if self._server is None or self._task is None:
            return
        self._app.state.stop_streams()
        self._server.config.timeout_graceful_shutdown = max(1, round(grace))
        self._server.should_exit = True
        await self._task

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            cause = "".join(traceback.format_exception(error))
            self._journal.fault(reference="-", where="web server", cause=cause)


def _listener(listen: str) -> socket.socket:
    """Bind host:port. IPPROTO_TCP, or asyncio would not set TCP_NODELAY on what is accepted."""
    host, _, port = listen.rpartition(":")
    family, _, _, _, address = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener

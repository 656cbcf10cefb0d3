"""Serves the demo's page from the demo's own event loop."""

import asyncio
import contextlib
import socket
from collections.abc import Generator

import uvicorn
from starlette.types import ASGIApp

_GRACE = 2  # seconds that requests under way get at the end


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers (the demo decides when everything ends), that tells when it is up."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave the signals alone."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start as usual."""
        await super().startup(sockets)
        self.up.set()


class PageServer:
    """A web server on a socket that is already bound, so that nobody can take the port in between."""

    def __init__(self, app: ASGIApp, bound: socket.socket) -> None:
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            server_header=False,
            timeout_graceful_shutdown=_GRACE,
        )
        self._server = _Server(config)
        self._bound = bound
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Return when pages are answered. Raises what kept the server from starting."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._bound]))
        up = asyncio.create_task(self._server.up.wait())
        await asyncio.wait((self._task, up), return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            up.cancel()
            self._task.result()
            raise OSError("the demo's page could not be started")

    async def stop(self) -> None:
        """Finish what is under way and close the port."""
        if self._task is not None:
            self._server.should_exit = True
            await self._task
        self._bound.close()

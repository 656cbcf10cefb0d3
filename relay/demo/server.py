"""Serves the demo's page from the demo's own event loop."""

import asyncio
import socket

import uvicorn
from starlette.types import ASGIApp

from ..links.server import Server

_GRACE = 2  # seconds that requests under way get at the end


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
        self._server = Server(config)
        self._bound = bound
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Return when pages are answered. Raises what kept the server from starting."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._bound]))
        if not await self._server.accepts(self._task):
            self._task.result()
            raise OSError("the demo's page could not be started")

    async def stop(self) -> None:
        """Finish what is under way and close the port."""
        if self._task is not None:
            self._server.should_exit = True
            await self._task
        self._bound.close()

"""`[smtp] processes = N`: starts N gateways on the same ports, starts a dead one again, stops them all.

The parent holds no mail and no store. It finds the port, reserves it, and hands it on; the system spreads the
connections (SO_REUSEPORT). A child ends when its standard input does, so none outlives the parent, however that ends.
"""

import asyncio
import os
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

_LONGEST_START = 60.0  # seconds
_GRACE = 30.0  # seconds that children get at a stop, before they are killed
_SHORTEST, _LONGEST = 0.5, 30.0  # seconds before a dead child is started again: doubled while it dies at once
_STEADY = 10.0  # seconds of life after which a child counts as well


class CannotStart(Exception):
    """A child ended before it was ready; what it said is in the text, its exit status in `status`."""

    def __init__(self, said: str, status: int) -> None:
        super().__init__(said)
        self.status = status


class Crew:
    """The children. `command(n)` is how number n is started, `say` prints a line for people."""

    def __init__(
        self,
        size: int,
        command: Callable[[int], Sequence[str]],
        environment: Mapping[str, str],
        say: Callable[[str], None],
    ) -> None:
        self._size = size
        self._command = command
        self._environment = dict(environment)
        self._say = say
        self._children: dict[int, asyncio.subprocess.Process] = {}
        self._keepers: list[asyncio.Task[None]] = []
        self._stopping = False

    async def start(self) -> None:
        """Start all and wait until each is ready; print what the first one says. Raises CannotStart."""
        try:
            async with asyncio.timeout(_LONGEST_START):
                said = await asyncio.gather(*(self._begin(number) for number in range(self._size)))
        except TimeoutError as error:
            await self.stop()
            raise CannotStart("a process did not become ready in time", 1) from error
        except CannotStart:
            await self.stop()
            raise
        for line in said[0]:
            self._say(line)
        self._keepers = [asyncio.create_task(self._keep(number)) for number in range(self._size)]

    async def stop(self) -> None:
        """Ask all to stop, and wait until they have."""
        self._stopping = True
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        await asyncio.gather(*(_end(child) for child in self._children.values()))

    async def _begin(self, number: int) -> list[str]:
        """Start a child and return what it says until it is ready. Raises CannotStart."""
        child = await asyncio.create_subprocess_exec(
            *self._command(number),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=self._environment,
        )
        self._children[number] = child
        said: list[str] = []
        assert child.stdout is not None  # noqa: S101 (asked for above)
        async for line in child.stdout:
            said.append(line.decode(errors="replace").rstrip("\n"))
            if said[-1] == "ready":
                return said[:-1]
        raise CannotStart("\n".join(said), await child.wait())

    async def _keep(self, number: int) -> None:
        """Start a child again whenever it has ended, less and less often while it ends at once."""
        pause = _SHORTEST
        loop = asyncio.get_running_loop()
        while not self._stopping:
            began = loop.time()
            status = await self._children[number].wait()
            pause = _SHORTEST if loop.time() - began > _STEADY else min(pause * 2, _LONGEST)
            self._say(f"process {number + 1} ended with status {status}; it is started again")
            await asyncio.sleep(pause)
            with suppress(CannotStart, OSError):  # OSError: the system has no process to give just now
                await self._begin(number)


async def _end(child: asyncio.subprocess.Process) -> None:
    """Ask a child to stop; kill it when it does not."""
    with suppress(ProcessLookupError):
        child.terminate()
    try:
        async with asyncio.timeout(_GRACE):
            await child.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()


def reserve(listen: str) -> socket.socket:
    """Bind host:port for the children to share, and keep it theirs. Raises OSError when somebody else has it.

    With SO_REUSEPORT a forgotten process would silently share in; so the port is first taken without.
    """
    host, _, port = listen.rpartition(":")
    family, kind, protocol, _, address = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)
        probe.listen(1)
        address = (*address[:1], probe.getsockname()[1], *address[2:])
    reserved = socket.socket(family, kind, protocol)
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    reserved.bind(address)  # bound, not listening: no connection ever comes here
    return reserved


def parley_command(config: str, roles: Sequence[str]) -> list[str]:
    """Return the command line of a child."""
    return [sys.executable, "-m", "parley", "--config", config, "serve", "--worker", "--role", ",".join(roles)]


def shared_settings(listen: str, total: int, size: int) -> dict[str, str]:
    """Return the environment of the children: the port that was found, each its part of the connections."""
    overrides = {
        "PARLEY_SMTP__LISTEN": listen,
        "PARLEY_SMTP__CONNECTIONS": str(-(-total // size)),
        "PARLEY_SMTP__PROCESSES": "1",
    }
    return {**os.environ, **overrides}

"""A real SMTP server on loopback that stands for the rest of the world in story tests.

It records every mail it takes, notes every breach of RFC 5321 in how the mail was written to the wire, and
misbehaves on request: refuses, stalls, drops the connection, asks to come back later. It never sleeps, and
the tests that use it need not either: `wait` and `until` return the moment the thing has happened.

    async with Peer() as peer:
        peer.refuse("rcpt", 550, "5.1.1 no such user", rcpt="ann@b.example", times=1)
        ...
        (mail,) = await peer.wait(1)
        assert mail.violations == ()

From sync code (a test of the command line): `with peer_thread() as peer: … peer.wait(1)`.
"""

import asyncio
import ssl
import threading
from collections.abc import Callable, Coroutine, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, Self, TypeVar

import trustme

from .peer_session import Got, Session, Step
from .ports import Held, hold
from .times import LIMIT

T = TypeVar("T")
Extension = Literal["PIPELINING", "8BITMIME", "SMTPUTF8", "STARTTLS", "SIZE", "ENHANCEDSTATUSCODES"]
PLAIN_EXTENSIONS: tuple[Extension, ...] = ("PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE", "ENHANCEDSTATUSCODES")


class Stall:
    """A step that waits until the test lets it go on."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._reached = asyncio.Event()
        self._released = asyncio.Event()

    async def reached(self, timeout: float = LIMIT) -> None:  # noqa: ASYNC109 (a test's own limit)
        """Return when a client stands at the step. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            await self._reached.wait()

    def release(self) -> None:
        """Let the step go on, now and whenever it comes again. May be called from any thread."""
        self._loop.call_soon_threadsafe(self._released.set)

    async def pause(self) -> None:
        """For the peer: tell the test and wait for it."""
        self._reached.set()
        await self._released.wait()


@dataclass(slots=True)
class Rule:
    """What to do instead of the plain answer at one step."""

    step: Step
    reply: bytes = b""  # whole lines with their line ends; empty = say nothing
    drop: bool = False  # close the connection afterwards
    taken: bool = False  # at "dot": the mail is recorded although the answer says otherwise
    rcpt: str = ""  # only when this recipient is (or is among) the mail's; empty = any
    left: int | None = None  # how many more times; None = always
    stall: Stall | None = None


@dataclass(slots=True)
class Peer:
    """The server. Everything may be changed while it runs; `port` stays the same over `down` and `up`.

    With "STARTTLS" among `offers` it has a certificate for `localhost` and its own address, signed by `ca`.
    With `users` (name → password) it offers AUTH PLAIN and takes mail only from who has logged in.
    """

    host: str = "127.0.0.1"
    port: int = 0  # 0 = the system chooses
    offers: tuple[Extension, ...] = PLAIN_EXTENSIONS
    size: int = 50_000_000  # bytes, for SIZE
    users: Mapping[str, str] = field(default_factory=dict[str, str])
    mails: list[Got] = field(default_factory=list[Got])
    lines: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])  # (connection, command) as sent
    violations: list[str] = field(default_factory=list[str])  # of all connections, also of mails not taken
    connections: int = 0  # opened so far
    open: int = 0  # open now
    certified: tuple[str, ...] = ()  # the names in its certificate, () for its own
    ca: trustme.CA | None = None
    tls_context: ssl.SSLContext | None = None
    _rules: list[Rule] = field(default_factory=list[Rule])
    _greylist: bytes = b""
    _greylisted: set[str] = field(default_factory=set[str])
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])
    _loop: asyncio.AbstractEventLoop | None = None
    _held: Held | None = None  # keeps the port ours while we are down

    async def __aenter__(self) -> Self:
        if "STARTTLS" in self.offers:
            self._certify()
        await self.up()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.down()
        if self._held:
            self._held.close()

    async def up(self) -> None:
        """Listen (again, on the same port as before)."""
        self._loop = asyncio.get_running_loop()
        if not self.port:
            self._held = hold(self.host)
            self.port = self._held.number
        # The limit is what one line may be: above any mail of a test, so that reading never fails for it.
        self._server = await asyncio.start_server(self._connected, self.host, self.port, limit=2**26)

    async def down(self) -> None:
        """Stop listening and cut every connection, as a machine does that goes away."""
        if self._server is None:
            return
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    # -- what it shall do (from any thread)

    def refuse(
        self, step: Step, code: int, text: str = "no", *, rcpt: str = "", times: int | None = None, taken: bool = False
    ) -> None:
        """Answer `step` with `code text`, for one recipient or all, the next `times` times or always.

        421 also closes the connection (RFC 5321 3.8), and so does any refusal as greeting.
        """
        reply = f"{code} {text}\r\n".encode("utf-8", "surrogateescape")
        drop = code == 421 or step == "greeting"
        self._rules.append(Rule(step, reply, drop, taken, rcpt, times))

    def say(self, step: Step, raw: bytes, *, drop: bool = False, times: int | None = None) -> None:
        """Answer `step` with any bytes. At "tls" they are sent in place of the handshake."""
        self._rules.append(Rule(step, raw, drop, left=times))

    def drop(self, step: Step, *, rcpt: str = "", times: int | None = 1, taken: bool = False) -> None:
        """Close the connection at `step` without an answer; at "dot" after the whole mail has come.

        `taken`: the mail is recorded all the same, as by a server that stored it and then died.
        """
        self._rules.append(Rule(step, b"", drop=True, taken=taken, rcpt=rcpt, left=times))

    def stall(self, step: Step, *, rcpt: str = "", times: int | None = None) -> Stall:
        """Wait at `step` until the returned `Stall` is released, then go on as usual."""
        if self._loop is None:
            raise RuntimeError("the peer does not run yet")
        stall = Stall(self._loop)
        self._rules.append(Rule(step, rcpt=rcpt, left=times, stall=stall))
        return stall

    def greylist(self, code: int = 451, text: str = "4.7.1 please come back later") -> None:
        """Refuse each recipient the first time it is named and take it from then on."""
        self._greylist = f"{code} {text}\r\n".encode()

    def behave(self) -> None:
        """Forget everything it was asked to do wrong."""
        self._rules.clear()
        self._greylist = b""

    # -- what has happened

    async def wait(self, n: int, timeout: float = LIMIT) -> list[Got]:  # noqa: ASYNC109 (a test's own limit)
        """Return all mails once there are `n` or more. Raises TimeoutError that says how many there are."""
        await self.until(lambda: len(self.mails) >= n, timeout)
        return list(self.mails)

    async def until(self, true: Callable[[], bool], timeout: float = LIMIT) -> None:  # noqa: ASYNC109
        """Return once `true()` holds; it is asked after each command, mail, and opened or closed connection."""
        try:
            async with asyncio.timeout(timeout), self._changed:
                await self._changed.wait_for(true)
        except TimeoutError:
            state = f"{len(self.mails)} mails, {self.connections} connections, last lines {self.lines[-5:]}"
            raise TimeoutError(f"not within {timeout} s: {state}") from None

    # -- for the session

    async def changed(self) -> None:
        """Let `until` look again."""
        async with self._changed:
            self._changed.notify_all()

    def rule(self, step: Step, rcpt: tuple[str, ...], *, stalls: bool) -> Rule | None:
        """Return the first rule that fits, stalls or the others, and use it up once."""
        if not stalls and step == "rcpt" and self._greylist and rcpt[-1].lower() not in self._greylisted:
            self._greylisted.add(rcpt[-1].lower())
            return Rule(step, self._greylist)
        concerned = {address.lower() for address in (rcpt[-1:] if step == "rcpt" else rcpt)}
        for rule in self._rules:
            fits = rule.step == step and (rule.stall is not None) == stalls
            if fits and rule.left != 0 and (not rule.rcpt or rule.rcpt.lower() in concerned):
                rule.left = None if rule.left is None else rule.left - 1
                return rule
        return None

    def _certify(self) -> None:
        """Make an authority and a certificate of it."""
        self.ca = trustme.CA()
        self.tls_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate = self.ca.issue_cert(*(self.certified or ("localhost", self.host)))
        certificate.configure_cert(self.tls_context)  # pyright: ignore[reportUnknownMemberType] (half typed)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a connection belongs to a task")
        self._tasks.add(task)
        self.connections += 1
        self.open += 1
        try:
            await self.changed()
            await Session(self, reader, writer, self.connections).run()
            writer.close()
            await writer.wait_closed()
        except OSError:
            pass  # the client was quicker to go
        except asyncio.CancelledError:
            pass  # only `down` cancels, and asyncio logs a cancelled handler as a fault
        finally:
            writer.transport.abort()
            self._tasks.discard(task)
            self.open -= 1
            await self.changed()


class PeerThread:
    """A peer in a thread of its own, for tests without an event loop. `peer` is scripted directly."""

    def __init__(self, peer: Peer, loop: asyncio.AbstractEventLoop) -> None:
        self.peer = peer
        self._loop = loop

    @property
    def host(self) -> str:
        return self.peer.host

    @property
    def port(self) -> int:
        return self.peer.port

    @property
    def mails(self) -> list[Got]:
        return list(self.peer.mails)

    def run(self, work: Coroutine[object, object, T]) -> T:
        """Run one of the peer's coroutines (`peer.up()`, `stall.reached()`, …) in its loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def wait(self, n: int, timeout: float = LIMIT) -> list[Got]:
        """As `Peer.wait`."""
        return self.run(self.peer.wait(n, timeout))


@contextmanager
def peer_thread(peer: Peer | None = None) -> Generator[PeerThread]:
    """Run a peer in a background thread as long as the `with` block lasts."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="peer", daemon=True)
    thread.start()
    running = PeerThread(peer or Peer(), loop)
    try:
        running.run(running.peer.__aenter__())
        yield running
    finally:
        running.run(running.peer.__aexit__())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

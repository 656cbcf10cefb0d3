"""One SMTP connection: bytes, lines, time limits, TLS, and a clean end. What is said is conversation.py's.

Built on asyncio's stream of lines and its flow control. The content of a mail never goes through that stream: it is
read in blocks (data.py). A mail that is being stored is not cancelled when the client hangs up.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from typing import cast

from .. import crash
from ..errors import EARLY_TALKER, LINE_TOO_LONG, STOPPING, TOO_BIG, TOO_SLOW
from . import turns
from .conversation import Conversation
from .data import DotReader
from .gatekeeper import Context
from .patience import Patience
from .tls import SmallTls
from .turns import Then, Turn

COMMAND_OCTETS = 2048  # RFC 5321 4.5.3.1.4 asks for 512, SMTPUTF8 and parameters for some more
LINGER = 2.0  # seconds a client gets to read our last words and hang up


class Connection(asyncio.StreamReaderProtocol):
    """The protocol of one accepted connection. `on_end` is called once, when it is over."""

    def __init__(self, context: Context, conversation: Conversation, on_end: Callable[["Connection"], None]) -> None:
        loop = asyncio.get_running_loop()
        self._reader = asyncio.StreamReader(COMMAND_OCTETS - 1, loop)  # the greatest index of a line's end
        super().__init__(self._reader, self._connected, loop)
        self.loop = loop
        self._wire: asyncio.Transport | None = None  # asyncio has a `_transport` and a `_task`, and lets go of both
        self._plain: asyncio.Transport | None = None  # below TLS
        self._linger: asyncio.TimerHandle | None = None
        self.finished: asyncio.Future[None] = loop.create_future()
        self._context = context
        self._settings = context.settings
        self.conversation = conversation
        self._on_end = on_end
        self._began = loop.time()
        self._patience = Patience(loop, context.settings.session_timeout, self._too_slow)
        self._content: DotReader | None = None  # set while the content of a mail is coming in
        self._content_over: asyncio.Future[None] = loop.create_future()
        self._held_up = False  # nothing is read until the disk has taken what came
        self._idle = False
        self._stopping = False
        self._leaving = False
        self._client_done = False  # the client has closed its sending half
        self._why = "reset"

    # -- called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; under TLS, go on without what the client sent in the clear after STARTTLS (RFC 3207 4.2)."""
        self._wire = cast(asyncio.Transport, transport)
        if self._plain is None:
            super().connection_made(transport)
            return
        # asyncio has no public way to do this: StreamWriter.start_tls() cannot tell a failed handshake in time.
        self._reader._transport = transport  # pyright: ignore
        self._reader._buffer.clear()  # pyright: ignore
        self._writer._transport = transport  # pyright: ignore

    def _connected(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._serving = self.loop.create_task(self._serve())

    def data_received(self, data: bytes) -> None:
        """Take bytes: into the content of a mail while one is coming in, else into the stream of commands."""
        content = self._content
        if self._leaving:
            return
        if content is None:
            super().data_received(data)
            return
        rest = content.feed(data)
        self.conversation.has_come(content.size)
        if rest is not None or content.size > 2 * self._settings.max_message_bytes:
            self._end_content()
        elif content.crowded:
            cast(asyncio.Transport, self._wire).pause_reading()
            self._held_up = True
        if rest:
            super().data_received(rest)

    def eof_received(self) -> bool:
        """The client will send no more, but may still read: the mail just sent is taken and answered."""
        self._client_done = True
        self._reader.feed_eof()
        self._end_content()
        return self._plain is None and not self._leaving

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone; a mail that is being taken goes on without it (conversation.py)."""
        if self.finished.done():
            return
        self.finished.set_result(None)
        self._leaving = True
        self._patience.stop()
        if self._linger:
            self._linger.cancel()
        if self._plain:
            self._plain.close()
        super().connection_lost(exc)
        self._held_up = False
        self._serving.cancel()
        seconds = self.loop.time() - self._began
        talk = self.conversation
        talk.end_coming()
        self._context.journal.disconnected(session=talk.id, why=self._why, mails=talk.mails, seconds=seconds)
        self._on_end(self)

    # -- the end

    def stop(self) -> None:
        """Close at the next place where nothing is lost: now when idle, else after the mail under way."""
        self._stopping = True
        if self._idle:
            self._hang_up(turns.close(STOPPING))

    def abort(self) -> None:
        """Close now, whatever is under way."""
        for transport in filter(None, (self._wire, self._plain)):
            transport.abort()

    def _hang_up(self, turn: Turn) -> None:
        """Say the last words and close. Only our half first: closing with input unread would take them back."""
        if self._leaving:
            return
        self._leaving = True
        self._why = turn.why
        self._reader.feed_eof()
        self._patience.stop()
        self._linger = self.loop.call_later(LINGER, self.abort)
        self._write(turn)
        if self._client_done or self._plain:
            self._writer.close()
            return
        try:
            cast(asyncio.Transport, self._wire).resume_reading()  # to see the client's end, if it was paused
            self._writer.write_eof()
        except OSError:  # the client is gone already
            self.abort()

    # -- the conversation

    async def _serve(self) -> None:
        """Serve the client to the end."""
        try:
            await self._greet()
            while not self._leaving:
                await self._next_turn()
        except TimeoutError:
            self._hang_up(self.conversation.cut(TOO_SLOW))
        except asyncio.LimitOverrunError:
            self._hang_up(self.conversation.cut(LINE_TOO_LONG))
        except (asyncio.IncompleteReadError, ConnectionError):
            self._hang_up(Turn((), Then.CLOSE, "closed"))
        except Exception as error:  # noqa: BLE001 (a connection that nobody serves must not stay open)
            self._hang_up(turns.close(self.conversation.fault(error, "smtp")))

    async def _greet(self) -> None:
        await asyncio.sleep(0)  # one round of the event loop, to see a client that talks before it is greeted
        if self._unread():
            self._hang_up(self.conversation.cut(EARLY_TALKER))
        else:
            await self._act(turns.banner(self._settings.hostname))

    async def _next_turn(self) -> None:
        if self._stopping:
            self._hang_up(turns.close(STOPPING))
            return
        if self._patience.spent:
            raise TimeoutError
        if self._unread():
            await asyncio.sleep(0)  # a client that sends a thousand commands at once must not stop the others
        line = await self._read_line()
        await self._act(await self._sound(self.conversation.answer(line, early=self._unread)))

    async def _sound(self, work: Awaitable[Turn]) -> Turn:
        """Return the turn, or the answer to a fault of the door's own."""
        try:
            return await work
        except Exception as error:  # noqa: BLE001 (whatever it is, the client keeps the mail and tries again)
            return turns.say(self.conversation.fault(error, "smtp"))

    async def _act(self, turn: Turn) -> None:
        if turn.then is Then.CLOSE:
            self._hang_up(turn)
            return
        if turn.then is Then.READ_MAIL:
            await self._read_mail(turn)
            return
        await self._say(turn)
        if turn.then is Then.START_TLS:
            await self._start_tls()

    async def _read_line(self) -> bytes:
        self._idle = True
        self._patience.watch(self._settings.command_timeout)
        try:
            return await self._reader.readuntil(b"\n")
        finally:
            self._idle = False
            self._patience.rest()

    def _too_slow(self) -> None:
        """Wake whoever reads a line."""
        self._reader.set_exception(TimeoutError())

    async def _read_mail(self, go_ahead: Turn) -> None:
        limit = self._settings.max_message_bytes
        # Doubled dots do not count (RFC 1870 3).
        content = self._content = DotReader(limit + limit // 100, self._context.spool, self._read_on)
        try:
            await self._read_into(content, go_ahead)
        finally:
            content.drop()

    async def _read_into(self, content: DotReader, go_ahead: Turn) -> None:
        self._content_over = self.loop.create_future()
        if self._client_done:
            self._end_content()
        await self._say(go_ahead)
        async with asyncio.timeout_at(self._patience.limit(self._settings.data_timeout)):
            await self._content_over
        if content.ended:
            await self._act(await self._sound(self.conversation.take(content)))
            crash.here("after-250")
        elif content.too_big:
            self._hang_up(self.conversation.cut(TOO_BIG.with_values(limit=self._settings.max_message_bytes)))
        else:
            self._hang_up(Turn((), Then.CLOSE, "closed"))  # half a mail is no mail

    def _read_on(self) -> None:
        """The disk has taken what came, or need not take more."""
        if self._held_up:
            self._held_up = False
            cast(asyncio.Transport, self._wire).resume_reading()

    async def _say(self, turn: Turn) -> None:
        self._write(turn)
        if not cast(asyncio.Transport, self._wire).get_write_buffer_size():
            return  # the system has taken it all
        async with asyncio.timeout_at(self._patience.limit(self._settings.command_timeout)):
            await self._writer.drain()

    def _write(self, turn: Turn) -> None:
        self._writer.write(b"".join(line.encode("ascii", "replace") + b"\r\n" for line in turn.lines))

    async def _start_tls(self) -> None:
        """Go on under TLS."""
        handshake: asyncio.Future[None] = self.loop.create_future()
        plain = self._plain = cast(asyncio.Transport, self._wire)
        context = cast(ssl.SSLContext, self._context.tls)
        tls = SmallTls(self.loop, self, context, handshake, server_side=True)
        plain.set_protocol(tls)
        tls.connection_made(plain)
        try:
            async with asyncio.timeout_at(self._patience.limit(self._settings.command_timeout)):
                await handshake
        except OSError:  # no handshake, or none in time
            plain.abort()
        if plain.is_closing():
            self._why = "tls"
            self.connection_lost(None)  # asyncio tells only a protocol whose handshake was done
            return
        session = cast(ssl.SSLObject, self._writer.get_extra_info("ssl_object"))
        self.conversation.start_over(session.version() or "TLS")

    def _end_content(self) -> None:
        """What comes from here on is a command again, and the stream's to hold up."""
        self._content = None
        self._read_on()
        if not self._content_over.done():
            self._content_over.set_result(None)

    def _unread(self) -> bool:
        """Whether the client has sent more than was read."""
        return bool(self._reader._buffer)  # pyright: ignore

"""The bytes of an open SMTP connection: commands go out together, replies come back one by one (RFC 2920).

The SMTP library opens the connection; once it is greeted, encrypted and logged in, this takes its transport over. The
library pairs one command with one reply, so it cannot say several before it hears the first answer.
"""

import asyncio
import re
import socket
from collections import deque
from dataclasses import dataclass
from typing import cast

from aiosmtplib import SMTPResponseException, SMTPServerDisconnected

_LONGEST_REPLY = 32_768  # octets of what has come and is not read
# Seen in practice: a line that ends in CR CR LF. Whoever takes that for no reply sends a mail again that was taken.
_LINE = re.compile(rb"([0-9]{3})(?:[ -]([^\n]*))?\r*\n")
_MALFORMED = -1  # the library's code of what is no reply


@dataclass(frozen=True, slots=True)
class Reply:
    """One whole reply; the lines of its text are joined by LF."""

    code: int
    text: str


class Wire(asyncio.Protocol):
    """One connection that is open. `timeout`: seconds to wait for a reply."""

    def __init__(self, transport: asyncio.Transport, timeout: float) -> None:
        self._transport = transport
        self._timeout = timeout
        self._buffer = b""
        self._looked_at = 0  # so much of it is lines that another one follows
        self._replies: deque[Reply] = deque()
        self._due = 0  # replies to commands that were written
        self._waiter: asyncio.Future[None] | None = None
        self._room: asyncio.Future[None] | None = None  # set while the system takes no more
        self._broken: Exception | None = None
        transport.set_protocol(self)

    @property
    def open(self) -> bool:
        """True while neither side has hung up and nothing came that was not asked for, as far as is known."""
        return self._broken is None and not self._transport.is_closing()

    def write(self, data: bytes, replies: int = 1) -> None:
        """Send whole commands, to which so many replies belong. Raises SMTPServerDisconnected."""
        if self._broken:
            raise self._broken
        if self._transport.is_closing():
            raise SMTPServerDisconnected("Connection lost")
        self._due += replies
        self._transport.write(data)

    def expect(self, replies: int) -> None:
        """So many replies belong to what is written next."""
        self._due += replies

    async def drain(self) -> None:
        """Wait until more may be written. Raises TimeoutError, SMTPServerDisconnected."""
        if self._room is None or self._broken:
            return
        timer = asyncio.get_running_loop().call_later(
            self._timeout, self._fail, TimeoutError("nothing was taken in time")
        )
        try:
            await self._room
        finally:
            timer.cancel()

    async def own_socket(self) -> socket.socket | None:
        """Return a socket of one's own for this connection, once all that was written is the system's; None under TLS.

        Raises TimeoutError, SMTPServerDisconnected.
        """
        if self._transport.get_extra_info("sslcontext"):
            return None
        self._transport.set_write_buffer_limits(0)  # so `drain` waits for the last octet
        await self.drain()
        if self._broken:
            raise self._broken
        try:
            return cast(socket.socket, self._transport.get_extra_info("socket")).dup()
        except OSError:  # there are no descriptors left
            return None

    async def until_writable(self, own: socket.socket) -> None:
        """Wait until the system takes more at such a socket, or nothing more is of any use."""
        loop = asyncio.get_running_loop()
        self.pause_writing()
        loop.add_writer(own, self.resume_writing)
        try:
            await self.drain()
        finally:
            loop.remove_writer(own)

    @property
    def answered(self) -> bool:
        """True when a reply has come that was not read yet, or none can come any more."""
        return bool(self._replies) or self._broken is not None

    async def reply(self) -> Reply:
        """Return the next reply. Raises TimeoutError, SMTPServerDisconnected, SMTPResponseException for no reply."""
        if not self._replies and self._broken is None:
            loop = asyncio.get_running_loop()
            self._waiter = loop.create_future()
            timer = loop.call_later(self._timeout, self._fail, TimeoutError("no reply in time"))
            try:
                await self._waiter
            finally:
                timer.cancel()
                self._waiter = None
        if self._replies:
            return self._replies.popleft()
        raise self._broken or SMTPServerDisconnected("Connection lost")

    def abort(self) -> None:
        """Close at once; what is still in the buffer is dropped, or a stalled remote would keep it for ever."""
        self._transport.abort()

    # -- what asyncio calls

    def pause_writing(self) -> None:
        """The system takes no more for now."""
        self._room = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        """It does again."""
        if self._room and not self._room.done():
            self._room.set_result(None)
        self._room = None

    def data_received(self, data: bytes) -> None:
        """Take what has come apart into replies."""
        self._buffer += data
        if len(self._buffer) > _LONGEST_REPLY:
            self._fail(SMTPResponseException(_MALFORMED, "Response too long"))
            return
        while (end := self._end_of_reply()) and self._broken is None:
            raw, self._buffer = self._buffer[:end], self._buffer[end:]
            self._take(raw)

    def eof_received(self) -> bool:
        """The remote says nothing more; the transport closes."""
        self._fail(SMTPServerDisconnected("Unexpected EOF received"))
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more comes."""
        lost = SMTPServerDisconnected("Connection lost")
        lost.__cause__ = exc
        self._fail(lost)

    # -- replies

    def _end_of_reply(self) -> int:
        """Return where the first reply in the buffer ends, 0 where it is not whole; a line that is none ends it."""
        while end := self._buffer.find(b"\n", self._looked_at) + 1:
            place, self._looked_at = self._looked_at, end
            if self._buffer[place + 3 : place + 4] != b"-" or not self._buffer[place : place + 3].isdigit():
                self._looked_at = 0
                return end
        return 0

    def _take(self, raw: bytes) -> None:
        lines = [_LINE.fullmatch(line + b"\n") for line in raw[:-1].split(b"\n")]
        last = lines[-1]
        if last is None or None in lines:
            shown = raw.decode("utf-8", "ignore")
            self._fail(SMTPResponseException(_MALFORMED, f"Malformed SMTP response line: {shown}"))
        elif not self._due:
            self._fail(SMTPServerDisconnected("a reply that nothing was asked for"))
        else:
            self._due -= 1
            text = b"\n".join((line[2] or b"").strip() for line in lines if line)
            self._replies.append(Reply(int(last[1]), text.decode("utf-8", "surrogateescape")))
            self._wake()

    def _fail(self, why: Exception) -> None:
        """Hang up, for nothing that comes later could be believed; what has come before can still be read."""
        self._broken = self._broken or why
        self._transport.abort()
        self.resume_writing()
        self._wake()

    def _wake(self) -> None:
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)


def take_over(transport: asyncio.BaseTransport | None, timeout: float) -> Wire:
    """Return the wire of a connection that is open. Raises SMTPServerDisconnected."""
    if transport is None or transport.is_closing():
        raise SMTPServerDisconnected("closed after the greeting")
    return Wire(cast(asyncio.Transport, transport), timeout)

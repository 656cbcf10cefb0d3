"""One open SMTP connection to one host, and the one way a mail goes over it (RFC 5321 3.3).

The SMTP library opens the connection. The commands of a mail are given here, and their replies are read one by one, so
that it is known at which of them a connection died: before the dot nothing was taken, after it nobody knows.
"""

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from aiosmtplib import SMTP, SMTPException, SMTPHeloError, SMTPServerDisconnected

from .. import crash
from .answer import NotSent, Outcome, Stage, from_error, from_reply
from .letter import Letter
from .pouring import pour, stuffed
from .wire import Wire, take_over

_MOST_MAILS = 100  # over one connection: many servers count, and say 421 somewhere above it
_QUIT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Destination:
    """One host to speak to. `host` is its name, for TLS and the log; `address` its IP, "" to let the system look."""

    host: str
    port: int
    address: str = ""

    def __str__(self) -> str:
        """Return `mx.example:25`, or `mx.example[192.0.2.1]:25`."""
        return f"{self.host}[{self.address}]:{self.port}" if self.address else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Login:
    """Who we are to the smarthost."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Manner:
    """How connections are opened."""

    hostname: str  # ours, said in EHLO
    timeout: float  # seconds for each step
    tls: Literal["off", "opportunistic", "required"]
    tls_context: ssl.SSLContext
    login: Login | None = None


class Stale(Exception):
    """A kept connection turned out to be dead before anything was said about the mail."""


@dataclass(frozen=True, slots=True)
class _Step:
    """One command of a mail."""

    stage: Stage
    command: bytes
    resets: bool = False


class Session:
    """An open connection, greeted, encrypted and logged in as wanted. For one mail at a time."""

    def __init__(self, wire: Wire, offers: Mapping[str, str], to: Destination) -> None:
        self._wire = wire
        self._offers = offers
        self._host = str(to)
        self._mails = 0
        self._dirty = False  # a transaction was begun and refused: RSET is due
        self._stage: Stage = "mail"

    @property
    def open(self) -> bool:
        """True while neither side has hung up, as far as is known."""
        return self._wire.open

    @property
    def usable(self) -> bool:
        """True while another mail may be sent."""
        return self.open and self._mails < _MOST_MAILS

    async def send(self, letter: Letter) -> Outcome:
        """Hand over one mail and return what came of it. Raises Stale; the session is closed when it is of no more use.

        Cancelled between the dot and its answer, the mail may have been delivered.
        """
        if cannot := self._cannot(letter):
            return cannot
        done = False
        try:
            outcome = await self._transaction(letter)
            done = outcome.code not in (0, 421)  # no answer that we know, or the remote closes (RFC 5321 3.8)
        except Stale:
            raise
        except SMTPServerDisconnected as error:
            if self._mails and self._stage == "mail":
                raise Stale from error
            outcome = from_error(error, self._host, self._stage)
        except Exception as error:  # noqa: BLE001 (whatever it is, the mail must have an outcome)
            outcome = from_error(error, self._host, self._stage)
        finally:
            self._mails += 1
            if not done:
                self.abort()
        return outcome

    async def quit(self) -> None:
        """Say goodbye and close, within seconds."""
        with suppress(SMTPException, OSError):
            async with asyncio.timeout(_QUIT_SECONDS):
                self._wire.write(b"QUIT\r\n")
                await self._wire.reply()
        self.abort()

    def abort(self) -> None:
        """Close at once."""
        self._wire.abort()

    # -- one mail

    def _cannot(self, letter: Letter) -> Outcome | None:
        """Return the permanent outcome of a mail that this remote has told us it cannot take."""
        offers, host = self._offers, self._host
        if letter.needs_smtputf8 and "smtputf8" not in offers:
            return Outcome.failed("the address needs SMTPUTF8, which is not offered", "5.6.7", host, "mail")
        if letter.needs_8bitmime and "8bitmime" not in offers:
            return Outcome.failed("the mail needs 8BITMIME, which is not offered", "5.6.3", host, "mail")
        limit = offers.get("size", "")  # RFC 1870 4: absent or 0 is no limit known
        if limit.isdecimal() and 0 < int(limit) < len(letter.content):
            return Outcome.failed(f"the mail has {len(letter.content)} bytes, {limit} are taken", "5.3.4", host, "mail")
        return None

    async def _transaction(self, letter: Letter) -> Outcome:
        """Give the commands of one mail; the first one refused ends it."""
        refused = await self._envelope(letter)
        if refused:
            return refused
        self._stage = "dot"
        if isinstance(letter.content, bytes):
            self._wire.write(stuffed(letter.content) + b".\r\n")
        else:
            self._stage = "data"
            if not await pour(self._wire, letter.content):
                return await self._cut_short()
            self._stage = "dot"
            self._wire.write(b".\r\n", 0)
        crash.here("after-dot")
        end = await self._wire.reply()
        self._dirty = False
        return from_reply(end.code, end.text, self._host, "dot")

    async def _cut_short(self) -> Outcome:
        """The remote has answered before the mail's end: its refusal counts, its yes does not."""
        reply = await self._wire.reply()
        self.abort()
        if reply.code // 100 in (4, 5):
            return from_reply(reply.code, reply.text, self._host, "dot")
        return Outcome.deferred(f"answered before the mail's end: {reply.code}", "4.5.0", self._host, "data")

    async def _envelope(self, letter: Letter) -> Outcome | None:
        """Say everything up to DATA, in one go where the remote offers that (RFC 2920); return the first refusal."""
        steps = self._steps(letter)
        together = "pipelining" in self._offers
        self._stage = "mail"
        if together:
            self._wire.write(b"".join(step.command for step in steps), len(steps))
        for number, step in enumerate(steps):
            self._stage = step.stage
            if not together:
                self._wire.write(step.command)
            reply = await self._wire.reply()
            if reply.code // 100 == 2 if step.stage != "data" else reply.code == 354:
                self._dirty = not step.resets
                continue
            if step.resets or (reply.code == 421 and step.stage == "mail" and self._mails):
                raise Stale
            if together and reply.code != 421:  # after that one the connection is closed
                await self._read_on(len(steps) - number - 1)
            return from_reply(reply.code, reply.text, self._host, step.stage)
        return None

    async def _read_on(self, count: int) -> None:
        """Read the answers to what was said before its refusal was known, or the next mail would take them for its own.

        A remote that wants the mail all the same (354) does not get it: the connection is closed.
        """
        try:
            codes = [(await self._wire.reply()).code for _ in range(count)]
        except (SMTPException, OSError):
            codes = [354]
        if 354 in codes:
            self.abort()

    def _steps(self, letter: Letter) -> list[_Step]:
        """The commands up to DATA; first, where a transaction was refused half-way, the one that makes it forgotten."""
        mail = b" ".join([b"MAIL FROM:<%b>" % letter.mail_from.encode(), *self._options(letter)])
        return [
            *([_Step("mail", b"RSET\r\n", resets=True)] if self._dirty else []),
            _Step("mail", mail + b"\r\n"),
            _Step("rcpt", b"RCPT TO:<%b>\r\n" % letter.rcpt_to.encode()),
            _Step("data", b"DATA\r\n"),
        ]

    def _options(self, letter: Letter) -> list[bytes]:
        options = [b"SIZE=%d" % len(letter.content)] if "size" in self._offers else []
        options += [b"BODY=8BITMIME"] if letter.needs_8bitmime else []
        return options + ([b"SMTPUTF8"] if letter.needs_smtputf8 else [])


async def open_session(to: Destination, manner: Manner) -> Session:
    """Connect, greet, encrypt and log in. Raises NotSent with stage "connect" or "tls".

    Opportunistic TLS (RFC 7435) asks for no certificate and goes back to the clear when TLS fails: it protects
    from listeners, not from impostors. A password is never sent in the clear unless TLS is switched off.
    """
    if manner.tls != "opportunistic":
        return await _open(to, manner, manner.tls)
    try:
        return await _open(to, manner, "opportunistic")
    except NotSent as not_sent:
        if not_sent.outcome.stage != "tls":
            raise
    return await _open(to, manner, "off")


async def _open(to: Destination, manner: Manner, tls: Literal["off", "opportunistic", "required"]) -> Session:
    client = SMTP(
        hostname=to.address or to.host,
        port=to.port,
        local_hostname=manner.hostname,
        timeout=manner.timeout,
        start_tls=False,
    )
    stage: Stage = "connect"
    try:
        await client.connect()
        await _greet(client)
        if tls == "required" or (tls == "opportunistic" and client.supports_extension("starttls")):
            stage = "tls"
            await client.starttls(server_hostname=to.host, tls_context=manner.tls_context)
            await _greet(client)  # RFC 3207 4.2: what was offered before TLS is forgotten
        stage = "connect"
        await _log_in(client, manner)
        offers = dict(client.esmtp_extensions)  # forgotten by the library when the connection breaks
        wire = take_over(client.transport, manner.timeout)
    except BaseException as error:  # also when cancelled: a half-open connection is nobody's
        client.close()
        if isinstance(error, Exception):
            raise NotSent(from_error(error, str(to), stage)) from error
        raise
    return Session(wire, offers, to)


async def _greet(client: SMTP) -> None:
    """Say EHLO, or HELO to a server that does not know it (RFC 5321 3.2)."""
    try:
        await client.ehlo()
    except SMTPHeloError:
        if not client.is_connected:
            raise
        await client.helo()


async def _log_in(client: SMTP, manner: Manner) -> None:
    if manner.login is None:
        return
    if manner.tls != "off" and client.get_transport_info("sslcontext") is None:
        raise SMTPException("the password is not sent without TLS")
    await client.login(manner.login.username, manner.login.password)

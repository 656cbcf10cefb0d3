"""One SMTP connection to the recording peer of `peer.py`: the dialogue, and what was wrong with it."""

import base64
import re
from asyncio import IncompleteReadError, StreamReader, StreamWriter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from .peer import Peer, Rule

Step = Literal[
    "greeting", "ehlo", "helo", "starttls", "tls", "auth", "mail", "rcpt", "data", "dot", "rset", "noop", "quit"
]
_PATH = re.compile(r"(?:FROM|TO):<([^<>\r\n]*)>(?: (.*))?", re.I)


@dataclass(frozen=True, slots=True)
class Got:
    """One mail that was taken. `data` is what was sent, dots unstuffed, every other byte as it came."""

    mail_from: str  # "" is the null sender
    rcpt: tuple[str, ...]  # those that were taken, in order
    data: bytes
    at: datetime
    connection: int  # 1 is the first connection to this peer
    helo: str
    options: tuple[str, ...] = ()  # parameters of MAIL FROM, upper-case
    tls: bool = False
    user: str = ""  # who logged in
    violations: tuple[str, ...] = ()  # breaches of RFC 5321 and its extensions, in plain words


class Hangup(Exception):
    """The connection is over, by the client's will or by a rule of the test."""


class Session:
    """Answers one client. A command is a method named after it."""

    def __init__(self, peer: "Peer", reader: StreamReader, writer: StreamWriter, number: int) -> None:
        self._peer = peer
        self._reader = reader
        self._writer = writer
        self._number = number
        self._helo = ""
        self._tls = False
        self._user = ""
        self._violations: list[str] = []
        self._reset()

    def _reset(self) -> None:
        self._mail_from: str | None = None
        self._options: tuple[str, ...] = ()
        self._rcpt: tuple[str, ...] = ()

    async def run(self) -> None:
        """Talk until one side hangs up."""
        commands: dict[str, Callable[[str], Awaitable[None]]] = {
            "EHLO": self._ehlo,
            "HELO": self._ehlo_old,
            "STARTTLS": self._starttls,
            "AUTH": self._auth,
            "MAIL": self._mail,
            "RCPT": self._rcpt_to,
            "DATA": self._data,
            "RSET": self._rset,
            "NOOP": self._noop,
            "QUIT": self._quit,
        }
        try:
            if await self._plain("greeting"):
                await self._say("220 peer.test ESMTP")
            while True:
                verb, _, argument = (await self._command()).partition(" ")
                known = commands.get(verb.upper())
                await (known(argument) if known else self._say("500 5.5.2 no such command"))
        except (Hangup, IncompleteReadError, OSError):
            return

    # -- the wire

    async def _command(self) -> str:
        """Read one command line and note what is wrong with it (RFC 5321 4.1.1, 4.5.3.1.4)."""
        raw = await self._reader.readuntil(b"\n")
        breaches = line_ends(raw) + (["NUL in a command"] if b"\0" in raw else [])
        if len(raw) > 512 + 26 + 10 + 500:  # with room for SIZE (RFC 1870 3), SMTPUTF8 (RFC 6531 3.4), AUTH
            breaches.append("a command longer than 512 octets")
        line = raw.rstrip(b"\r\n").decode("utf-8", "surrogateescape")
        if not line.isascii() and "SMTPUTF8" not in (*self._options, *line.upper().split(" ")):
            breaches.append("8-bit in a command without SMTPUTF8")
        self._note([f"{breach}: {line[:80]!r}" for breach in breaches])
        self._peer.lines.append((self._number, line))
        await self._peer.changed()
        return line

    def _note(self, breaches: list[str]) -> None:
        self._violations += breaches
        self._peer.violations += breaches

    async def _say(self, line: str) -> None:
        self._writer.write(line.encode() + b"\r\n")
        await self._writer.drain()

    async def _rule(self, step: "Step", rcpt: tuple[str, ...] = ()) -> "Rule | None":
        """Wait as long as the test stalls this step, then return what it wants in place of the plain answer."""
        if (rule := self._peer.rule(step, rcpt, stalls=True)) and rule.stall:
            await rule.stall.pause()
        return self._peer.rule(step, rcpt, stalls=False)

    async def _act(self, rule: "Rule") -> None:
        """Do what the test wants. Raises Hangup when that ends the connection."""
        self._writer.write(rule.reply)
        await self._writer.drain()
        if rule.drop:
            raise Hangup

    async def _plain(self, step: "Step", rcpt: tuple[str, ...] = ()) -> bool:
        """Act by the test's rule for this step, if any. True when the plain answer is still to be given."""
        if rule := await self._rule(step, rcpt):
            await self._act(rule)
        return rule is None

    # -- the commands

    async def _ehlo(self, argument: str) -> None:
        self._reset()
        self._helo = argument
        if not await self._plain("ehlo"):
            return
        names = [name for name in self._peer.offers if name != "STARTTLS" or not self._tls]
        offers = [f"SIZE {self._peer.size}" if name == "SIZE" else str(name) for name in names]
        if self._peer.users:
            offers.append("AUTH PLAIN")
        lines = [f"peer.test greets {argument}", *offers]
        await self._say("\r\n".join([*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}"]))

    async def _ehlo_old(self, argument: str) -> None:
        self._reset()
        self._helo = argument
        if await self._plain("helo"):
            await self._say("250 peer.test")

    async def _starttls(self, argument: str) -> None:
        context = self._peer.tls_context
        if context is None or self._tls or argument:
            return await self._say("503 5.5.1 not now")
        if not await self._plain("starttls"):
            return None
        await self._say("220 2.0.0 go ahead")
        if not await self._plain("tls"):
            raise Hangup
        try:
            await self._writer.start_tls(context)
        except OSError as error:  # ssl.SSLError is one: the client does not want us
            raise Hangup from error
        self._tls = True
        self._helo = ""  # RFC 3207 4.2: both sides forget what was said before
        return self._reset()

    async def _auth(self, argument: str) -> None:
        if not await self._plain("auth"):
            return
        _, _, response = argument.partition(" ")
        _, user, password = base64.b64decode(response).decode().split("\0")
        if self._peer.users.get(user) == password:
            self._user = user
            await self._say("235 2.7.0 welcome")
        else:
            await self._say("535 5.7.8 wrong name or password")

    async def _mail(self, argument: str) -> None:
        path = _PATH.fullmatch(argument)
        if not path:
            return await self._say("501 5.5.4 MAIL FROM:<address>")
        if self._mail_from is not None or not self._helo:
            return await self._say("503 5.5.1 not now")
        if self._peer.users and not self._user:
            return await self._say("530 5.7.0 log in first")
        options = tuple((path[2] or "").upper().split())
        if unknown := [option for option in options if not self._offered(option)]:
            return await self._say(f"555 5.5.4 not offered: {unknown[0]}")
        if any(int(option[5:]) > self._peer.size for option in options if option.startswith("SIZE=")):
            return await self._say("552 5.3.4 too big")
        if await self._plain("mail"):
            self._mail_from, self._options = path[1], options
            await self._say("250 2.1.0 sender ok")
        return None

    def _offered(self, option: str) -> bool:
        name, _, value = option.partition("=")
        return ("8BITMIME" if name == "BODY" and value in ("7BIT", "8BITMIME") else name) in self._peer.offers

    async def _rcpt_to(self, argument: str) -> None:
        path = _PATH.fullmatch(argument)
        if not path or not path[1]:
            return await self._say("501 5.5.4 RCPT TO:<address>")
        if self._mail_from is None:
            return await self._say("503 5.5.1 MAIL first")
        if await self._plain("rcpt", (*self._rcpt, path[1])):
            self._rcpt = (*self._rcpt, path[1])
            await self._say("250 2.1.5 recipient ok")
        return None

    async def _data(self, argument: str) -> None:
        if not self._rcpt or argument:
            return await self._say("503 5.5.1 RCPT first")
        if not await self._plain("data", self._rcpt):
            return None
        await self._say("354 end with a dot")
        data = await self._content()
        return await self._end(data)

    async def _content(self) -> bytes:
        """Read the mail up to the dot and note what is wrong with it. Only CRLF.CRLF ends it (RFC 5321 4.1.1.4)."""
        lines: list[bytes] = []
        breaches: list[str] = []
        whole = True  # the line before ended in CRLF
        while (line := await self._reader.readuntil(b"\n")) != b".\r\n" or not whole:
            whole = line.endswith(b"\r\n")
            if line.startswith(b"."):
                breaches += [] if line.startswith(b"..") else ["a dot at the start of a line not doubled"]
                line = line[1:]
            breaches += line_ends(line) + (["a line longer than 998 octets"] if len(line) > 1000 else [])
            lines.append(line)
        data = b"".join(lines)
        self._note([*dict.fromkeys(breaches), *eight_bit(data, self._options)])
        return data

    async def _end(self, data: bytes) -> None:
        """Answer the dot. The mail is recorded before the answer, as a server that means its 250 does."""
        got = Got(
            mail_from=self._mail_from or "",
            rcpt=self._rcpt,
            data=data,
            at=datetime.now(UTC),
            connection=self._number,
            helo=self._helo,
            options=self._options,
            tls=self._tls,
            user=self._user,
            violations=tuple(self._violations),
        )
        self._violations.clear()
        self._reset()
        rule = await self._rule("dot", got.rcpt)
        if rule is None or rule.taken:
            self._peer.mails.append(got)
            await self._peer.changed()
        if rule:
            await self._act(rule)
        else:
            await self._say(f"250 2.0.0 taken as {len(self._peer.mails)}")

    async def _rset(self, _: str) -> None:
        self._reset()
        if await self._plain("rset"):
            await self._say("250 2.0.0 forgotten")

    async def _noop(self, _: str) -> None:
        if await self._plain("noop"):
            await self._say("250 2.0.0 here")

    async def _quit(self, _: str) -> None:
        if await self._plain("quit"):
            await self._say("221 2.0.0 bye")
        raise Hangup


def line_ends(line: bytes) -> list[str]:
    """Name bare CR and bare LF in one line as read up to its LF (RFC 5321 2.3.8)."""
    breaches = [] if line.endswith(b"\r\n") else ["a bare LF"]
    return breaches + (["a bare CR"] if b"\r" in line.removesuffix(b"\r\n") else [])


def eight_bit(data: bytes, options: tuple[str, ...]) -> list[str]:
    """Name bytes the client had not announced (RFC 6152, RFC 6531 3.4) and NUL (RFC 5321 4.5.2)."""
    head, _, _ = (b"\r\n" + data).partition(b"\r\n\r\n")  # a mail may begin with its empty line
    breaches = ["a NUL"] if b"\0" in data else []
    if not data.isascii() and "BODY=8BITMIME" not in options:
        breaches.append("8-bit without BODY=8BITMIME")
    if not head.isascii() and "SMTPUTF8" not in options:
        breaches.append("8-bit in the header without SMTPUTF8")
    return breaches

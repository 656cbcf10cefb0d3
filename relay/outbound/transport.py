"""Hands mails to other servers: to the smarthost, or to the mail hosts of the recipient's domain.

The one face of SMTP going out. It keeps no record and decides nothing about later: whoever calls it records the
attempt before and the `Outcome` after, and asks `backoff` when to try again.
"""

import asyncio
import ssl
from dataclasses import replace
from ipaddress import ip_network
from typing import Literal

from ..mail.envelope import Envelope
from ..mail.pieces import Content
from ..mail.raw import LARGE
from ..settings import Settings
from ..settings_errors import SettingsError, Wrong
from .answer import NotSent, Outcome, unforeseen
from .letter import Letter, check
from .mx import Directory, resolver_of
from .pool import Pool
from .session import Destination, Login, Manner, open_session

Tls = Literal["off", "opportunistic", "required"]

__all__ = ["Destination", "Envelope", "Outcome", "Transport"]


class Transport:
    """Sends mails over kept connections, at most `outbound.connections` to each destination at a time.

    `trust` replaces the system's certificate authorities; `mx_port` is where mail hosts listen. Raises
    SettingsError when the password file cannot be read or a name server is no address.
    """

    def __init__(self, settings: Settings, *, trust: ssl.SSLContext | None = None, mx_port: int = 25) -> None:
        outbound = settings.outbound
        self._smarthost = Destination(outbound.host, outbound.port)
        self._directory: Directory | None = None
        if outbound.route == "mx":
            private = tuple(ip_network(network) for network in outbound.private_networks)
            resolver = resolver_of(settings.dns)
            self._directory = Directory(resolver, settings.smtp.hostname, mx_port, private=private)
        self._trust = trust
        self._tls: dict[str, Tls] = {rule.domain.lower(): rule.tls for rule in outbound.destination if rule.tls}
        self._manner = Manner(
            hostname=settings.smtp.hostname,
            timeout=outbound.timeout.total_seconds(),
            tls=outbound.tls,
            tls_context=self._context(outbound.tls),
            # Strangers' mail hosts are never told who we are.
            login=_login(settings) if outbound.username and outbound.route == "smarthost" else None,
        )
        self._size = outbound.connections
        self._idle = outbound.idle.total_seconds()
        self._pools: dict[tuple[Destination, Tls], Pool] = {}

    async def send(self, envelope: Envelope, content: Content) -> Outcome:
        """Send one mail to its recipient and return what came of it; it has CRLF line ends throughout.

        Never raises but for CancelledError: a fault of ours is an outcome with its `cause`. Each step may take
        `outbound.timeout`, so the whole may take several times that.
        """
        try:
            # The lines of a large mail are looked at in a thread.
            small = len(content) <= LARGE
            letter = check(envelope, content) if small else await asyncio.to_thread(check, envelope, content)
            route = await self._directory.destinations(letter.domain) if self._directory else (self._smarthost,)
            return await self._along(route, letter)
        except NotSent as not_sent:
            return not_sent.outcome
        except Exception as error:  # noqa: BLE001 (whatever it is, the mail must have an outcome)
            return unforeseen(error)

    def describe(self, envelope: Envelope) -> str:
        """Say where a mail will go, for the log: the smarthost, or the recipient's domain."""
        return f"mx of {envelope.rcpt_to.rpartition('@')[2]}" if self._directory else str(self._smarthost)

    async def close(self) -> None:
        """Close what is open. Mails being sent go on; cancel them first where they must not."""
        await asyncio.gather(*(pool.close() for pool in self._pools.values()))

    async def _along(self, route: tuple[Destination, ...], letter: Letter) -> Outcome:
        """Try the hosts in order until one has begun to speak about the mail (RFC 5321 5.1)."""
        tls = self._tls.get(letter.domain.lower(), self._manner.tls)
        outcome: Outcome | None = None
        for to in route:
            outcome = await self._pool(to, tls).send(letter)
            if outcome.stage not in ("connect", "tls"):
                return outcome
        return outcome or Outcome.deferred("there is no host to send to", "4.4.3", stage="connect")

    def _pool(self, to: Destination, tls: Tls) -> Pool:
        """Return the connections to a host; those that were made with less care are not for who asks for more."""
        key = (to, tls)
        if key not in self._pools:
            # Domains come and go; those that nobody writes to any more are forgotten here.
            self._pools = {known: pool for known, pool in self._pools.items() if not pool.empty}
            manner = replace(self._manner, tls=tls, tls_context=self._context(tls))
            self._pools[key] = Pool(lambda: open_session(to, manner), self._size, self._idle)
        return self._pools[key]

    def _context(self, tls: Tls) -> ssl.SSLContext:
        return (self._trust or ssl.create_default_context()) if tls == "required" else _trusting()


def _trusting() -> ssl.SSLContext:
    """Return a context that takes any certificate (RFC 7435)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _login(settings: Settings) -> Login:
    """Return the smarthost's name and password. Raises SettingsError."""
    path = settings.path(settings.outbound.password_file)
    try:
        password = path.read_text(encoding="utf-8").rstrip("\r\n") if settings.outbound.password_file else ""
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        wrong = Wrong("settings", 0, "outbound.password_file", f"{path} cannot be read: {reason}")
        raise SettingsError((wrong,)) from error
    return Login(settings.outbound.username, password)

"""The parts list of a gateway: build, start, stop. What is started first is stopped last."""

import asyncio
import os
import ssl
import traceback
from collections.abc import Collection
from contextlib import AsyncExitStack
from ipaddress import ip_network
from pathlib import Path
from types import TracebackType

from .. import __version__
from ..store.store import Store, open_store
from ..store.writer import StoreClosed, StoreFailed
from . import crash, flow
from .arrival import Arrival, Hit
from .clock import Clock, new_id, utc_now
from .commands import Commands
from .compose.dkim import Signer, read_key
from .composing import Composers
from .control import ControlDoor
from .errors import Reply, StoreUnavailable, unstored
from .housekeeping import keep_house
from .inbound.admission import room_of
from .inbound.proof.prover import Prover
from .inbound.proof.values import Trusted
from .inbound.server import SmtpDoor
from .inbound.tls import server_context
from .journal import Journal
from .journal_sinks import FileSink, StreamSink
from .links.app import build
from .links.server import LinksDoor
from .outbound.deliver import Deliverer
from .outbound.transport import Transport
from .personal_links import LinkMaker, read_secret
from .placing import place_of
from .reading import Readers
from .resolve import resolve
from .settings import Settings
from .world import World

ROLES = ("smtp", "deliver", "links")
_GRACE = 10.0  # seconds that mails and pages under way get at a stop


class Reception:
    """What the SMTP door calls: RCPT asks `resolve`, the end of DATA asks `receive`."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def resolve(self, local: str, domain: str) -> Hit | Reply:
        """Say whom an address leads to. Raises StoreUnavailable."""
        try:
            return await resolve(self._world, local, domain)
        except (StoreFailed, StoreClosed) as error:
            raise StoreUnavailable(str(error)) from error

    async def receive(self, arrival: Arrival) -> Reply:
        """Take a mail in; the answer comes after the commit. Raises StoreUnavailable."""
        try:
            return await flow.receive(self._world, arrival)
        except (StoreFailed, StoreClosed, OSError) as error:
            raise unstored(error) from error


def disks(settings: Settings) -> list[Path]:
    """Return the local folders that hold what is kept."""
    database = [settings.database.parent] if settings.database is not None else []
    store = settings.store
    return [*database, settings.path(store.spool if store.in_bucket else store.blobs)]


def make_journal(settings: Settings, clock: Clock = utc_now) -> Journal:
    """Return the journal that the settings describe."""
    sinks = [FileSink(settings.path(settings.log.file))] if settings.log.file else []
    streams = [StreamSink()] if settings.log.stderr else []
    return Journal(*sinks, *streams, format=settings.log.format, clock=clock)


class Gateway:
    """A running gateway. `start` raises what keeps it from starting; nothing is left behind then."""

    def __init__(
        self,
        settings: Settings,
        journal: Journal | None = None,
        clock: Clock = utc_now,
        roles: Collection[str] = ROLES,
        *,
        one_of_several: bool = False,
    ) -> None:
        """`one_of_several`: other processes listen on the same SMTP port."""
        self.settings = settings
        self.journal = journal or make_journal(settings, clock)
        self._clock = clock
        self._roles = tuple(role for role in ROLES if role in roles)
        self._one_of_several = one_of_several
        self._stack = AsyncExitStack()
        self._work = asyncio.Event()
        self._world: World | None = None
        self.smtp_address = ("", 0)
        self.links_address = ("", 0)

    @property
    def world(self) -> World:
        """The started gateway's world. Raises RuntimeError before `start`."""
        if self._world is None:
            raise RuntimeError("the gateway is not started")
        return self._world

    async def start(self) -> None:
        """Open the store, then the doors. Raises StoreInUse, WrongSchema, OSError, CannotArm."""
        settings = self.settings
        crash.arm(os.environ, allowed=settings.test.crash_points)
        self.journal.started(version=__version__, roles=",".join(self._roles), store=str(place_of(settings)))
        try:
            self._world = await self._open_world()
            await self._start_deliverer(self._world)
            self._start_housekeeping(self._world)
            await self._open_doors(self._world)
        except BaseException:
            await self._stack.aclose()
            raise

    async def stop(self, reason: str = "asked to") -> None:
        """Close the doors, finish what is under way, close the store."""
        await self._stack.aclose()
        self.journal.stopped(reason=reason)

    async def __aenter__(self) -> "Gateway":
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _open_world(self) -> World:
        settings = self.settings
        secret = read_secret(settings.path(settings.links.secret_file))
        store: Store = await asyncio.to_thread(open_store, place_of(settings))
        self._stack.push_async_callback(asyncio.to_thread, store.close)
        return World(
            settings,
            store,
            self.journal,
            self._clock,
            LinkMaker(secret),
            lambda: self._wake(store),
            make_prover(settings),
            make_signer(settings),
            self._make_readers(),
            self._make_composers(),
        )

    def _wake(self, store: Store) -> None:
        """Something waits in the queue. Another process may be at the delivery it waits behind: it is told too."""
        self._work.set()
        store.tell()

    def _make_readers(self) -> Readers:
        readers = Readers()
        self._stack.push_async_callback(readers.close)
        return readers

    def _make_composers(self) -> Composers:
        composers = Composers()
        self._stack.push_async_callback(composers.close)
        return composers

    async def _start_deliverer(self, world: World) -> None:
        if "deliver" not in self._roles:
            return
        world.store.on_work(self._work.set)
        deliverer = Deliverer(world, Transport(world.settings), self._work)
        task = asyncio.create_task(self._keep_running(deliverer))
        self._stack.push_async_callback(self._end, task)
        self._stack.push_async_callback(deliverer.stop, _GRACE)

    def _start_housekeeping(self, world: World) -> None:
        task = asyncio.create_task(keep_house(world))
        self._stack.push_async_callback(self._end, task)

    async def _keep_running(self, deliverer: Deliverer) -> None:
        """Run the deliverer; when it stumbles (the store is away for a moment), log it and go on."""
        while True:
            try:
                return await deliverer.run()
            except Exception:  # noqa: BLE001 (logged; mail must go on)
                reference = new_id(self._clock())
                self.journal.fault(reference=reference, where="deliverer", cause=traceback.format_exc())
                await asyncio.sleep(1)

    @staticmethod
    async def _end(task: asyncio.Task[None]) -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def _open_doors(self, world: World) -> None:
        settings = self.settings
        control = ControlDoor(settings.path(settings.control.socket), Commands(world).run)
        await control.start()
        self._stack.push_async_callback(control.stop)
        if "links" in self._roles:
            links = LinksDoor(build(world), settings.links.listen, self.journal)
            self.links_address = await links.start()
            self._stack.push_async_callback(links.stop, _GRACE)
            self.journal.listening(door="links", address=_told(self.links_address))
        if "smtp" in self._roles:
            tls, room, spool = tls_context(settings), room_of(disks(settings)), world.store.blobs.keep.spool
            smtp = SmtpDoor(
                settings.smtp,
                Reception(world),
                self.journal,
                self._clock,
                tls,
                room,
                spool=spool,
                shared=self._one_of_several,
            )
            self.smtp_address = await smtp.start()
            self._stack.push_async_callback(smtp.stop, _GRACE)
            self.journal.listening(door="smtp", address=_told(self.smtp_address))


def make_signer(settings: Settings) -> Signer | None:
    """Return what signs outgoing mail, None without keys. Raises OSError, KeyUnusable (a ValueError)."""
    keys = settings.dkim.keys
    if not keys:
        return None
    return Signer(tuple(read_key(settings.path(key.key_file).read_bytes(), key.selector) for key in keys))


def make_prover(settings: Settings) -> Prover | None:
    """Return what proves mails, None when the settings ask for no proof. Raises SettingsError."""
    sender = settings.sender
    if sender.authentication == "off":
        return None
    trusted = Trusted(
        tuple(ip_network(network) for network in sender.trusted_networks),
        frozenset(sender.trusted_names),
        frozenset(sender.trusted_sealers),
    )
    return Prover(settings.dns, settings.smtp.hostname, trusted, sender.proof_timeout.total_seconds())


def _told(address: tuple[str, int]) -> str:
    return f"{address[0]}:{address[1]}"


def tls_context(settings: Settings) -> ssl.SSLContext | None:
    """Return the server's TLS context, None where no certificate is set. Raises OSError, ssl.SSLError."""
    if not settings.smtp.tls_certificate:
        return None
    return server_context(settings.path(settings.smtp.tls_certificate), settings.path(settings.smtp.tls_key))

"""`parley demo`: a gateway, three mailboxes and the page that shows them, on loopback, from nothing to nothing."""

import asyncio
import errno
import os
import shutil
import signal
import sys
import tempfile
import webbrowser
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

from ...store import exchange, inquiries
from ...store.engine import StoreInUse, WriterLock
from ...store.schema import WrongSchema
from ..app import Gateway
from ..journal import Journal
from ..journal_sinks import FileSink
from ..mail.masks import mask_address
from ..settings import Settings, SettingsError, load
from .app import Desk, build
from .feed import Feed, Json
from .history import entries
from .mailboxes import Kept, Mailbox, Mailboxes
from .people import PEOPLE, REPLY_DOMAIN
from .ports import HOST, bind, bind_preferred, free
from .postman import Postman
from .seed import seed
from .server import PageServer
from .toml import MARK, relay_toml
from .view import summary_json

SMTP_PORT, LINKS_PORT, PAGE_PORT = 2525, 8080, 8025

Say = Callable[[str], None]


class DemoError(Exception):
    """Why the demo cannot start, in words for the person at the terminal."""


class Demo:
    """The whole world of the demo in one folder. `start` leaves nothing running when it raises."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self._folder = folder
        self._port = port
        self._stack = AsyncExitStack()
        self._stirred = asyncio.Event()
        self._known: list[Json] = []
        self.url = ""

    async def start(self) -> None:
        """Start everything and play the first turns. Raises DemoError."""
        try:
            await self._start()
        except BaseException as error:
            await self.stop()
            if isinstance(error, (OSError, StoreInUse, WrongSchema, SettingsError)):
                raise DemoError(self._why(error)) from error
            raise

    def _why(self, error: Exception) -> str:
        match error:
            case StoreInUse():
                return f"another demo is running in {self._folder}"
            case TimeoutError():
                return "the first mails did not arrive; this is the log:\n" + "\n".join(self.feed.lines()[-20:])
            case _:
                return str(error)

    async def stop(self) -> None:
        """Stop everything, in the opposite order."""
        await self._stack.aclose()

    async def _start(self) -> None:
        self.feed = Feed(asyncio.get_running_loop(), self._stirred.set)
        self.mailboxes = Mailboxes(PEOPLE, self._folder / "mailboxes", self._mail_changed)
        mail_address = await self.mailboxes.start()
        self._stack.push_async_callback(self.mailboxes.stop)
        self.gateway = await self._start_on_free_ports(mail_address[1])
        postman = Postman(self.mailboxes, mail_address, self.gateway.smtp_address, REPLY_DOMAIN)
        if await self._inquiry() is None:
            await seed(self.gateway.world, self.mailboxes, postman)
        await self._watch()
        await self._serve(Desk(self.mailboxes, postman, self.feed, self._history, await self._about()))

    async def _start_on_free_ports(self, mail_port: int) -> Gateway:
        """Choose ports and start the gateway; again, when somebody else took one of them in between."""
        for last in (False, False, True):
            self.settings = self._write_settings(mail_port)
            try:
                return await self._start_gateway()
            except OSError as error:
                if last or error.errno != errno.EADDRINUSE:
                    raise
        raise AssertionError("the last try returns or raises")

    def _write_settings(self, mail_port: int) -> Settings:
        path = self._folder / "relay.toml"
        if path.exists() and not path.read_text(encoding="utf-8", errors="replace").startswith(MARK):
            raise DemoError(f"{path} was not written by the demo; choose another folder")
        WriterLock(self._folder / "var" / "parley.db").release()  # the settings of a demo that runs stay as they are
        # The ports of the run before, where they are free: the links in the mails that were kept lead there.
        smtp_port, links_port = free(*_ports(path))
        path.write_text(relay_toml(smtp_port, links_port, mail_port), encoding="utf-8")
        return load(path, {})  # not the environment: the demo is the same for everybody

    async def _start_gateway(self) -> Gateway:
        file = FileSink(self.settings.path(self.settings.log.file))
        self._stack.callback(file.close)
        gateway = Gateway(self.settings, Journal(file, self.feed.sink))
        await gateway.start()
        self._stack.push_async_callback(gateway.stop)
        return gateway

    async def _serve(self, desk: Desk) -> None:
        try:
            bound = bind_preferred(PAGE_PORT) if self._port is None else bind(self._port)
        except OSError as error:
            raise DemoError(f"port {self._port} cannot be used: {error.strerror}") from error
        port = int(bound.getsockname()[1])
        server = PageServer(build(desk, port), bound)
        await server.start()
        self._stack.push_async_callback(server.stop)
        self._stack.callback(self.feed.close)
        self.url = f"http://{HOST}:{port}/"

    # -- what the page is told

    def _mail_changed(self, box: Mailbox, kept: Kept) -> None:
        self.feed.tell("mail", {"box": box.person.key, "mail": summary_json(kept)})

    async def _watch(self) -> None:
        """Look at the history after each journal line and tell the pages when it has grown."""

        async def watch() -> None:
            while True:
                await self._stirred.wait()
                self._stirred.clear()
                now = await self._history()
                if now != self._known:
                    self._known = now
                    self.feed.tell("history", {"entries": now})

        task = asyncio.create_task(watch())
        self._stack.push_async_callback(_end, task)

    async def _inquiry(self) -> int | None:
        found = await self.gateway.world.store.read(lambda connection: inquiries.newest(connection, 1))
        return found[0].seq if found else None

    async def _history(self) -> list[Json]:
        seq = await self._inquiry()
        if seq is None:
            return []
        return entries(await self.gateway.world.store.read(lambda connection: exchange.load(connection, seq)))

    async def _about(self) -> Json:
        seq = await self._inquiry()
        store = self.gateway.world.store
        masks = {} if seq is None else await store.read(lambda connection: inquiries.masks_of(connection, seq))
        return {
            "masks": {side: mask_address(side, token, REPLY_DOMAIN) for side, token in masks.items()},
            "smtp": _told(self.gateway.smtp_address),
        }


def _ports(path: Path) -> tuple[int, int]:
    if not path.exists():
        return SMTP_PORT, LINKS_PORT
    before = load(path, {})
    smtp, links = (int(listen.rpartition(":")[2]) for listen in (before.smtp.listen, before.links.listen))
    return smtp, links


def _graphical() -> bool:
    """Whether there is a screen: a browser in text would take the terminal."""
    return sys.platform in ("darwin", "win32") or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


async def run_demo(keep: Path | None, port: int | None, open_browser: bool, say: Say) -> None:
    """Run the demo until Ctrl-C or SIGTERM. What it wrote goes with it, unless it is kept in `keep`."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    folder = await asyncio.to_thread(_folder, keep)
    try:
        await _run(Demo(folder, port), keep, open_browser, say, stop.wait)
    except DemoError as error:
        say(f"parley demo: {error}")
        raise SystemExit(1) from error
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
        if keep is None:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _run(
    demo: Demo, keep: Path | None, open_browser: bool, say: Say, until: Callable[[], Awaitable[object]]
) -> None:
    say("starting a gateway, three mailboxes and an inquiry …")
    await demo.start()
    try:
        smtp, links = _told(demo.gateway.smtp_address), demo.settings.links.base_url
        say(f"open {demo.url}   (SMTP {smtp}, personal links {links})")
        say(f"everything is kept in {keep}" if keep else "nothing is kept: Ctrl-C ends it and leaves no trace")
        if open_browser and _graphical():
            await asyncio.to_thread(webbrowser.open, demo.url)
        await until()
        say("stopping …")
    finally:
        await demo.stop()


def _folder(keep: Path | None) -> Path:
    if keep is None:
        return Path(tempfile.mkdtemp(prefix="parley-demo-"))
    keep.mkdir(parents=True, exist_ok=True)
    return keep.absolute()


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _told(address: tuple[str, int]) -> str:
    return f"{address[0]}:{address[1]}"

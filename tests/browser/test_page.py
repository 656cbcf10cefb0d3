"""The link page in a real Chromium: on a phone, on a desk, in the dark, by keyboard, without JavaScript, live.

Screenshots go to the folder named by PARLEY_SCREENSHOTS, else to the test's own temporary folder.
"""

import os
import re
import resource
from pathlib import Path

import pytest
from parley.relay.actions.create import Created
from parley.tests.gateway import BUYER, SELLER, Running, mail
from parley.tests.pages import OBSERVER
from parley.tests.window import CHROMIUM, link, window
from playwright.async_api import Browser, Page, expect

TABLE = (
    "<p>Please find our <b>offer</b>:</p><table border=1 cellpadding=6><tr><th>Item<th>Price"
    "<tr><td>P-200, twelve<td>4,800 EUR<tr><td>Freight<td>190 EUR</table><p>Regards<br>Anna</p>"
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium at /usr/bin/chromium"),
]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = Path(os.environ.get("PARLEY_SCREENSHOTS", tmp_path / "pictures"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


async def negotiation(run: Running) -> Created:
    """An inquiry with an answer in HTML, a question, and a held mail."""
    made = await run.open(observers=[{"email": OBSERVER}])
    await run.peer.wait(2)
    offer = mail(SELLER, made.masks["buyer"], TABLE, message_id="offer@werk.example")
    await run.send(SELLER, made.masks["buyer"], offer.replace(b"text/plain", b"text/html"))
    words = "Too dear, and ten weeks is long.\nCan you do eight?\n\n-- \nJean Dupont\njean@acheteur.example"
    await run.send(
        BUYER, made.masks["seller"], mail(BUYER, made.masks["seller"], words, message_id="q@acheteur.example")
    )
    await run.wait_for("sent", 4)
    return made


async def no_wider_than_the_screen(page: Page) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_on_a_desk(run: Running, browser: Browser, pictures: Path) -> None:
    made = await negotiation(run)
    for scheme in ("light", "dark"):
        async with window(browser, color_scheme=scheme) as page:
            await page.goto(link(run, made, SELLER))
            assert "/c/" not in page.url
            await expect(page.get_by_role("heading", level=1)).to_have_text("P-200")
            await expect(page.get_by_text("a quote", exact=True)).to_be_visible()  # the request, without a click
            await expect(page.frame_locator("iframe.layout").get_by_text("4,800 EUR")).to_be_visible()
            await expect(page.get_by_text("Delivered to Jean D. (Acheteur SA)").first).to_be_visible()
            await no_wider_than_the_screen(page)
            await page.screenshot(path=pictures / f"page-desk-{scheme}.png")
            about, talk = page.locator(".about"), page.locator(".talk")
            left, right = await about.bounding_box(), await talk.bounding_box()
            assert left is not None
            assert right is not None
            assert left["x"] + left["width"] <= right["x"]


async def test_a_long_name_stands_clear_of_its_date_on_a_phone(run: Running, browser: Browser) -> None:
    name = {"email": SELLER, "name": "Maximiliane von Hohenstein-Wallersdorf"}
    made = await run.open(sellers=[name], company={"name": "Werkzeugmaschinenfabrik Hohenstein GmbH"})
    await run.send(SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], "4,800 EUR"))
    await run.wait_for("sent", 3)
    async with window(browser, 320, 780) as page:
        await page.goto(link(run, made, SELLER))
        heads = await page.locator(".message header").all()
        assert len(heads) == 2
        for head in heads:
            name_box, when_box = await head.locator("h3").bounding_box(), await head.locator(".when").bounding_box()
            assert name_box
            assert when_box
            assert name_box["y"] + name_box["height"] <= when_box["y"] + 1


@pytest.mark.parametrize("width", [320, 390])
async def test_on_a_phone(run: Running, browser: Browser, pictures: Path, width: int) -> None:
    made = await negotiation(run)
    async with window(browser, width, 780, has_touch=True, is_mobile=True) as page:
        await page.goto(link(run, made, BUYER))
        await no_wider_than_the_screen(page)
        await page.screenshot(path=pictures / f"page-phone-{width}.png")
        places = [await page.locator(one).first.bounding_box() for one in ("article", "#reply", "article + article")]
        tops = [place["y"] for place in places if place]
        assert len(tops) == 3
        assert tops == sorted(tops)  # what was said last, the box to answer it, what was said before
        await expect(page.get_by_text("Company asked")).to_be_hidden()
        await page.get_by_text("The request", exact=True).click()
        await expect(page.get_by_text("Company asked")).to_be_visible()
        await no_wider_than_the_screen(page)
        for target in await page.locator("button:visible, .request summary, .doing summary, .documents a").all():
            box = await target.bounding_box()
            assert box is None or box["height"] >= 24  # WCAG 2.5.8
        await page.get_by_role("heading", name="Messages").scroll_into_view_if_needed()
        await page.screenshot(path=pictures / f"page-phone-{width}-messages.png")


async def test_reply_without_javascript(run: Running, browser: Browser, pictures: Path) -> None:
    made = await negotiation(run)
    async with window(browser, 390, 780, java_script_enabled=False) as page:
        await page.goto(link(run, made, BUYER))
        await page.get_by_role("button", name="Send", exact=True).click()
        await expect(page.get_by_role("alert")).to_contain_text("your reply is empty")
        await page.screenshot(path=pictures / "page-empty-reply.png")
        await page.get_by_label("Your reply to Anna W. (Werk GmbH)").fill("Agreed.\nPlease send the order form.")
        file = {"name": "drawing.png", "mimeType": "image/png", "buffer": b"a picture"}
        await page.locator("#reply input[type=file]").set_input_files([file])  # pyright: ignore[reportArgumentType]
        await page.get_by_role("button", name="Send", exact=True).click()
        await expect(page.get_by_role("status").first).to_have_text("Your reply was sent.")
        first = page.locator("article").first
        await expect(first).to_contain_text("Please send the order form.")
        await expect(first).to_contain_text("drawing.png")
        await first.screenshot(path=pictures / "page-own-message.png")
        async with page.expect_download() as download:
            await first.get_by_role("link", name=re.compile("drawing")).click()
        assert (await (await download.value).path()).read_bytes() == b"a picture"
    (relayed,) = [got for got in await run.peer.wait(5) if b"order form" in got.data]
    assert relayed.rcpt == [SELLER] or SELLER in relayed.rcpt


async def test_news_come_while_the_page_is_open(run: Running, browser: Browser) -> None:
    made = await negotiation(run)
    async with window(browser) as page:
        await page.goto(link(run, made, SELLER))
        box = page.get_by_label("Your reply to Jean D.")
        await box.fill("half a sen")
        fold = page.locator("article").nth(0).locator("details").first
        await fold.locator("summary").click()
        await expect(page.locator("article")).to_have_count(3)
        data = mail(BUYER, made.masks["seller"], "One more thing: in blue.", message_id="blue@acheteur.example")
        await run.send(BUYER, made.masks["seller"], data)
        await expect(page.locator("article").first).to_contain_text("in blue")
        await expect(page.locator("article")).to_have_count(4)
        await expect(box).to_have_value("half a sen")  # nothing that he does is disturbed
        await expect(page.locator("article").nth(1).locator("details").first).to_have_attribute("open", "")
        await expect(page.get_by_role("status").last).to_have_text("There is something new in this conversation.")


async def test_a_message_goes_from_sent_to_delivered_before_ones_eyes(run: Running, browser: Browser) -> None:
    made = await negotiation(run)
    async with window(browser) as page:
        await page.goto(link(run, made, SELLER))
        run.peer.refuse("rcpt", 550, "5.1.1 no such user", rcpt=BUYER, times=1)
        await page.get_by_label("Your reply to Jean D.").fill("Eight weeks, then.")
        await page.keyboard.press("Control+Enter")
        first = page.locator("article").first
        await expect(first).to_contain_text("Eight weeks, then.")
        await expect(first.locator(".state.failed")).to_contain_text("this mail address no longer exists")
        await page.get_by_label("Your reply to Jean D.").fill("Once more.")
        await page.keyboard.press("Control+Enter")
        await expect(page.locator("article").first.locator(".state.done")).to_contain_text("Delivered")


async def test_by_keyboard(run: Running, browser: Browser) -> None:
    made = await negotiation(run)
    async with window(browser) as page:
        await page.goto(link(run, made, SELLER))
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Skip to the conversation")).to_be_focused()
        await page.keyboard.press("Enter")
        reached: list[str] = []
        for _ in range(20):
            await page.keyboard.press("Tab")
            reached.append(await page.evaluate("document.activeElement.name || document.activeElement.type || ''"))
        ours = reached[reached.index("sender") :]
        assert [name for name in ours if name in ("text", "files", "submit")][:3] == ["text", "files", "submit"]


async def test_too_big_is_said_before_it_is_sent(run: Running, browser: Browser, tmp_path: Path) -> None:
    made = await negotiation(run)
    big = tmp_path / "big.bin"
    with big.open("wb") as file:
        file.truncate(200_000_000)
    async with window(browser) as page:
        await page.goto(link(run, made, SELLER))
        files = page.locator("#reply input[type=file]")
        await files.set_input_files(big)
        assert "larger than 26.2 MB" in await files.evaluate("node => node.validationMessage")
    async with window(browser, java_script_enabled=False) as page:
        await page.goto(link(run, made, SELLER))
        await page.get_by_label("Your reply to Jean D.").fill("with a big file")
        await page.locator("#reply input[type=file]").set_input_files(big)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        await page.get_by_role("button", name="Send", exact=True).click()
        await expect(page.get_by_role("alert")).to_contain_text("larger than 26.2 MB", timeout=60_000)
        await expect(page.get_by_label("Your reply to Jean D.")).to_have_value("with a big file")
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000  # kB: it was never in memory


async def test_what_others_see(run: Running, browser: Browser, pictures: Path) -> None:
    made = await negotiation(run)
    async with window(browser, 900, 520) as page:
        await page.goto(link(run, made, OBSERVER))
        await expect(page.get_by_text("Yes")).to_be_visible()
        await page.screenshot(path=pictures / "page-observer.png")
        await page.goto(f"{link(run, made, OBSERVER)[:-3]}xyz")
        await expect(page.get_by_role("heading", level=1)).to_have_text("This page cannot be opened")
        await page.screenshot(path=pictures / "page-wrong-link.png")

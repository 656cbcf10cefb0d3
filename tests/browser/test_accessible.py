"""axe-core finds nothing on any page in any state, light and dark, wide and narrow."""

import re

import pytest
from axe_playwright_python.async_playwright import Axe
from parley.relay.actions.act import By, act
from parley.relay.actions.close import close
from parley.relay.actions.leave import Leave
from parley.relay.actions.read import read_on_page
from parley.store import inquiries, messages
from parley.tests.gateway import BUYER, COLLEAGUE, SELLER, Running, mail
from parley.tests.pages import OBSERVER
from parley.tests.window import CHROMIUM, at_port, link, window
from playwright.async_api import Browser, Page

KARL = "karl@werk.example"
RICH = "<p>Our <b>offer</b>:</p><table><tr><th>Item<th>Price<tr><td>P-200<td>4,800 EUR</table>"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium at /usr/bin/chromium"),
]


async def sound(page: Page, state: str) -> None:
    """Fail with what axe finds."""
    results = await Axe().run(page)
    assert results.violations_count == 0, f"{state}: {results.generate_report()}"


async def unfold(page: Page) -> None:
    """Open everything that can be opened."""
    await page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")


async def test_every_state_of_a_partys_page(run: Running, browser: Browser) -> None:
    sellers = [{"email": SELLER, "name": "Anna Weber"}, {"email": KARL, "name": "Karl Braun"}]
    made = await run.open(observers=[{"email": OBSERVER}], sellers=sellers)
    await run.wait_for("sent", 3)
    buyer, seller = made.masks["buyer"], made.masks["seller"]
    run.peer.refuse("rcpt", 550, "5.1.1 no such user", rcpt=KARL, times=1)
    await run.send(
        SELLER, buyer, mail(SELLER, buyer, RICH, message_id="1@w.example").replace(b"text/plain", b"text/html")
    )
    await run.send(
        BUYER, seller, mail(BUYER, seller, "Too dear.\n\n-- \nJean\njean@acheteur.example", message_id="2@a")
    )
    await run.send(COLLEAGUE, buyer, mail(f"Ben <{COLLEAGUE}>", buyer, "I am Ben.", message_id="3@w.example"))
    await run.wait_for("failed", 1)
    for width, scheme in ((1280, "light"), (1280, "dark"), (320, "light")):
        async with window(browser, width, color_scheme=scheme) as page:
            await page.goto(link(run, made, SELLER))
            await sound(page, f"seller {width} {scheme}")
            await unfold(page)
            await sound(page, f"seller unfolded {width} {scheme}")
            await page.goto(link(run, made, BUYER))
            await sound(page, f"buyer {width} {scheme}")
            home = page.url
            for what in ("?order=oldest", "/history", "/print"):
                await page.goto(home + what)
                await sound(page, f"buyer {what} {width} {scheme}")


async def test_what_went_wrong_and_what_was_done(run: Running, browser: Browser) -> None:
    made = await run.open()
    await run.wait_for("sent", 2)
    for scheme in ("light", "dark"):
        async with window(browser, java_script_enabled=True, color_scheme=scheme) as page:
            await page.goto(link(run, made, SELLER))
            await page.get_by_role("button", name="Send", exact=True).click()
            await sound(page, "empty reply")
            await page.get_by_label("Your mail address").fill("nobody")
            await page.locator("#text").fill("words")
            await page.get_by_role("button", name="Send", exact=True).click()
            await sound(page, "bad sender")
            await page.get_by_text("Hand over to a colleague").click()
            await page.get_by_label("Mail address of your colleague").fill("x@reply.market.example")
            await page.get_by_role("button", name="Hand over", exact=True).click()
            await page.get_by_role("alert").wait_for()
            await sound(page, "bad successor")
    async with window(browser) as page:
        await page.goto(link(run, made, SELLER))
        await page.get_by_role("button", name="Show the telephone number").click()
        await sound(page, "telephone number")
        await page.locator("#decline summary").click()
        await page.get_by_label("Discontinued").or_(page.get_by_role("radio").nth(3)).first.check()
        await page.get_by_role("button", name="Decline the request").click()
        await page.get_by_role("button", name="Take it back").wait_for()
        await sound(page, "declined")
        await page.locator("#text").fill("After all.")
        await page.get_by_role("button", name="Send", exact=True).click()
        await page.get_by_text("Your reply was sent.").wait_for()
        await sound(page, "sent")


async def test_pages_for_those_who_only_look(run: Running, browser: Browser) -> None:
    made = await run.open(observers=[{"email": OBSERVER}], sellers=[{"email": SELLER}, {"email": KARL}])
    people = await run.gateway.world.store.read(lambda connection: inquiries.participants(connection, 1))
    seq = {one.email: one.seq for one in people}
    (request,) = await run.gateway.world.store.read(lambda connection: messages.of_inquiry(connection, 1))
    await read_on_page(run.gateway.world, seq[SELLER], [request.id], {"how": "screen"}, "test")
    await act(run.gateway.world, By(seq[KARL], "page", "test"), Leave())
    async with window(browser) as page:
        for who in (OBSERVER, KARL, BUYER):
            await page.goto(link(run, made, who))
            await sound(page, who)
        wrong = await page.goto(at_port(run, "/c/none"))
        assert wrong is not None
        assert wrong.status == 404
        await sound(page, "wrong link")
    async with window(browser) as page:
        await page.goto(link(run, made, SELLER))
        await page.get_by_text("Hand over to a colleague").click()
        await page.get_by_label("Mail address of your colleague").fill(COLLEAGUE)
        await page.get_by_role("button", name="Hand over", exact=True).click()
        await page.get_by_text(re.compile("You can still read it")).wait_for()
        await sound(page, "handed over")
        await close(run.gateway.world, made.id, "ops")
        await page.goto(link(run, made, BUYER))
        await sound(page, "closed")

"""A real Chromium for the tests of pages: windows that fail a test when something breaks or is asked for elsewhere."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from parley.relay.actions.create import Created
from parley.tests.gateway import Running
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@asynccontextmanager
async def chromium() -> AsyncGenerator[Browser]:
    """A browser without windows."""
    async with async_playwright() as playwright:
        one = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield one
        await one.close()


@asynccontextmanager
async def window(browser: Browser, width: int = 1280, height: int = 900, **how: Any) -> AsyncGenerator[Page]:
    """A fresh window that fails the test when a script breaks or something outside is asked for."""
    context = await browser.new_context(viewport={"width": width, "height": height}, locale="en-GB", **how)
    page = await context.new_page()
    wrong = watched(page)
    yield page
    await context.close()
    assert not wrong


def watched(page: Page) -> list[str]:
    """What goes wrong in a window from now on: errors of scripts, what the policy stops, requests to elsewhere."""
    wrong: list[str] = []

    def said(message: ConsoleMessage) -> None:
        if "Content Security" in message.text:
            wrong.append(message.text)

    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", said)
    page.on("request", lambda request: None if "//127.0.0.1:" in request.url else wrong.append(request.url))
    return wrong


def link(run: Running, made: Created, email: str) -> str:
    """The personal link at the port where the server really listens."""
    return at_port(run, made.links[email])


def at_port(run: Running, address: str) -> str:
    """An address of the gateway at the port where the server really listens."""
    host, port = run.gateway.links_address
    return f"http://{host}:{port}{address.removeprefix(run.gateway.settings.links.base_url)}"

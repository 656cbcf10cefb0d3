"""Both sides negotiate one inquiry to the end twice: only on pages, and only by mail. The histories are equal."""

import re
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path

import pytest
from parley.relay.mail.masks import action_address
from parley.store import events, inquiries
from parley.tests.gateway import BUYER, COLLEAGUE, SELLER, Running, body, header, mail, running, to
from parley.tests.pdf import real_pdf
from parley.tests.peer import Got, Peer
from parley.tests.story.test_read_states import receipt
from parley.tests.window import CHROMIUM, at_port, chromium, link, window
from playwright.async_api import FilePayload, Page, expect
from sqlalchemy import Connection

PDF = real_pdf(5000)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium at /usr/bin/chromium"),
]


@asynccontextmanager
async def world(folder: Path) -> AsyncGenerator[Running]:
    async with Peer() as peer, running(folder, peer) as run:
        yield run


async def facts(run: Running) -> list[tuple[str, str]]:
    """The history: what happened and by whom, in order. How somebody did it stands in the proof, and is left out."""

    def query(connection: Connection) -> list[tuple[str, str]]:
        people = {one.seq: one.email for one in inquiries.participants(connection, 1)}
        return [(one.kind, people.get(one.actor or 0, "")) for one in events.of_inquiry(connection, 1)]

    return await run.gateway.world.store.read(query)


class ByMail:
    """One side with a mail program that answers requests for receipts."""

    def __init__(self, run: Running, mask: str, who: str) -> None:
        self.run, self.mask, self.who = run, mask, who

    async def read(self) -> None:
        """Read the newest mail."""
        await self.run.quiet()
        newest = to(self.run.peer.mails, self.who)[-1]
        await self.run.send(self.who, self.mask, receipt(self.who, self.mask, header(newest, "Message-ID")))

    async def write(self, text: str) -> None:
        newest = to(self.run.peer.mails, self.who)[-1]
        data = mail(self.who, self.mask, text, message_id=f"{len(text)}@mail", references=header(newest, "Message-ID"))
        await self.run.send(self.who, self.mask, data)
        await self.run.quiet()

    async def document(self, text: str, data: bytes) -> None:
        address, newest = action_address("document", self.mask), to(self.run.peer.mails, self.who)[-1]
        one = EmailMessage()
        one["From"], one["To"], one["Subject"] = self.who, address, "Re: Price for 12 pumps"
        one["In-Reply-To"] = one["References"] = header(newest, "Message-ID")
        one.set_content(text)
        one.add_attachment(data, maintype="application", subtype="pdf", filename="sheet.pdf")
        await self.run.send(self.who, address, bytes(one).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
        await self.run.quiet()

    async def do(self, verb: str, detail: str = "", words: str = "") -> None:
        address = action_address(verb, self.mask, detail)
        await self.run.send(self.who, address, mail(self.who, address, words, subject=verb, message_id=f"{verb}@mail"))
        await self.run.quiet()

    async def decline(self) -> None:
        await self.do("decline", "quantity_too_small")

    async def take_back(self) -> None:
        await self.do("undo")

    async def hand_over(self, to: str, note: str) -> "ByMail":
        await self.do("transfer", words=f"{to}\n\n{note}")
        return ByMail(self.run, self.mask, to)


class OnPage:
    """One side with a browser and no mail program."""

    def __init__(self, run: Running, page: Page, address: str) -> None:
        self.run, self.page, self.address = run, page, address

    async def read(self) -> None:
        """Look at the newest message for as long as it takes to read it."""
        await self.run.quiet()
        seen = len(self.run.logged("seen"))
        await self.page.goto(self.address)
        await self.page.locator("article[data-unread]").first.scroll_into_view_if_needed()
        await self.run.wait_for("seen", seen + 1)

    async def write(self, text: str) -> None:
        await self.page.locator("#text").fill(text)
        await self.page.get_by_role("button", name="Send", exact=True).click()
        await self.sent()

    async def sent(self) -> None:
        """Leave the page: what the other side writes would be read on it as it comes."""
        await expect(self.page.get_by_text("Your reply was sent.")).to_be_visible()
        await self.page.goto("about:blank")
        await self.run.quiet()

    async def document(self, text: str, data: bytes) -> None:
        await self.page.get_by_text("Other document").click()
        await self.page.get_by_label("What goes with it").fill(text)
        file = FilePayload(name="sheet.pdf", mimeType="application/pdf", buffer=data)
        await self.page.get_by_label(re.compile("A document to send")).set_input_files([file])
        await self.page.get_by_role("button", name="Send the document").click()
        await self.sent()

    async def do(self, verb: str) -> None:
        if verb == "close":
            await self.page.get_by_text("Close the conversation").click()
        name = {"phone": "Show the telephone number", "close": "Close it now"}[verb]
        await self.page.get_by_role("button", name=name).click()
        await self.page.wait_for_load_state()
        await self.run.quiet()

    async def decline(self) -> None:
        await self.page.get_by_text("Decline", exact=True).click()
        await self.page.get_by_label("Quantity too small").check()
        await self.page.get_by_role("button", name="Decline the request").click()
        await expect(self.page.get_by_role("button", name="Take it back")).to_be_visible()
        await self.run.quiet()

    async def take_back(self) -> None:
        await self.page.get_by_role("button", name="Take it back").click()
        await expect(self.page.get_by_text("Decline", exact=True)).to_be_visible()
        await self.run.quiet()

    async def hand_over(self, to: str, note: str) -> "OnPage":
        """The colleague opens the link in the mail that brings him everything."""
        await self.page.get_by_text("Hand over to a colleague").click()
        await self.page.get_by_label("Mail address of your colleague").fill(to)
        await self.page.get_by_label("A note for your colleague").fill(note)
        await self.page.get_by_role("button", name="Hand over", exact=True).click()
        await expect(self.page.locator("#reply")).to_have_count(0)
        await self.run.quiet()
        return OnPage(self.run, self.page, link_in(self.run, to))


def link_in(run: Running, who: str) -> str:
    """The personal link in somebody's newest mail."""
    found = re.search(r"http://\S+/c/[\w-]+", body(newest(run, who)))
    assert found
    return at_port(run, found[0])


def newest(run: Running, who: str) -> Got:
    return to(run.peer.mails, who)[-1]


async def negotiate(buyer: ByMail | OnPage, seller: ByMail | OnPage) -> None:
    """From the request to the handshake."""
    await seller.read()
    await seller.write("They cost 4,800 EUR, ten weeks from order.")
    await buyer.read()
    await buyer.write("Can you do eight weeks?")
    await seller.read()
    await seller.do("phone")
    await seller.decline()
    await seller.take_back()
    await seller.document("Eight weeks, as in this sheet.", PDF)
    await buyer.read()
    await buyer.write("Agreed: twelve pieces in eight weeks.")
    await seller.read()
    colleague = await seller.hand_over(COLLEAGUE, "Please see to the order.")
    await colleague.read()
    await colleague.write("Thank you for the order. We begin tomorrow.")
    await buyer.read()
    await buyer.do("close")


async def test_a_negotiation_by_mail_and_one_on_pages_leave_the_same_history(tmp_path: Path) -> None:
    async with world(tmp_path / "mail") as run:
        made = await run.open()
        await negotiate(ByMail(run, made.masks["seller"], BUYER), ByMail(run, made.masks["buyer"], SELLER))
        by_mail = await facts(run)
        assert not run.logged("page")
    async with world(tmp_path / "page") as run, chromium() as browser, window(browser) as one, window(browser) as two:
        made = await run.open()
        buyer, seller = OnPage(run, one, link(run, made, BUYER)), OnPage(run, two, link(run, made, SELLER))
        await negotiate(buyer, seller)
        on_pages = await facts(run)
    counts = Counter(kind for kind, _ in by_mail)
    assert counts["message.read"] == 9  # the colleague reads again what the seller had read
    assert counts["message.answered"] == 5
    once = ("phone.shown", "inquiry.declined", "action.undone", "document.sent", "inquiry.transferred")
    assert [counts[kind] for kind in (*once, "inquiry.closed")] == [1] * 6
    assert by_mail == on_pages

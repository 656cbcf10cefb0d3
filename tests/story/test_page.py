"""The page as one more mailbox: what is written there goes out by mail, what comes by mail stands there."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from parley.relay.actions.create import Created
from parley.tests.gateway import BUYER, COLLEAGUE, DOMAIN, SELLER, Running, body, header, mail, opened, running, to
from parley.tests.pages import Page, Visitor
from parley.tests.peer import Peer

pytestmark = pytest.mark.usefixtures("engines")


async def visit(run: Running, made: Created, email: str) -> tuple[Visitor, Page]:
    visitor = Visitor(*run.gateway.links_address)
    return visitor, await visitor.open(made.links[email])


async def test_a_seller_answers_on_the_page_and_the_buyer_by_mail(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer, copy=True) as run:
        made = await run.open(cc=[{"email": COLLEAGUE, "name": "Ben Kurz"}])
        requests = await peer.wait(3)
        (request,), (confirmation,) = to(requests, SELLER), to(requests, BUYER)
        assert urlsplit(made.links[SELLER]).path in body(request)
        seller, _ = await visit(run, made, SELLER)
        answer = await seller.send("They cost 4,800 EUR.", [("Offer.pdf", "application/pdf", b"%PDF-1.4 offer")])
        assert answer.status == 303

        got = await peer.wait(6)
        (relayed,), (told,) = to(got[3:], BUYER), to(got[3:], COLLEAGUE)
        (copy,) = to(got[3:], SELLER)
        assert made.masks["seller"] in header(relayed, "From")
        assert "They cost 4,800 EUR." in body(relayed)
        assert "They cost 4,800 EUR." in body(told)
        assert header(confirmation, "Message-ID") in header(relayed, "References")  # the buyer's client threads it
        (part,) = (part for part in opened(relayed).walk() if part.get_filename() == "Offer.pdf")
        assert part.get_payload(decode=True) == b"%PDF-1.4 offer"
        for secret in (SELLER.encode(), b"werk.example", b"<page."):
            assert secret not in relayed.data
        assert header(copy, "Auto-Submitted") == "auto-generated"

        thanks = mail(
            f"Jean Dupont <{BUYER}>",
            made.masks["seller"],
            "Agreed.",
            message_id="yes@acheteur.example",
            references=header(relayed, "Message-ID"),
        )
        await run.send(BUYER, made.masks["seller"], thanks)
        await peer.wait(8)
        await run.wait_for("sent", 8)
        page = await seller.get(seller.page_path)
        assert page.words.index("Agreed.") < page.words.index("They cost 4,800 EUR.")
        assert "Answered by Jean D. (Acheteur SA)" in page.words
        shown = await run.show(made.id)
        assert shown["messages"][2]["parent"] == shown["messages"][1]["id"]


async def test_one_id_follows_a_reply_from_the_page_to_the_wire(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer) as run:
        made = await run.open()
        await run.wait_for("sent", 2)
        seller, _ = await visit(run, made, SELLER)
        await seller.send("Hello from the page.")
        sent = (await run.wait_for("sent", 3))[-1]
        id = sent.split()[1]
        events = {line.split()[2] for line in run.lines if line.split()[1] == id}
        assert events == {"received", "decided", "accepted", "page", "sending", "sent"}
        assert not any(made.links[SELLER].rpartition("/")[2] in line for line in run.lines)


async def test_a_link_still_opens_after_a_restart_and_what_was_typed_is_there(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer) as run:
        made = await run.open()
        seller, _ = await visit(run, made, SELLER)
        await seller.send("Before the restart.")
    async with running(tmp_path, peer) as run:
        seller.host, seller.port = run.gateway.links_address
        page = await seller.get(seller.page_path)  # with the cookie of before
        assert "Before the restart." in page.words
        await seller.send("After the restart.")
        await run.wait_for("sent")
        _, page = await visit(run, made, BUYER)
        assert page.words.index("After the restart.") < page.words.index("Before the restart.")
        assert DOMAIN not in page.words

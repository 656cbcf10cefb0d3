"""What is known of a message after it was sent: read on the page, by a receipt or by an answer, each with its proof."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from parley.relay.actions.create import Created
from parley.relay.actions.read import read_on_page
from parley.store import inquiries
from parley.tests.gateway import BUYER, COLLEAGUE, SELLER, Running, mail, opened, running, to
from parley.tests.peer import Got, Peer

pytestmark = pytest.mark.usefixtures("engines")


@pytest.fixture
async def world(tmp_path: Path, peer: Peer) -> AsyncIterator[Running]:
    async with running(tmp_path, peer, copy=True) as one:
        yield one


def receipt(who: str, mask: str, original: str, disposition: str = "displayed") -> bytes:
    """A receipt as mail programs send it (RFC 8098 section 9)."""
    lines = (
        f"From: {who}",
        f"To: {mask}",
        "Subject: Read: Price",
        "Date: Mon, 23 Nov 2026 10:00:00 +0100",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=disposition-notification; boundary="r"',
        "",
        "--r",
        "Content-Type: text/plain",
        "",
        "This is a receipt for the mail you sent. It was displayed.",
        "--r",
        "Content-Type: message/disposition-notification",
        "",
        "Reporting-UA: client.example; Client 1.0",
        f"Final-Recipient: rfc822;{who}",
        f"Original-Message-ID: <{original}>",
        f"Disposition: manual-action/MDN-sent-manually; {disposition}",
        "--r--",
        "",
    )
    return "\r\n".join(lines).encode()


def id_of(got: Got) -> str:
    return str(opened(got)["Message-ID"]).strip("<>")


def told(shown: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [event for event in shown["events"] if event["kind"] == kind]


async def seq_of(world: Running, made: Created, email: str) -> int:
    def query(connection: Any) -> int:
        found = inquiries.find(connection, made.id)
        assert found is not None
        return next(one.seq for one in inquiries.participants(connection, found.seq) if one.email == email)

    return await world.gateway.world.store.read(query)


async def test_an_answer_reads_and_answers_what_it_answers(world: Running, peer: Peer) -> None:
    made = await world.open()
    first = await peer.wait(2)
    asked = id_of(to(first, SELLER)[0])
    await world.send(SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], "4,800", references=f"<{asked}>"))
    await world.send(
        SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], "plus VAT", references=f"<{asked}>")
    )
    shown = await world.show(made.id)
    request, answer, _ = shown["messages"]
    assert request["state"] == "answered"
    assert [(e["about"], e["actor"], e["proof"]["message"]) for e in told(shown, "message.answered")] == [
        (request["id"], SELLER, answer["id"])
    ]
    kinds = [event["kind"] for event in shown["events"]]
    assert kinds.index("message.read") < kinds.index("message.received") < kinds.index("message.answered")
    assert [(e["about"], e["actor"], e["proof"]["by"]) for e in told(shown, "message.read")] == [
        (request["id"], SELLER, "answered")
    ]


async def test_a_receipt_of_who_got_the_mail_is_a_proof_of_reading(world: Running, peer: Peer) -> None:
    made = await world.open()
    first = await peer.wait(2)
    asked = id_of(to(first, SELLER)[0])
    await world.send("", made.masks["buyer"], receipt(SELLER, made.masks["buyer"], asked))
    await world.send("", made.masks["buyer"], receipt(SELLER, made.masks["buyer"], asked))
    shown = await world.show(made.id)
    assert shown["messages"][0]["state"] == "read"
    (read,) = told(shown, "message.read")
    assert (read["actor"], read["about"], read["proof"]["by"]) == (SELLER, shown["messages"][0]["id"], "mdn")
    assert read["proof"]["mode"] == "manual-action/mdn-sent-manually"
    assert told(shown, "auto_reply.received")[0]["proof"]["why"] == "read before"
    assert len(shown["messages"]) == 1


@pytest.mark.parametrize(
    ("who", "original", "disposition", "why"),
    [
        (SELLER, "", "deleted", "not displayed"),
        (SELLER, "", "dispatched", "not displayed"),
        (SELLER, "m.aaaaaaaaaaaaaaaa@reply.market.example", "displayed", "names no mail of ours"),
        (COLLEAGUE, "", "displayed", "of another reader"),
        ("stranger@elsewhere.example", "", "displayed", "sender not proved"),
    ],
)
async def test_a_receipt_that_proves_nothing_is_a_note(
    world: Running, peer: Peer, who: str, original: str, disposition: str, why: str
) -> None:
    made = await world.open(sellers=[{"email": SELLER}, {"email": COLLEAGUE}])
    asked = original or id_of(to(await peer.wait(3), SELLER)[0])
    await world.send("", made.masks["buyer"], receipt(who, made.masks["buyer"], asked, disposition))
    shown = await world.show(made.id)
    assert not told(shown, "message.read")
    assert told(shown, "auto_reply.received")[0]["proof"]["why"] == why


async def test_a_receipt_for_another_inquiry_is_none_here(world: Running, peer: Peer) -> None:
    made, other = await world.open(), await world.open(reference="MK-1002")
    asked = next(id_of(got) for got in to(await peer.wait(4), SELLER) if made.masks["buyer"].encode() in got.data)
    await world.send("", other.masks["buyer"], receipt(SELLER, other.masks["buyer"], asked))
    for one in (made, other):
        assert not told(await world.show(one.id), "message.read")


async def test_the_page_says_what_was_seen_once_for_each_reader(world: Running, peer: Peer) -> None:
    made, other = await world.open(observers=[{"email": "watch@brand.example"}]), await world.open(reference="MK-1002")
    await peer.wait(4)
    await world.send(SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], "4,800"))
    shown, elsewhere = await world.show(made.id), await world.show(other.id)
    asked, answer, foreign = shown["messages"][0]["id"], shown["messages"][1]["id"], elsewhere["messages"][0]["id"]
    ids = [answer, answer, asked, foreign, "nonsense"]

    async def look(email: str) -> tuple[str, ...]:
        return await read_on_page(world.gateway.world, await seq_of(world, made, email), ids, {"how": "visible"}, "x")

    assert await look(BUYER) == (answer,)
    assert await look(BUYER) == ()
    assert await look(SELLER) == ()  # he answered it before
    assert await look("watch@brand.example") == ()
    shown = await world.show(made.id)
    read = told(shown, "message.read")[-1]
    assert (read["about"], read["actor"], read["proof"]) == (answer, BUYER, {"by": "page", "how": "visible"})
    assert [one["state"] for one in shown["messages"]] == ["answered", "read"]
    assert not told(await world.show(other.id), "message.read")
    assert len(world.logged("seen")) == 1

"""R30: a participant forwards a mail of ours to a colleague in his own mail program, and the colleague answers."""

from pathlib import Path

import pytest
from parley.relay.actions.hold import release
from parley.tests.gateway import BUYER, COLLEAGUE, SELLER, Running, body, header, mail, running, to
from parley.tests.peer import Got, Peer

EXTERNAL = "eve@agency.example"


def shown_as(got: Got, who: str) -> dict[str, str]:
    """What a mail program writes of a mail that it hands on, by its name."""
    sender, subject, words = header(got, "From"), header(got, "Subject"), body(got)
    block = f"From: {sender}\nSent: Monday, 23 November 2026 09:00\nTo: {who}\nSubject: {subject}\n\n{words}"
    marked = "\n".join(f"> {line}" for line in block.split("\n"))
    fields = f"From: {sender}\nDate: Mon, 23 Nov 2026 at 09:00\nSubject: {subject}\nTo: <{who}>\n\n\n{words}"
    return {
        "outlook": f"________________________________\n{block}",
        "gmail": f"---------- Forwarded message ---------\n{fields}",
        "apple": f"Begin forwarded message:\n\n{marked}",
        "thunderbird": f"-------- Forwarded Message --------\n{block}",
    }


async def start(world: Running) -> tuple[str, str, Got]:
    made = await world.open()
    await world.quiet()
    return made.id, made.masks["buyer"], to(world.peer.mails, SELLER)[0]


@pytest.mark.parametrize("client", ["outlook", "gmail", "apple", "thunderbird"])
async def test_a_colleague_who_was_forwarded_a_mail_answers_and_takes_part(
    tmp_path: Path, peer: Peer, client: str
) -> None:
    async with running(tmp_path, peer, sender='policy = "open"\nauthentication = "off"') as world:
        id, mask, request = await start(world)
        # Anna's forward passes us by; Ben answers the address that he finds in it, and quotes her and us.
        quoted = f"On Mon, 23 Nov 2026 at 10:00, Anna Weber <{SELLER}> wrote:\n\n" + "\n".join(
            f"> {line}" for line in f"Ben, is that yours?\n\n{shown_as(request, SELLER)[client]}".split("\n")
        )
        text = f"Hello Mr Dupont,\n\n12 pumps cost EUR 4,800.\n\n{quoted}"
        data = mail(COLLEAGUE, mask, text, subject="Re: Fwd: Price for 12 pumps", message_id="b1@werk.example")
        await world.send(COLLEAGUE, mask, data)
        await world.quiet()
        shown = await world.show(id)
        assert shown["messages"][1]["text"] == "Hello Mr Dupont,\n\n12 pumps cost EUR 4,800."
        assert COLLEAGUE in {one["email"] for one in shown["participants"] if one["state"] == "active"}
        out = body(to(peer.mails, BUYER)[-1])
        assert "4,800" in out
        assert "is that yours" not in out


@pytest.mark.parametrize("client", ["outlook", "gmail", "apple", "thunderbird"])
async def test_a_forward_with_the_mask_in_copy_passes_on_the_note_alone_and_brings_the_colleague_in(
    tmp_path: Path, peer: Peer, client: str
) -> None:
    async with running(tmp_path, peer) as world:
        id, mask, request = await start(world)
        text = f"Ben takes over from here.\n\n{shown_as(request, SELLER)[client]}"
        data = mail(SELLER, COLLEAGUE, text, subject="Fwd: Price for 12 pumps", message_id="a1@werk.example")
        await world.send(SELLER, mask, data.replace(b"\r\nSubject", f"\r\nCc: {mask}\r\nSubject".encode(), 1))
        answer = mail(COLLEAGUE, mask, "12 pumps cost EUR 4,800.", message_id="b1@werk.example")
        await world.send(COLLEAGUE, mask, answer)
        messages = (await world.show(id))["messages"]
        assert [one["text"] for one in messages[1:]] == ["Ben takes over from here.", "12 pumps cost EUR 4,800."]
        assert "what would twelve P-200 pumps cost?" in messages[1]["quoted"]


async def test_somebody_outside_the_company_waits_for_the_yes_of_who_forwarded_it(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer) as world:
        id, mask, request = await start(world)
        answer = mail(EXTERNAL, mask, "12 pumps cost EUR 4,800.", references=header(request, "Message-ID"))
        await world.send(EXTERNAL, mask, answer)
        held = (await world.show(id))["messages"][1]
        assert held["state"] == "held"
        await world.quiet()
        asked = [" ".join(body(got).split()) for got in to(peer.mails, SELLER)]
        assert any("answers one that was sent to you" in text for text in asked)
        await release(world.gateway.world, held["id"], SELLER)
        await world.quiet()
        assert "4,800" in "".join(body(got) for got in to(peer.mails, BUYER))

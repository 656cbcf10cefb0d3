"""What the flow knows of mail beyond the mail itself: a writer's earlier words, and Outlook's Thread-Index."""

import base64
from pathlib import Path

from parley.tests.gateway import BUYER, SELLER, Running, body, mail, running, to
from parley.tests.peer import Peer

ENDING = "Werk GmbH · Pumps\nTel. +49 30 1234567\nanna@werk.example"
THREAD = bytes([1, *range(21)])


def indexed(data: bytes, index: bytes) -> bytes:
    return b"Thread-Index: " + base64.b64encode(index) + b"\r\n" + data


async def test_the_lines_that_end_all_of_somebody_s_mails_are_his_signature(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer) as world:
        made = await world.open()
        for number, words in enumerate(("12 pumps cost EUR 4,800.", "They leave on Monday.", "By ship, as you wish.")):
            text = f"Hello,\n\n{words}\n\n{ENDING}"
            data = mail(SELLER, made.masks["buyer"], text, message_id=f"s{number}@werk.example")
            await world.send(SELLER, made.masks["buyer"], data)
        shown = await world.show(made.id)
        texts = [(one["text"], one["signature"].strip()) for one in shown["messages"][1:]]
        assert texts[0] == (f"Hello,\n\n12 pumps cost EUR 4,800.\n\n{ENDING}", "")  # once is no habit
        assert texts[1] == ("Hello,\n\nThey leave on Monday.", ENDING)
        assert texts[2] == ("Hello,\n\nBy ship, as you wish.", ENDING)
        await world.wait_for("sent", 4)
        assert "1234567" not in body(to(peer.mails, BUYER)[-1])


async def test_how_to_reach_him_below_his_own_name_is_a_signature_in_the_first_mail(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer) as world:
        made = await world.open()
        mask = made.masks["buyer"]
        signed = "Hello,\n\n12 pumps cost EUR 4,800.\n\nAnna Weber\nTel. +49 30 1234567"
        postscript = "Yes.\n\nAnna\n\nP.S. The drawing has the number 4711 0815 22, please check it."
        for number, text in enumerate((signed, postscript)):
            data = mail(f"Anna Weber <{SELLER}>", mask, text, message_id=f"s{number}@werk.example")
            await world.send(SELLER, mask, data)
        first, second = (await world.show(made.id))["messages"][1:]
        assert (first["text"], first["signature"]) == (signed.rpartition("\n")[0], "Tel. +49 30 1234567\n")
        assert second["text"] == postscript


async def test_an_answer_of_outlook_s_without_ids_finds_its_parent_by_thread_index(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer) as world:
        made = await world.open()
        mask = made.masks["buyer"]
        told = mail(SELLER, mask, "The drawing.", subject="Drawing", message_id="s1@werk.example")
        other = mail(SELLER, mask, "The price list.", subject="Prices", message_id="s2@werk.example")
        again = mail(SELLER, mask, "The drawing, corrected.", subject="New version", message_id="s3@werk.example")
        await world.send(SELLER, mask, indexed(told, THREAD))
        await world.send(SELLER, mask, indexed(other, bytes([1, *range(30, 51)])))
        await world.send(SELLER, mask, indexed(again, THREAD + b"12345"))
        messages = (await world.show(made.id))["messages"]
        assert messages[3]["parent"] == messages[1]["id"]
        assert "parent=thread-index" in world.logged("decided")[-1]


async def _texts(world: Running, id: str) -> list[str]:
    return [one["text"] for one in (await world.show(id))["messages"][1:]]


async def test_a_mail_that_ends_otherwise_is_left_as_it_is(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer) as world:
        made = await world.open()
        for number, text in enumerate(("One.\n\nAnna\nTwo lines", "Two.\n\nAnna\nThree lines")):
            data = mail(SELLER, made.masks["buyer"], text, message_id=f"s{number}@werk.example")
            await world.send(SELLER, made.masks["buyer"], data)
        assert await _texts(world, made.id) == ["One.\n\nAnna\nTwo lines", "Two.\n\nAnna\nThree lines"]

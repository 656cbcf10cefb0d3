"""A seller whose Outlook packs everything into a winmail.dat: words and documents arrive as anybody can open them."""

import base64
import struct
from pathlib import Path

from parley.tests.gateway import BUYER, SELLER, body, opened, running, to
from parley.tests.peer import Peer

PDF = b"%PDF-1.7 twelve pumps"


def attribute(name: int, content: bytes, level: int) -> bytes:
    return struct.pack("<BII", level, name, len(content)) + content + struct.pack("<H", sum(content) % 65536)


def winmail() -> bytes:
    words = attribute(0x0002800C, b"Hello,\r\n\r\nhere is our offer.\r\n\0", 1)
    file = attribute(0x00069002, bytes(14), 2) + attribute(0x00018010, b"offer.pdf\0", 2)
    return struct.pack("<IH", 0x223E9F78, 1) + words + file + attribute(0x0006800F, PDF, 2)


async def test_words_and_documents_of_a_winmail_dat_are_passed_on(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer) as world:
        made = await world.open()
        mask = made.masks["buyer"]
        data = (
            f"From: {SELLER}\r\nTo: {mask}\r\nSubject: Re: Price\r\nMessage-ID: <o1@werk.example>\r\n"
            "MIME-Version: 1.0\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\n"
            "Content-Transfer-Encoding: base64\r\n\r\n"
        ).encode() + base64.encodebytes(winmail()).replace(b"\n", b"\r\n")
        await world.send(SELLER, mask, data)
        await world.quiet()
        got = to(peer.mails, BUYER)[-1]
        assert "here is our offer." in body(got)
        files = {
            part.get_filename(): part.get_payload(decode=True) for part in opened(got).walk() if part.get_filename()
        }
        assert files == {"offer.pdf": PDF}
        message = (await world.show(made.id))["messages"][1]
        assert message["text"] == "Hello,\n\nhere is our offer."
        assert [(one["name"], one["type"], one["bytes"]) for one in message["attachments"]] == [
            ("offer.pdf", "application/pdf", len(PDF))
        ]

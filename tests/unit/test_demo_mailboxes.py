"""The demo's mailboxes over real SMTP on loopback: bytes as they came, nobody else's mail."""

from pathlib import Path

import aiosmtplib
import pytest
from parley.relay.demo.mailboxes import Kept, Mailbox, Mailboxes
from parley.relay.demo.people import ANNA, PEOPLE, TOM

RAW = b"Subject: hi\r\n\r\n.dot\r\n\xff\xfe 8 bit\r\n" + b"x" * 5000 + b"\r\n"


class Told:
    """Notes what the mailboxes tell."""

    def __init__(self) -> None:
        self.news: list[tuple[str, str]] = []

    def __call__(self, box: Mailbox, kept: Kept) -> None:
        self.news.append((box.person.key, kept.way))


async def send(address: tuple[str, int], to: list[str], raw: bytes = RAW) -> str:
    async with aiosmtplib.SMTP(hostname=address[0], port=address[1], start_tls=False) as client:
        _, answer = await client.sendmail("someone@elsewhere.example", to, raw)
    return answer


async def test_a_mail_is_kept_byte_for_byte_in_each_mailbox(tmp_path: Path) -> None:
    told = Told()
    boxes = Mailboxes(PEOPLE, tmp_path, told)
    address = await boxes.start()
    try:
        await send(address, [ANNA.email.upper(), TOM.email])
        kept = [await boxes.received(box, 1, 5) for box in boxes.all()[1:]]
    finally:
        await boxes.stop()
    assert [mail.raw for mail in kept] == [RAW, RAW]
    assert told.news == [("anna", "in"), ("tom", "in")]
    assert boxes.all()[0].mails == []


async def test_who_has_no_mailbox_is_refused_in_the_session(tmp_path: Path) -> None:
    boxes = Mailboxes(PEOPLE, tmp_path, Told())
    address = await boxes.start()
    try:
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
            await send(address, ["nobody@nordwind.example"])
    finally:
        await boxes.stop()
    assert refused.value.recipients[0].code == 550


async def test_a_connection_left_open_does_not_keep_the_server_from_stopping(tmp_path: Path) -> None:
    boxes = Mailboxes(PEOPLE, tmp_path, Told())
    host, port = await boxes.start()
    client = aiosmtplib.SMTP(hostname=host, port=port, start_tls=False)
    await client.connect()
    await boxes.stop()
    client.close()


async def test_mails_are_found_again_in_the_same_folder(tmp_path: Path) -> None:
    first = Mailboxes(PEOPLE, tmp_path, Told())
    for box in first.all():
        first.add(box, "in", RAW)
        first.add(box, "out", b"Subject: answer\r\n\r\n")
    again = Mailboxes(PEOPLE, tmp_path, Told())
    anna = again.at(ANNA.email)
    assert anna is not None
    assert [(kept.number, kept.way, kept.raw) for kept in anna.mails] == [
        (1, "in", RAW),
        (2, "out", b"Subject: answer\r\n\r\n"),
    ]
    assert anna.get(2) is anna.mails[1]
    assert anna.get(0) is None
    assert anna.get(3) is None
    assert again.of("nobody") is None

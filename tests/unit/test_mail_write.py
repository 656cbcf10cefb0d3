"""Whole mails of ours: any letter at all, and attempts to put a header or a part into one."""

import json
from dataclasses import replace
from datetime import UTC
from email import message_from_bytes
from email.message import Message
from email.utils import parseaddr
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parley.relay.mail import encode, read
from parley.relay.mail.charsets import clean_line, clean_text
from parley.relay.mail.names import clean_file_name, visible
from parley.relay.mail.write import File, Letter, Mailbox, write
from parley.tests.written import (
    LETTER,
    MASK,
    NASTY,
    SELLER,
    assert_clean,
    decoded,
    leaves,
    payload,
)

BLNS = Path(__file__).parents[2].parent / "shared" / "data" / "hostile" / "blns" / "blns.json"
ANY = st.text(st.characters(), max_size=80) | st.sampled_from(NASTY)
BINARY = st.binary(max_size=300)
mailboxes = st.builds(Mailbox, ANY, st.sampled_from(["a@b.example", "x.y@bücher.example"]))
files = st.builds(
    File, ANY, ANY | st.sampled_from(["image/png", "text/html", "message/rfc822"]), BINARY, ANY, st.booleans()
)
letters = st.builds(
    Letter,
    from_=mailboxes,
    to=st.lists(mailboxes, min_size=1, max_size=3).map(tuple),
    subject=ANY,
    date=st.datetimes(timezones=st.just(UTC)),
    message_id=st.just("m.abc@reply.example"),
    text=ANY,
    html=ANY,
    cc=st.lists(mailboxes, max_size=2).map(tuple),
    in_reply_to=ANY,
    references=st.lists(ANY, max_size=4).map(tuple),
    auto_submitted=st.sampled_from(["", "auto-generated", "auto-replied"]),
    loop=ANY,
    receipt_to=st.sampled_from(["", "buyer-abc@reply.example"]),
    files=st.lists(files, max_size=3).map(tuple),
    language=ANY,
)


def text_of(part: Message) -> str:
    return payload(part).decode().replace("\r\n", "\n")


def written_text(text: str) -> str:
    text = clean_text(text)
    return text if text.endswith("\n") or not text else text + "\n"


def shown_name(name: str) -> str:
    return visible(name[:800])[:200].rstrip()


@settings(max_examples=200, deadline=None)
@given(letters)
def test_any_letter(letter: Letter) -> None:
    mail = write(letter)
    assert_clean(mail)
    assert mail == write(letter)
    message = message_from_bytes(mail)
    assert decoded(message["Subject"]) == clean_line(clean_line(letter.subject)[:1500])
    name, address = parseaddr(message["From"].replace("\r\n", ""))
    assert decoded(name) == shown_name(letter.from_.name)
    assert address == encode.address(letter.from_.address)
    parts = leaves(mail)
    assert text_of(parts[0]) == written_text(letter.text)
    assert not letter.html or text_of(parts[1]) == written_text(letter.html)


@pytest.mark.parametrize("line", [b".", b"From here on", b"x" * 999])
def test_an_enclosed_mail_with_a_line_that_ends_mails_elsewhere_is_encoded(line: bytes) -> None:
    inside = b"Subject: x\r\n\r\nabove\r\n" + line + b"\r\nbelow\r\n"
    mail = write(replace(LETTER, files=(File("", "message/rfc822", inside),)))
    assert_clean(mail)
    (found,) = read(mail).attachments
    assert (found.name, found.data) == ("message.eml", inside)


@settings(max_examples=200, deadline=None)
@given(letters)
def test_any_letter_as_our_reader_sees_it(letter: Letter) -> None:
    mail = read(write(letter))
    assert mail.first("Subject") == clean_line(clean_line(letter.subject)[:1500])
    text = clean_text(letter.text).rstrip("\n")
    if text.strip():
        assert mail.text.rstrip("\n") == text
    plain = [file for file in letter.files if file.type.lower() != "message/rfc822"]
    found = sorted((file.name.rstrip(), file.data) for file in mail.attachments)
    assert len(found) == len(letter.files)
    assert set(found) >= {(clean_file_name(file.name).rstrip(), file.data) for file in plain}


FIELDS = ("subject", "text", "html", "in_reply_to", "loop", "language")


@pytest.mark.parametrize("nasty", NASTY)
def test_injection(nasty: str) -> None:
    """No value of any field adds a header, a part, or a line to the head."""
    file = File(nasty, nasty, nasty.encode("utf-8", "replace"), nasty, inline=True)
    letter = replace(
        LETTER,
        from_=Mailbox(nasty, MASK.address),
        to=(Mailbox(nasty, SELLER.address),),
        cc=(Mailbox(nasty, SELLER.address),),
        references=(nasty,),
        files=(file,),
        **dict.fromkeys(FIELDS, nasty),
    )
    mail = write(letter)
    assert_clean(mail)
    names = [name.lower() for name in message_from_bytes(mail).keys()]  # noqa: SIM118
    assert not {"bcc", "x-evil", "reply-to"} & set(names)
    assert len(leaves(mail)) == 3


def test_naughty_strings() -> None:
    if not BLNS.exists():
        pytest.skip("shared data are not here: the list of naughty strings")
    for nasty in json.loads(BLNS.read_text("utf-8")):
        test_injection(nasty or "x")

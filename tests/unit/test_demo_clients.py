"""The demo's mail programs: what they write can be read back, looks like the real thing, and hides nothing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from parley.relay.demo.clients import Draft, original_of, subject_of, write
from parley.relay.demo.mime import File, encoded, mailbox, one_line
from parley.relay.demo.people import ANNA, CAMILLE, PEOPLE, TOM, Client, Person
from parley.relay.demo.quoting import Original
from parley.relay.demo.seed import data_sheet
from parley.relay.mail import Mail, read

NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
MASK = "buyer-abcdefghkmnprstu@reply.machina.example"
WORDS = "Bonjour,\n\nles joints tiennent 80 °C. Prix : 1 840 €.\n\nÀ bientôt\nCamille"
EARLIER = "Do the seals stand 80 °C?\n\n> an older line\nThank you"

clients = pytest.mark.parametrize("client", Client)
people = pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.key)


def original(text: str = EARLIER) -> Original:
    return Original(
        sender="Camille L. (Brasserie du Lac) via Machina",
        address=MASK,
        to=ANNA.email,
        at=NOW,
        subject="Two pumps",
        text=text,
        html="",
        message_id="<m.second@reply.machina.example>",
        references="<m.first@reply.machina.example>",
    )


def draft(client: Client, person: Person = ANNA, *, forward: bool = False, files: Sequence[File] = ()) -> Draft:
    found = original()
    subject = subject_of(found, client, forward=forward)
    return Draft(person, (MASK,), subject, WORDS, client, NOW, found, forward, files)


@clients
@people
def test_a_reply_reads_back_with_its_text_thread_and_people(client: Client, person: Person) -> None:
    raw = write(draft(client, person))
    mail = read(raw)
    assert mail.defects == ()
    assert mail.text.startswith(WORDS)
    assert "80 °C" in mail.html
    assert "À bientôt" in mail.html
    assert mail.first("From") == f"{person.name} <{person.email}>"
    assert MASK in mail.first("To")
    assert mail.first("In-Reply-To") == "<m.second@reply.machina.example>"
    assert mail.first("References") == "<m.first@reply.machina.example> <m.second@reply.machina.example>"
    assert mail.first("Message-ID").endswith(f"@{person.domain}>")
    assert mail.first("Subject").lower() == "re: two pumps"


@clients
def test_a_reply_quotes_what_was_answered_as_this_program_does(client: Client) -> None:
    mail = read(write(draft(client)))
    seam = {
        Client.GMAIL: ('class="gmail_quote', "> Do the seals"),
        Client.OUTLOOK: ('id="divRplyFwdMsg"', "\nFrom: Camille L."),
        Client.APPLE: ('<blockquote type="cite">', "> Do the seals"),
    }[client]
    assert seam[0] in mail.html
    assert seam[1] in mail.text
    assert mail.text.index(WORDS) < mail.text.index(seam[1])


def test_a_program_speaks_its_users_language() -> None:
    for client, words in ((Client.GMAIL, "a écrit :"), (Client.OUTLOOK, "Envoyé :"), (Client.APPLE, "a écrit :")):
        assert words in read(write(draft(client, CAMILLE))).text


@clients
def test_a_forward_carries_the_mail_its_files_and_the_new_ones(client: Client) -> None:
    sheet = File("sheet.pdf", "application/pdf", data_sheet())
    notes = File("Änderung.txt", "text/plain", b"caf\xc3\xa9\n")
    forwarded = replace(original(), files=(sheet,))
    raw = write(
        Draft(
            ANNA,
            (TOM.email,),
            subject_of(forwarded, client, forward=True),
            "See below",
            client,
            NOW,
            forwarded,
            True,
            (notes,),
        )
    )
    mail = read(raw)
    assert mail.first("Subject").lower() in ("fwd: two pumps", "fw: two pumps")
    assert "Do the seals stand 80 °C?" in mail.text
    assert [(file.name, file.data) for file in mail.attachments] == [
        ("sheet.pdf", sheet.data),
        ("Änderung.txt", b"caf\xc3\xa9\n"),
    ]


@clients
def test_a_mail_tells_what_the_other_side_must_never_see(client: Client) -> None:
    raw = write(draft(client))
    assert b"192.0.2.44" in raw
    assert b"nordwind.example" in raw


@clients
def test_the_wire_form_is_sound(client: Client) -> None:
    raw = write(draft(client, files=[File("a.bin", "application/octet-stream", bytes(range(256)) * 300)]))
    assert raw.replace(b"\r\n", b"").find(b"\r") == -1
    assert raw.replace(b"\r\n", b"").find(b"\n") == -1
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    raw.decode("ascii")


@clients
def test_a_subject_with_line_ends_stays_one_header(client: Client) -> None:
    """Python's own writer makes header lines of an encoded newline (STACK trap 1)."""
    for subject in ("Hi\r\nBcc: eve@evil.example", "=?utf-8?q?Hi=0D=0ABcc:_eve@evil.example?=", "Hi\u2028Bcc: x"):
        hostile = replace(original(), subject=subject, sender='Eve"\r\nBcc: x', message_id="<a@b>\r\nBcc: <c@d>")
        mail = read(write(replace(draft(client), original=hostile, subject=subject_of(hostile, client, forward=False))))
        assert mail.all("Bcc") == ()
        assert len(mail.all("Subject")) == 1


def test_a_mail_is_answered_as_its_reader_sees_it() -> None:
    mail: Mail = read(write(draft(Client.GMAIL)))
    found = original_of(mail)
    assert (found.sender, found.address) == (ANNA.name, ANNA.email)
    assert found.at == NOW
    assert found.message_id == mail.first("Message-ID")
    assert found.text.startswith(WORDS)


def test_what_is_no_mail_can_still_be_answered() -> None:
    found = original_of(read(b"\x00\xff no header at all"))
    assert found.address == ""
    assert read(write(Draft(ANNA, (MASK,), "Re: ", "x", Client.APPLE, NOW, found))).text.startswith("x")


def test_the_prefix_is_set_once() -> None:
    assert subject_of(replace(original(), subject="RE: Two pumps"), Client.GMAIL, forward=False) == "RE: Two pumps"
    assert subject_of(original(), Client.OUTLOOK, forward=True) == "FW: Two pumps"


def test_header_words() -> None:
    assert one_line(" a\r\n\tb\x00\u202e ") == "a b"
    assert encoded("plain") == "plain"
    assert "=?UTF-8?B?" in encoded("é" * 60)
    assert max(map(len, encoded("é" * 60).split("\r\n "))) <= 75
    assert mailbox('Eve "x" (a@b)', "e@x.example") == '"Eve x (a@b)" <e@x.example>'
    assert mailbox("", "e@x.example") == "<e@x.example>"

"""Attached parts that name people: rewritten with masks, or left out and told."""

import base64
import re
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parley.relay.compose.masking import Names, Note, mask_file, mask_file_name
from parley.relay.compose.parts_kinds import PartKind, kind_of
from parley.relay.compose.parts_lines import calendar_uids, own_uid
from parley.relay.mail import read
from parley.relay.mail.write import File

SELLER, BUYER = "jean@atelier.example", "ann@webmail.example"
SELLER_MASK, BUYER_MASK = "seller-abcdefghkmnprstu@reply.example", "buyer-bcdefghkmnprstuv@reply.example"
NAMES = Names(((SELLER, SELLER_MASK), (BUYER, BUYER_MASK)), ("atelier.example",), writer=SELLER, reader=BUYER)
SECRETS = re.compile(rb"atelier|webmail|elsewhere|192\.0\.2", re.IGNORECASE)


def cleaned(file: File, names: Names = NAMES) -> bytes:
    """The content of a file that goes on, with nothing real in it but the reader's own address."""
    done, note = mask_file(file, names)
    assert done
    assert note.done == "cleaned"
    assert not SECRETS.search(done.data.replace(BUYER.encode(), b"") + done.name.encode())
    return done.data


INVITATION = f"""BEGIN:VCALENDAR\r
METHOD:REQUEST\r
PRODID:-//Example//EN\r
BEGIN:VEVENT\r
UID:20261102@smtp.atelier.example\r
DTSTART:20261105T100000Z\r
SUMMARY:Visite\\, atelier\r
ORGANIZER;CN="Jean Vendeur";SENT-BY="mailto:office@atelier.example":mailto:{SELLER.upper()}\r
ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRU\r
 E;CN={BUYER_MASK};X-NUM-GUESTS=0:mailto:{BUYER_MASK}\r
ATTENDEE;CN=paul@atelier.example:mailto:paul@atelier.example\r
DESCRIPTION:Bonjour\\n{SELLER}\\nwww.atelier.example\r
X-ALT-DESC;FMTTYPE=text/html:<b>jean</b>@atelier.example\r
X-WR-TIMEZONE:Europe/Paris\r
ATTACH;ENCODING=BASE64;VALUE=BINARY:amVhbkBhdGVsaWVyLmV4YW1wbGU=\r
END:VEVENT\r
END:VCALENDAR\r
""".replace("\\, atelier", "").encode()


def test_an_invitation_still_works() -> None:
    data = cleaned(File("invite.ics", "text/calendar", INVITATION))
    text = data.replace(b"\r\n ", b"").decode()
    assert f'ORGANIZER;CN="Jean Vendeur":mailto:{SELLER_MASK}\r\n' in text
    guest = "ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE"
    assert f"{guest}:mailto:{BUYER}\r\n" in text  # the reader finds himself
    assert text.count("ATTENDEE") == 1
    assert "X-WR-TIMEZONE:Europe/Paris" in text
    assert "DTSTART:20261105T100000Z" in text
    assert f"DESCRIPTION:Bonjour\\n{SELLER_MASK}\\n***" in text
    assert max(map(len, data.split(b"\r\n"))) <= 75
    assert cleaned(File("", "application/octet-stream", INVITATION)) == data


def test_the_answer_finds_the_event() -> None:
    uid = calendar_uids(INVITATION)[0]
    ours = calendar_uids(cleaned(File("", "text/calendar", INVITATION)))[0]
    assert ours == own_uid(uid, NAMES)
    answer = INVITATION.replace(b"REQUEST", b"REPLY").replace(uid.encode(), ours.encode())
    answer = answer.replace(SELLER.upper().encode(), SELLER_MASK.encode()).replace(BUYER_MASK.encode(), BUYER.encode())
    back = Names(NAMES.addresses, NAMES.hosts, writer=BUYER, reader=SELLER, uids=(uid,))
    done, _ = mask_file(File("", "text/calendar", answer), back)
    assert done
    text = done.data.replace(b"\r\n ", b"").decode()
    assert f"UID:{uid}\r\n" in text
    assert f":mailto:{BUYER_MASK}\r\n" in text
    assert f'ORGANIZER;CN="Jean Vendeur":mailto:{SELLER}\r\n' in text  # his own event, as his calendar knows it
    assert BUYER not in text


def test_a_uid_without_a_host_stays() -> None:
    data = INVITATION.replace(b"20261102@smtp.atelier.example", b"040000008200E00074C5B7")
    assert calendar_uids(cleaned(File("", "text/calendar", data))) == ("040000008200E00074C5B7",)


def test_a_card_keeps_what_may_be_seen() -> None:
    card = (
        f"BEGIN:VCARD\r\nVERSION:2.1\r\nN:Vendeur;Jean\r\nFN:Jean Vendeur\r\nitem1.EMAIL;TYPE=work:{SELLER}\r\n"
        "EMAIL:paul@elsewhere.example\r\nURL:https://www.atelier.example\r\nTEL:+33 1 23\r\n"
        "NOTE;ENCODING=QUOTED-PRINTABLE:jean=40ate=\r\nlier.example\r\nKEY;ENCODING=B:YXRlbGllcg==\r\n"
        "PHOTO;ENCODING=BASE64;JPEG:/9j/4AAQ\r\n SkZJRg\r\n\r\nEND:VCARD\r\n"
    ).encode()
    text = cleaned(File("jean@atelier.example.vcf", "text/vcard", card)).decode()
    assert f"EMAIL:{SELLER_MASK}\r\n" in text
    assert "FN:Jean Vendeur\r\n" in text
    assert "SkZJRg" in text
    assert "NOTE" not in text
    assert "KEY" not in text


ENCLOSED = f"""Received: from smtp.atelier.example (192.0.2.7)\r
Message-ID: <x@smtp.atelier.example>\r
From: "Jean (jean@atelier.example)" <{SELLER}>\r
To: Ann <{BUYER}>, Max <max@elsewhere.example>\r
Subject: =?utf-8?q?Prix_de_jean=40atelier=2Eexample?=\r
Date: Mon, 02 Nov 2026 10:00:00 +0100\r
X-Originating-IP: 192.0.2.7\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary="atelier"\r
\r
preamble atelier.example\r
--atelier\r
Content-Type: text/html; charset=utf-16\r
Content-Transfer-Encoding: base64\r
\r
%s\r
--atelier\r
Content-Type: image/png; name="jean@atelier.example.png"\r
Content-ID: <p1@smtp.atelier.example>\r
Content-Disposition: inline\r
\r
PNG\r
--atelier\r
Content-Type: message/rfc822\r
\r
Subject: inner\r
From: max@elsewhere.example\r
\r
c/o max@elsewhere.example\r
--atelier\r
Content-Type: application/pgp-keys\r
\r
jean@atelier.example\r
--atelier--\r
"""
BODY = '<p>jean@<b>atelier</b>.example or max@elsewhere.example<img src="cid:p1@smtp.atelier.example"></p>'


@pytest.mark.parametrize("wrap", ["message/rfc822", "application/octet-stream"])
def test_an_enclosed_mail_is_written_anew(wrap: str) -> None:
    raw = ENCLOSED.replace("%s", base64.encodebytes(BODY.encode("utf-16")).decode().strip()).encode()
    data = cleaned(File("x", wrap, raw))
    mail = read(data)
    assert [name for name, _ in mail.headers] == [
        *("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type")
    ]
    assert mail.first("From") == f'"Jean" <{SELLER_MASK}>'
    assert mail.first("To") == f'"Ann" <{BUYER_MASK}>, "Max" <hidden@reply.example>'
    assert mail.first("Subject") == f"Prix de {SELLER_MASK}"
    assert mail.first("Date") == "Mon, 02 Nov 2026 09:00:00 +0000"
    assert f"{SELLER_MASK} or ***" in mail.text
    picture, inner = mail.attachments
    assert picture.inline
    assert f"cid:{picture.content_id}" in mail.html
    assert read(inner.data).text == "c/o ***\n"


def test_mails_in_mails_end_somewhere() -> None:
    data = b"From: jean@atelier.example\r\n\r\nJe suis jean@atelier.example"
    for _ in range(40):
        data = b"From: jean@atelier.example\r\nContent-Type: message/rfc822\r\n\r\n" + data
    cleaned(File("", "message/rfc822", data))


def test_headers_and_reports() -> None:
    head = ENCLOSED.partition("MIME-Version")[0].encode()
    done = cleaned(File("x", "text/rfc822-headers", head)).decode()
    assert done.startswith(f'From: "Jean" <{SELLER_MASK}>\r\n')
    assert "Date: " in done
    assert "Message-ID" not in done
    report = (
        b"Reporting-MTA: dns; smtp.atelier.example\r\n\r\nFinal-Recipient: rfc822; jean@atelier.example\r\n"
        b"Action: failed\r\nStatus: 5.1.1\r\nRemote-MTA: dns; [192.0.2.1]\r\n"
        b"Diagnostic-Code: smtp; 550 <jean@atelier.example>\r\n unknown\r\n"
    )
    done = cleaned(File("", "message/delivery-status", report)).decode()
    assert done.split() == f"Final-Recipient: rfc822; {SELLER_MASK} Action: failed Status: 5.1.1".split()


DROPPED: list[tuple[File, PartKind]] = [
    (File("winmail.dat", "application/ms-tnef", b"\x78\x9f\x3e\x22x"), "tnef"),
    (File("a.bin", "application/octet-stream", b"\x78\x9f\x3e\x22x"), "tnef"),
    (File("a.msg", "application/octet-stream", b"\xd0\xcf\x11\xe0x"), "outlook"),
    (File("k.asc", "application/pgp-keys", b"x"), "key"),
    (File("k.txt", "text/plain", b"\n-----BEGIN PGP PUBLIC KEY BLOCK-----\n"), "key"),
    (File("smime.p7s", "application/octet-stream", b"x"), "certificate"),
    (File("a.pem", "text/plain", b"-----BEGIN CERTIFICATE-----\n"), "certificate"),
    (File("x", "text/x-amp-html", b"<html amp4email>"), "twin"),
    (File("x", "message/external-body", b"x"), "pointer"),
    (File("x", "message/partial", b"x"), "pointer"),
    (File("x", "multipart/mixed", b"x"), "pointer"),
]


@pytest.mark.parametrize(("file", "kind"), DROPPED)
def test_what_cannot_be_cleaned_is_dropped_and_told(file: File, kind: PartKind) -> None:
    assert mask_file(file, NAMES) == (None, Note(file.name, "dropped", kind))


def test_documents_stay_and_their_writer_is_warned() -> None:
    quote = File("Angebot.pdf", "application/pdf", b"%PDF-1.7 /Author (JEAN@atelier.example)")
    assert mask_file(quote, NAMES) == (quote, Note("Angebot.pdf", "kept", "other", 0, names_somebody=True))
    letter = File("brief.txt", "text/plain", b"From: Jean\nHello")
    assert mask_file(letter, NAMES) == (letter, Note("brief.txt", "kept", "other"))
    picture = File("a.png", "image/png", b"From: x\r\nTo: y")
    assert kind_of(picture) == "other"


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("jean@atelier.example.vcf", "hidden.vcf"),
        ("jean@atelier.example", "hidden"),
        ("publickey - k@elsewhere.example - 0xAA.asc", "publickey - hidden - 0xAA.asc"),
        ("JEAN%40atelier.example offre.pdf", "hidden offre.pdf"),
        ("www.atelier.example.html", "hidden.html"),
        ("Angebot 3 @ 50.pdf", "Angebot 3 @ 50.pdf"),
        ("Größe.tar.gz", "Größe.tar.gz"),
        ("", ""),
    ],
)
def test_file_names(name: str, clean: str) -> None:
    assert mask_file_name(name, NAMES) == clean


TYPES = ["text/calendar", "text/vcard", "message/rfc822", "text/rfc822-headers", "message/delivery-status", "a/b"]
PIECES = [
    b"BEGIN:VCARD",
    b"\r\n",
    b"\n ",
    b":",
    b";",
    b'"',
    b"=",
    b"ATTENDEE",
    b"EMAIL;",
    b" jean@atelier.example ",
    b"\xff",
]


@given(st.sampled_from(TYPES), st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=20))).map(b"".join))
@settings(max_examples=400, deadline=None)
def test_no_bytes_raise(kind: str, data: bytes) -> None:
    done, _ = mask_file(File("a", kind, data), NAMES)
    assert kind == "a/b" or done is None or not SECRETS.search(done.data)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize(
    "piece", [b"A:", b'A;B="', b"ATTENDEE:mailto:jean@atelier.example\r\n", b"x", b"From: a@b,", b"\n "]
)
def test_much_of_anything_in_seconds(kind: str, piece: bytes) -> None:
    start = process_time()
    mask_file(File("a", kind, piece * (500_000 // len(piece))), NAMES)
    assert process_time() - start < 4

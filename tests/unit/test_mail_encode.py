"""Header fields: what readers see is what was meant, and nothing else can be made of a value."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley.relay.mail import encode
from parley.relay.mail.dates import date_text, zone_of
from parley.relay.mail.write import Letter, Mailbox, write
from parley.tests.written import LETTER, SELLER, assert_clean, decoded, head, header, lines


@pytest.mark.parametrize(
    ("subject", "written"),
    [
        ("", b"Subject:"),
        ("Price", b"Subject: Price"),
        (" Price\r\nof it \t", b"Subject: Price of it"),
        ("Le prix de la clé", b"Subject: =?utf-8?Q?Le_prix_de_la_cl=C3=A9?="),
        ("价格", b"Subject: =?utf-8?B?5Lu35qC8?="),
        ("two  blanks", b"Subject: =?utf-8?Q?two__blanks?="),
        ("=?utf-8?q?=41?=", b"Subject: =?utf-8?B?PT91dGYtOD9xPz00MT89?="),
        ("one under_score, then é. and a ~", b"Subject: =?utf-8?Q?one_under=5Fscore=2C_then_=C3=A9=2E_and_a_=7E?="),
        ("x" * 65, b"Subject: =?utf-8?Q?" + b"x" * 52 + b"?=\r\n =?utf-8?Q?" + b"x" * 13 + b"?="),
        ("word " * 20, b"Subject: " + b" ".join([b"word"] * 13) + b"\r\n " + b" ".join([b"word"] * 7)),
    ],
)
def test_subject(subject: str, written: bytes) -> None:
    mail = write(replace(LETTER, subject=subject))
    assert re.findall(rb"^Subject:[^\r]*(?:\r\n [^\r]*)*", mail, re.MULTILINE) == [written]


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("", b"a@b.example"),
        (" \x00\u200b ", b"a@b.example"),
        ("Jean", b'"Jean" <a@b.example>'),
        ('J "D" \\ (x), y@z; <w>', b'"J \\"D\\" \\\\ (x), y@z; <w>" <a@b.example>'),
        ("=?utf-8?q?Bank?=", b"=?utf-8?B?PT91dGYtOD9xP0Jhbms/PQ==?= <a@b.example>"),
        ("a\r\nBcc: e", b'"a Bcc: e" <a@b.example>'),
        ("x\u202ey", b'"xy" <a@b.example>'),
        ("Zoë", b"=?utf-8?Q?Zo=C3=AB?= <a@b.example>"),
    ],
)
def test_display_name(name: str, written: bytes) -> None:
    mail = write(replace(LETTER, from_=Mailbox(name, "a@b.example")))
    assert header(mail, "From") == written


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("a@b.example", b"a@b.example"),
        ("A.b+c@B.example", b"A.b+c@b.example"),
        ("a@bücher.example", b"a@xn--bcher-kva.example"),
        ("a@straße.example", b"a@xn--strae-oqa.example"),
        ('"a b"@c.example', b'"a b"@c.example'),
        ("root@localhost", b"root@localhost"),
    ],
)
def test_address(address: str, written: bytes) -> None:
    assert header(write(replace(LETTER, to=(Mailbox("", address),))), "To") == written


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "@b",
        "a@",
        "a@b@c",
        "a b@c",
        "a@b\r\nBcc: e@f",
        "a@b\n",
        "<a@b>",
        "a@b, c@d",
        "a@b;",
        "a@-b",
        "a@b..c",
        ".a@b",
        "a@b c",
        "a\x00@b",
        "a@" + "b" * 64,
        "a" * 65 + "@b",
        '"a\r\n"@b',
        "a@b\u2028",
        "\ud800@b",
    ],
)
def test_address_that_cannot_be_written(address: str) -> None:
    for letter in (
        replace(LETTER, from_=Mailbox("x", address)),
        replace(LETTER, to=(SELLER, Mailbox("x", address))),
        replace(LETTER, cc=(Mailbox("x", address),)),
    ):
        with pytest.raises(ValueError, match="address"):
            write(letter)


def test_many_recipients_are_folded() -> None:
    many = tuple(Mailbox(f"Person Number {number}", f"p{number}@x.example") for number in range(50))
    mail = write(replace(LETTER, to=many, cc=many))
    assert_clean(mail)
    assert max(map(len, lines(mail))) <= 78
    assert header(mail, "Cc").count(b", ") == 49


@pytest.mark.parametrize(
    ("date", "written"),
    [
        (datetime(2026, 12, 31, 23, 30, tzinfo=timezone(timedelta(hours=-2))), "Fri, 01 Jan 2027 01:30:00 +0000"),
        (datetime(2024, 2, 29, tzinfo=UTC), "Thu, 29 Feb 2024 00:00:00 +0000"),
        (datetime.max.replace(tzinfo=timezone(timedelta(hours=-2))), "Fri, 31 Dec 9999 23:59:59 +0000"),
        (datetime.min.replace(tzinfo=timezone(timedelta(hours=2))), "Mon, 01 Jan 0001 00:00:00 +0000"),
    ],
)
def test_date(date: datetime, written: str) -> None:
    assert date_text(date) == written


def test_date_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="zone"):
        write(replace(LETTER, date=LETTER.date.replace(tzinfo=None)))


@pytest.mark.parametrize("text", ["a@b", "<a@b>", " <a@b>\r\n", "A/b:c=d$e[1]@x", "no-at-sign", "x" * 250])
def test_id(text: str) -> None:
    assert encode.message_id(text) == f"<{text.strip().strip('<>')}>"


@pytest.mark.parametrize(
    "text",
    ["", "<>", "a b@c", "a@b>\r\nBcc: e", "<a@b", "a\0@b", "é@b", "a@b,c@d", "<<a@b>>", "=?x?q?y?=", "x" * 251],
)
def test_id_that_cannot_be_written(text: str) -> None:
    assert not encode.message_id(text)
    mail = write(replace(LETTER, in_reply_to=text, references=(text, "x@y", text)))
    assert "In-Reply-To" not in dict(head(mail))
    assert header(mail, "References") == b"<x@y>"
    with pytest.raises(ValueError, match="Message-ID"):
        write(replace(LETTER, message_id=text))


def test_references_keep_both_ends() -> None:
    ids = tuple(f"{number}.{'x' * 200}@y" for number in range(1000))
    mail = write(replace(LETTER, references=(*ids, ids[0]), in_reply_to=ids[-1]))
    kept = header(mail, "References").split()
    assert kept == [f"<{text}>".encode() for text in (*ids[:20], *ids[-20:])]
    assert header(mail, "In-Reply-To") == f"<{ids[-1]}>".encode()
    assert_clean(mail)


def test_words_for_machines() -> None:
    mail = write(
        replace(
            LETTER,
            auto_submitted="auto-generated",
            list_unsubscribe="https://x.example/u?t=1",
            loop="gw 1",
            language="pt-BR",
        )
    )
    assert header(mail, "Auto-Submitted") == b"auto-generated"
    assert header(mail, "List-Unsubscribe") == b"<https://x.example/u?t=1>"
    assert header(mail, "List-Unsubscribe-Post") == b"List-Unsubscribe=One-Click"
    assert header(mail, "X-Parley-Loop") == b"gw 1"
    assert header(mail, "Content-Language") == b"pt-BR"
    assert_clean(mail)


def test_mailto_is_no_one_click() -> None:
    assert "List-Unsubscribe-Post" not in dict(head(write(replace(LETTER, list_unsubscribe="mailto:u@x.example"))))


@pytest.mark.parametrize(
    "wrong",
    [
        replace(LETTER, to=()),
        replace(LETTER, auto_submitted="no\r\nBcc: x"),
        replace(LETTER, list_unsubscribe="https://x>\r\nBcc: x"),
        replace(LETTER, list_unsubscribe="javascript:x"),
        replace(LETTER, list_unsubscribe="https://x/ y"),
    ],
)
def test_our_own_mistakes_raise(wrong: Letter) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        write(wrong)


@pytest.mark.parametrize("language", ["", "e", "en\r\nX: y", "en_US", "-", "é", "x" * 99])
def test_language_that_is_none_is_left_out(language: str) -> None:
    assert "Content-Language" not in dict(head(write(replace(LETTER, language=language))))


@pytest.mark.parametrize("piece", ["", " a", "a ", "a\r\nb", "a\nb", "a\x7f", "é", "\u2028", "a\0"])
def test_fold_takes_printable_ascii_only(piece: str) -> None:
    with pytest.raises(ValueError, match="printable"):
        encode.fold("Subject", [piece])


@pytest.mark.parametrize("name", ["", "a b", "a:", "a\r\nb", "é", "1", "x" * 99])
def test_fold_takes_names_only(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        encode.fold(name, ["x"])


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_encoded_words_are_whole(text: str) -> None:
    words = encode.encoded_words(text)
    assert all(len(word) <= 75 for word in words)
    assert "".join(decoded(word) for word in words) == text


def test_a_local_part_in_utf8_is_written_as_it_is() -> None:
    data = write(replace(LETTER, to=(Mailbox("Jürgen", "jürgen@bücher.example"),)))
    (line,) = [line for line in data.split(b"\r\n") if line.startswith(b"To:")]
    assert line.endswith("<jürgen@xn--bcher-kva.example>".encode())


@pytest.mark.parametrize(
    ("header", "zone"),
    [
        ("Mon, 23 Nov 2026 09:00:00 +0100", 60),
        ("Mon, 23 Nov 2026 09:00:00 -0330", -210),
        ("Mon, 23 Nov 2026 09:00:00 GMT", 0),
        ("Mon, 23 Nov 2026 09:00:00 +9959", 0),
        ("yesterday", 0),
        ("", 0),
    ],
)
def test_the_zone_that_a_date_names(header: str, zone: int) -> None:
    assert zone_of(header) == zone
    when = datetime(2026, 11, 23, 9, tzinfo=timezone(timedelta(minutes=zone)))
    assert zone_of(date_text(when, own_zone=True)) == zone
    assert date_text(when).endswith("+0000")

"""Bodies of text and files: seven-bit lines that no server on the way changes."""

from dataclasses import replace
from email import message_from_bytes

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from parley.relay.mail.charsets import clean_text
from parley.relay.mail.content import base64_lines, quoted_printable, text_body
from parley.relay.mail.write import write
from parley.tests.written import LETTER, assert_clean, header, leaves, lines, payload


def test_is_a_single_part() -> None:
    mail = write(LETTER)
    assert mail == (
        b'From: "Jean D. (ACME) via DirectIndustry"\r\n <buyer-abcdefghkmnprstu@reply.example>\r\n'
        b"To: =?utf-8?Q?Hans_M=C3=BCller?= <hans@acme.example>\r\n"
        b"Subject: Ihr Angebot\r\n"
        b"Date: Sun, 01 Mar 2026 09:05:07 +0000\r\n"
        b"Message-ID: <m.abc@reply.example>\r\n"
        b"MIME-Version: 1.0\r\n"
        b"Content-Type: text/plain; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n"
        b"\r\n"
        b"Hi\r\n"
    )
    assert_clean(mail)


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("", b""),
        ("a", b"a\r\n"),
        ("a\r\nb\rc\nd\n", b"a\r\nb\r\nc\r\nd\r\n"),
        ("café\n", b"caf=C3=A9\r\n"),
        ("1+1=2\n", b"1+1=3D2\r\n"),
        ("trail \n", b"trail=20\r\n"),
        ("tab\t\n", b"tab=09\r\n"),
        ("no end ", b"no end=20\r\n"),
        ("From me\n", b"=46rom =\r\nme\r\n"),
        (">From me\n", b">From me\r\n"),
        ("From From me\n", b"=46rom =\r\n=46rom =\r\nme\r\n"),
        (".\n..\n.a\n", b"=2E\r\n..\r\n.a\r\n"),
        ("--\n-- \n", b"--\r\n--=20\r\n"),
        ("a\0b\x1bc\x0bd\n", b"abcd\r\n"),
        ("x" * 100 + "\n", b"x" * 75 + b"=\r\n" + b"x" * 25 + b"\r\n"),
        ("a\n\n\n", b"a\r\n\r\n\r\n"),
    ],
)
def test_as_quoted_printable(text: str, body: bytes) -> None:
    assert write(replace(LETTER, text=text)).partition(b"\r\n\r\n")[2] == body


def test_is_base64_where_that_is_shorter() -> None:
    mail = write(replace(LETTER, text="您好，我们需要报价。\n" * 20))
    assert header(mail, "Content-Transfer-Encoding") == b"base64"
    assert payload(leaves(mail)[0]).decode() == "您好，我们需要报价。\r\n" * 20


@given(st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(["From ", "From From " * 20, " " * 200]))
@example("\nFrom " + "x" * 71)
@example("x" * 76 + " ")
@example("x" * 75 + "From x")
def test_comes_back(text: str) -> None:
    text = clean_text(text)
    wanted = text if text.endswith("\n") or not text else text + "\n"
    for encoding, pieces in (text_body(text), ("quoted-printable", [quoted_printable(wanted.encode())])):
        body = b"".join(pieces)
        part = message_from_bytes(b"Content-Transfer-Encoding: " + encoding.encode() + b"\r\n\r\n" + body)
        assert payload(part).decode().replace("\r\n", "\n") == wanted
        assert max(map(len, lines(body))) <= 76
        assert not any(line.endswith((b" ", b"\t")) or line.startswith(b"From ") for line in lines(body))


@given(st.binary())
@example(bytes(57 * 1024))
@example(bytes(57 * 1024 + 1))
def test_base64_has_lines_of_76(data: bytes) -> None:
    coded = b"".join(base64_lines(data))
    assert all(len(line) == 76 for line in lines(coded)[:-2])
    assert payload(message_from_bytes(b"Content-Transfer-Encoding: base64\r\n\r\n" + coded)) == data

"""Bodies of text and files: seven-bit lines that no server on the way changes."""

from dataclasses import replace
from email import message_from_bytes
from html import unescape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from parley.relay.mail.charsets import clean_text
from parley.relay.mail.content import base64_lines, html_body, quoted_printable, text_body
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
        b"Content-Transfer-Encoding: 7bit\r\n"
        b"\r\n"
        b"Hi\r\n"
    )
    assert_clean(mail)


@pytest.mark.parametrize(
    ("text", "encoding", "body"),
    [
        ("", "7bit", b""),
        ("a", "7bit", b"a\r\n"),
        ("a\r\nb\rc\nd\n", "7bit", b"a\r\nb\r\nc\r\nd\r\n"),
        ("a\n\n\n", "7bit", b"a\r\n\r\n\r\n"),
        ("a\0b\x1bc\x0bd\n", "7bit", b"abcd\r\n"),
        ("1+1=2\n", "7bit", b"1+1=2\r\n"),
        ("..\n.a\n", "7bit", b"..\r\n.a\r\n"),
        ("x" * 76, "7bit", b"x" * 76 + b"\r\n"),
        ("x" * 77, "quoted-printable", b"x" * 75 + b"=\r\nxx\r\n"),
        ("café\n", "quoted-printable", b"caf=C3=A9\r\n"),
        ("trail \n", "quoted-printable", b"trail=20\r\n"),
        ("tab\t\n", "quoted-printable", b"tab=09\r\n"),
        ("no end ", "quoted-printable", b"no end=20\r\n"),
        ("--\n-- \n", "quoted-printable", b"--\r\n--=20\r\n"),
        ("From me\n", "quoted-printable", b"=46rom =\r\nme\r\n"),
        ("Hi\nFrom me\n", "quoted-printable", b"Hi\r\n=46rom =\r\nme\r\n"),
        (">From me\n", "7bit", b">From me\r\n"),
        ("From From me\n", "quoted-printable", b"=46rom =\r\n=46rom =\r\nme\r\n"),
        (".\n", "quoted-printable", b"=2E\r\n"),
        ("a\n.\n..\n.a", "quoted-printable", b"a\r\n=2E\r\n..\r\n.a\r\n"),
    ],
)
def test_text(text: str, encoding: str, body: bytes) -> None:
    mail = write(replace(LETTER, text=text))
    assert header(mail, "Content-Transfer-Encoding").decode() == encoding
    assert mail.partition(b"\r\n\r\n")[2] == body


@pytest.mark.parametrize(
    ("html", "encoding", "body"),
    [
        ("<p>a</p>", "7bit", b"<p>a</p>\r\n"),
        ('<p class="a">a \r\n<p>b\rc\n', "7bit", b'<p class="a">a \r\n<p>b\r\nc\r\n'),
        ("<p>" + "x" * 100 + "é</p>", "7bit", b"<p>" + b"x" * 100 + b"&#233;</p>\r\n"),
        ("<p>" + "x" * 100 + "\x85\x1b</p>", "7bit", b"<p>" + b"x" * 100 + b"</p>\r\n"),
        ("x" * 990, "7bit", b"x" * 990 + b"\r\n"),
        (
            "a\n" + "x" * 991,
            "quoted-printable",
            b"a\r\n" + b"x" * 75 + (b"=\r\n" + b"x" * 75) * 12 + b"=\r\n" + b"x" * 16,
        ),
        ("<p>é</p>", "quoted-printable", b"<p>=C3=A9</p>\r\n"),
        ("<p>\nFrom a</p>", "quoted-printable", b"<p>\r\n=46rom =\r\na</p>\r\n"),
        ("From a", "quoted-printable", b"=46rom =\r\na\r\n"),
        ("a\n.\n", "quoted-printable", b"a\r\n=2E\r\n"),
        ("<p>.\n..\n .</p>", "7bit", b"<p>.\r\n..\r\n .</p>\r\n"),
    ],
)
def test_html(html: str, encoding: str, body: bytes) -> None:
    part = leaves(write(replace(LETTER, html=html)))[-1]
    assert part["Content-Transfer-Encoding"] == encoding
    assert part.as_bytes().partition(b"\n\n")[2].replace(b"\n", b"\r\n").startswith(body)


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
        assert _read(encoding, body) == wanted
        assert max(map(len, lines(body))) <= 76
        assert not any(line.endswith((b" ", b"\t")) for line in lines(body))
        assert _is_left_alone(body)


@given(st.text(st.sampled_from("ab é.\n\rF") | st.characters(exclude_categories=["Cs"])) | st.just("From From \n"))
@example("<p>" + "long words " * 90)
@example("<p>" + "long words " * 90 + "\n.\n")
@example("<p>" + "words " * 90 + "é\x85\n" + "words " * 90)
def test_html_comes_back(html: str) -> None:
    html = clean_text(html)
    encoding, pieces = html_body(html)
    body = b"".join(pieces)
    assert unescape(_read(encoding, body)).rstrip("\n") == unescape(html).rstrip("\n")
    assert max(map(len, lines(body))) <= 990
    assert _is_left_alone(body)


def _read(encoding: str, body: bytes) -> str:
    part = message_from_bytes(b"Content-Transfer-Encoding: " + encoding.encode() + b"\r\n\r\n" + body)
    return payload(part).decode().replace("\r\n", "\n")


def _is_left_alone(body: bytes) -> bool:
    """Whether no server has a reason to change it: seven-bit lines with their ends, no mbox "From ", no lone dot."""
    odd = any(line == b"." or line.startswith(b"From ") for line in lines(body))
    bare = set(body.replace(b"\r\n", b"")) & set(b"\r\n\0")
    return body.isascii() and not odd and not bare and (body.endswith(b"\r\n") or not body)


@given(st.binary())
@example(bytes(57 * 1024))
@example(bytes(57 * 1024 + 1))
def test_base64_has_lines_of_76(data: bytes) -> None:
    coded = b"".join(base64_lines(data))
    assert all(len(line) == 76 for line in lines(coded)[:-2])
    assert payload(message_from_bytes(b"Content-Transfer-Encoding: base64\r\n\r\n" + coded)) == data

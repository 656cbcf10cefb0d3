"""Which forms of a text count as typed: those that mail programs write."""

import pytest
from parley.relay.compose.masking import Names
from parley.relay.compose.masking_html import mask_said_html
from parley.relay.mail import read

ADDRESS, MASK = "anna@werk.example", "seller-abcdefghkmnprstu@reply.market.example"
HEAD = b"From: a@b.example\r\nMIME-Version: 1.0\r\n"


@pytest.mark.parametrize(
    ("charset", "text", "disguised"),
    [
        ("utf-8", "Write to me", False),
        ("us-ascii", "Write to me", False),
        ("iso-8859-1", "Schöne Grüße", False),
        ("iso-8859-15", "Write to me", False),
        ("windows-1252", "Write to me", False),
        ("koi8-r", "Пишите мне", False),
        ("koi8-r", "Write to me", True),
        ("gb18030", "请写信给我", False),
        ("gb18030", "Write to me", True),
        ("iso-2022-jp", "見積もり", True),
        ("utf-16", "Write to me", True),
        ("utf-16-le", "Write to me", True),
        ("utf-7", "Write to me", True),
    ],
)
def test_the_charset(charset: str, text: str, disguised: bool) -> None:
    data = HEAD + f"Content-Type: text/plain; charset={charset}\r\n\r\n".encode() + text.encode(charset)
    assert ("disguise" in read(data).defects) == disguised


@pytest.mark.parametrize(
    ("body", "disguised"),
    [
        (b"Sch=C3=B6ne Gr=C3=BC=C3=9Fe\r\n", False),
        (b"x" * 75 + b"=\r\nyyy\r\n", False),
        (b"an honest line that ends in a blank =\r\nand goes on\r\n", False),
        (b"an=\r\nna\r\n", True),
        (b"first\r\nan=\r\nna\r\n", True),
    ],
)
def test_soft_line_breaks(body: bytes, disguised: bool) -> None:
    data = (
        HEAD + b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + body
    )
    assert ("disguise" in read(data).defects) == disguised


@pytest.mark.parametrize(
    ("html", "stays"),
    [
        (f"<p>Write to {ADDRESS} please</p>", True),
        (f'<p>Write to <a href="https://werk.example">{ADDRESS}</a> please</p>', True),
        ("<p>Write to anna@we<wbr>rk.example please</p>", False),
        ("<p>Write to anna<b>@</b>werk.example please</p>", False),
        ("<p>Write to an&shy;na@werk.example please</p>", False),
        ("<p>Write to an\u200bna@werk.example please</p>", False),
    ],
)
def test_html(html: str, stays: bool) -> None:
    shown = mask_said_html(html, Names(((ADDRESS, MASK),), writer=ADDRESS)).text
    assert (ADDRESS in shown) == stays
    assert (MASK in shown) == (not stays)


@pytest.mark.parametrize(
    ("html", "disguised"),
    [
        (b"<p>anna<!-- x -->@werk.example</p>", True),
        (b"<p>one <!-- x --> two</p>", False),
        (b"<!--[if mso]><p>one</p><![endif]-->two", False),
    ],
)
def test_a_comment_within_a_word(html: bytes, disguised: bool) -> None:
    data = HEAD + b"Content-Type: text/html; charset=utf-8\r\n\r\n" + html
    assert ("disguise" in read(data).defects) == disguised

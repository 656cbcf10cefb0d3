"""Files in our mails: the tree of parts, their names in both forms, enclosed mails, boundaries."""

from dataclasses import replace
from email import message_from_bytes
from email.message import Message

import pytest
from parley.relay.mail import read
from parley.relay.mail.write import File, write
from parley.tests.written import LETTER, assert_clean, leaves, lines, payload


def parts(*files: File, html: str = "") -> list[Message]:
    mail = write(replace(LETTER, files=files, html=html))
    assert_clean(mail)
    return list(message_from_bytes(mail).walk())


def test_tree() -> None:
    picture = File("logo.png", "image/png", b"png", content_id="c1@x", inline=True)
    sheet = File("sheet.pdf", "application/pdf", b"pdf")
    tree = parts(picture, sheet, html='<img src="cid:c1@x">')
    assert [part.get_content_type() for part in tree] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "application/pdf",
    ]
    assert tree[3].get_param("type") == "text/html"
    assert tree[5]["Content-ID"] == "<c1@x>"
    assert tree[5].get_content_disposition() == "inline"
    assert tree[6].get_content_disposition() == "attachment"
    boundaries = [part.get_boundary() for part in tree if part.is_multipart()]
    assert len(set(boundaries)) == 3


def test_only_the_levels_needed() -> None:
    assert [part.get_content_type() for part in parts(html="<p>x</p>")] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    picture = File("logo.png", "image/png", b"png", content_id="c1@x", inline=True)
    assert [part.get_content_type() for part in parts(picture)] == [
        "multipart/mixed",
        "text/plain",
        "image/png",
    ]


@pytest.mark.parametrize(
    ("name", "kind", "disposition"),
    [
        ("", b"", b""),
        ("a b.pdf", b"", b'filename="a b.pdf"'),
        ("../../x.pdf", b"", b'filename="x.pdf"'),
        ("C:\\dir\\x.pdf", b"", b'filename="x.pdf"'),
        ("été.pdf", b'name="ete.pdf"', b"filename*=utf-8''%C3%A9t%C3%A9.pdf"),
        ("价格.pdf", b'name="__.pdf"', b"filename*=utf-8''%E4%BB%B7%E6%A0%BC.pdf"),
        ('q".pdf', b'name="q_.pdf"', b"filename*=utf-8''q%22.pdf"),
        ("=?x?q?y?=", b'name="=_x_q_y_="', b"filename*=utf-8''%3D%3Fx%3Fq%3Fy%3F%3D"),
        ("a\r\nBcc: e", b'name="a Bcc_ e"', b"filename*=utf-8''a%20Bcc%3A%20e"),
        ("\u202egpj.exe", b"", b'filename="gpj.exe"'),
        ("．．／x", b'name="_x"', b"filename*=utf-8''%EF%BC%8E%EF%BC%8E%EF%BC%8Fx"),
        ("\u0301", b"", b"filename*=utf-8''%CC%81"),
    ],
)
def test_name(name: str, kind: bytes, disposition: bytes) -> None:
    mail = write(replace(LETTER, files=(File(name, "application/pdf", b"x"),))).replace(b"\r\n ", b" ")
    assert b"\r\n" + b"; ".join(filter(None, [b"Content-Type: application/pdf", kind])) + b"\r\n" in mail
    assert b"\r\n" + b"; ".join(filter(None, [b"Content-Disposition: attachment", disposition])) + b"\r\n" in mail


@pytest.mark.parametrize("name", ["x" * 190 + ".pdf", "价" * 190 + ".pdf", "👩" * 190 + ".pdf"])
def test_long_name_goes_over_lines(name: str) -> None:
    mail = write(replace(LETTER, files=(File(name, "application/pdf", b"x"),)))
    assert_clean(mail)
    assert max(map(len, lines(mail))) <= 78
    assert leaves(mail)[1].get_filename() == name


@pytest.mark.parametrize(
    ("told", "written"),
    [
        ("image/PNG", "image/png"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",) * 2,
        ("", "application/octet-stream"),
        ("text", "application/octet-stream"),
        ("multipart/mixed", "application/octet-stream"),
        ("message/partial", "application/octet-stream"),
        ("message/delivery-status", "application/octet-stream"),
        ("text/html; charset=x", "application/octet-stream"),
        ("image/png\r\nBcc: e", "application/octet-stream"),
        ("imáge/png", "application/octet-stream"),
        ("a/" + "b" * 2000, "application/octet-stream"),
    ],
)
def test_type(told: str, written: str) -> None:
    part = parts(File("x", told, b"x"))[-1]
    assert part.get_content_type() == written
    assert part.get_content_disposition() == "attachment"


@pytest.mark.parametrize(
    ("data", "charset"), [(b"abc", None), ("é".encode(), "utf-8"), (b"\xe9", None), (b"\xff\xfe\x00", None)]
)
def test_text_that_is_utf8_says_so(data: bytes, charset: str | None) -> None:
    part = parts(File("x.csv", "text/csv", data))[-1]
    assert part.get_content_charset() == charset
    assert payload(part) == data


def test_html_file_is_never_shown() -> None:
    part = parts(File("x.html", "text/html", b"<script>", inline=True), html="<p>x</p>")[-1]
    assert part.get_content_disposition() == "attachment"


def test_enclosed_mail_stays_a_mail() -> None:
    tree = parts(File("m.eml", "message/rfc822", b"Subject: x\nFoo: y\n\nbody"))
    assert tree[-2].get_content_type() == "message/rfc822"
    assert tree[-2]["Content-Transfer-Encoding"] == "7bit"
    assert tree[-1]["Foo"] == "y"


@pytest.mark.parametrize(
    "data", [b"Subject: \xe9\n\nx", b"a: b\rc: d\n\n", b"a: b\n\n\0", b"x" * 999, b"a: b\n\n" + b"x" * 2000]
)
def test_enclosed_mail_that_is_not_seven_bit_is_a_file(data: bytes) -> None:
    part = parts(File("m", "message/rfc822", data))[-1]
    assert part.get_content_type() == "application/octet-stream"
    assert part.get_filename() == "m.eml"
    assert payload(part) == data


def test_boundary_is_in_no_part() -> None:
    first = write(replace(LETTER, files=(File("x", "a/b", b"x"),)))
    boundary = message_from_bytes(first).get_boundary()
    assert boundary
    trap = b"a: b\n\n--" + boundary.encode() + b"\nContent-Type: text/html\n\n<script>\n"
    mail = write(replace(LETTER, files=(File("x", "message/rfc822", trap),)))
    assert_clean(mail)
    other = message_from_bytes(mail).get_boundary()
    assert other
    assert other != boundary
    assert mail.count(b"--" + other.encode()) == 3
    assert read(mail).attachments[0].data == trap.replace(b"\n", b"\r\n")


def test_bad_content_id_is_left_out() -> None:
    part = parts(File("x.png", "image/png", b"x", "a b\r\nBcc: e", inline=True), html="<p>")[-1]
    assert part["Content-ID"] is None

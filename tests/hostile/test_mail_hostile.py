"""`read` on anything: never raises, always clean, always linear, always inside its limits."""

import re
from collections.abc import Callable
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parley.relay.mail import Mail, mime, read
from parley.relay.mail.htmltext import html_to_text

CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
LINE_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def check_clean(mail: Mail) -> None:
    """What `Mail` promises of every value."""
    assert not CONTROL.search(mail.text + mail.html)
    for name, value in mail.headers:
        assert not LINE_CONTROL.search(name + value)
    for name, raw in mail.raw_headers:
        assert name.isascii()
        assert not re.search(rb"[\r\n]", raw)
    for attachment in mail.attachments:
        assert not LINE_CONTROL.search(attachment.name + attachment.type + attachment.content_id)
        assert not re.search(r"[/\\]|^\.", attachment.name)
        assert len(attachment.name) <= 200
    assert all(re.fullmatch("[a-z-]+", defect) for defect in mail.defects)


PIECES = [
    *(
        b"\r\n",
        b"\n",
        b"\r",
        b" ",
        b"\t",
        b"\x00",
        b"\xff",
        b"\xc3\xa9",
        b"--",
        b"--b",
        b"--b--",
        b"\r\n--b\r\n",
        b"--bb\r\n",
    ),
    *(
        b"Content-Type: ",
        b"multipart/mixed",
        b"multipart/alternative",
        b"; boundary=b",
        b'; boundary="bb"',
        b"text/html",
    ),
    *(b"text/plain", b"; charset=", b"utf-7", b"utf-16", b"gb18030", b"base64", b"; format=flowed", b"message/rfc822"),
    *(
        b"Content-Transfer-Encoding: ",
        b"quoted-printable",
        b"=",
        b"=C3",
        b"aGVsbG8=",
        b"Content-Disposition: attachment",
    ),
    *(
        b"; filename*0*=utf-8''%E9",
        b'; filename="',
        b'"',
        b"; filename*=a",
        b"../",
        b"From: ",
        b"From ",
        b"a@b.example",
    ),
    *(
        b"=?utf-8?q?",
        b"=?iso-2022-jp?b?",
        b"?=",
        b"<div>",
        b"</div>",
        b"<blockquote>",
        b"<!--",
        b"&#",
        b"<br>",
        b"x",
        b">",
    ),
    *(
        b"Subject: ",
        b"<meta charset=",
        b"\x1b$B",
        b"<pre>",
        b"<p style='display:none'>",
        b"cid:",
        b"Content-ID: <",
        b"+2AA-",
    ),
]


@given(st.lists(st.sampled_from(PIECES), max_size=60))
@settings(max_examples=500)
def test_any_mail_out_of_telling_pieces(pieces: list[bytes]) -> None:
    check_clean(read(b"".join(pieces)))


@given(st.binary(max_size=500))
def test_any_bytes(data: bytes) -> None:
    check_clean(read(data))
    check_clean(read(b"Content-Type: text/html\r\n\r\n" + data))
    check_clean(read(b"Content-Type: multipart/mixed; boundary=" + data[:5] + b"\r\n\r\n" + data))


@given(st.text(max_size=300))
def test_any_html(html: str) -> None:
    text, _ = html_to_text(html)
    text.encode("utf-8", "surrogatepass")


FROM = b"From: a@b.example\r\n"


def part(content_type: bytes, body: bytes) -> bytes:
    return FROM + b"Content-Type: " + content_type + b"\r\n\r\n" + body


def nested(count: int) -> bytes:
    """Multiparts, each the only part of the one before."""
    opened = b"".join(
        b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (n, n + 1) for n in range(count)
    )
    return FROM + b"Content-Type: multipart/mixed; boundary=b0\r\n\r\n" + opened


SIZE = 1 << 19
MULTIPART = b"multipart/mixed; boundary=b"
QP = FROM + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
B64 = FROM + b"Content-Transfer-Encoding: base64\r\n\r\n"
# Each makes a mail of about so many bytes.
GROWING: dict[str, Callable[[int], bytes]] = {
    "one header": lambda n: FROM + b"X: " + b"a" * n + b"\r\n\r\nx",
    "folded header": lambda n: FROM + b"X: " + b" a\r\n" * (n // 4) + b"\r\nx",
    "headers": lambda n: FROM + b"X: y\r\n" * (n // 6) + b"\r\nx",
    "junk before From": lambda n: b"junk\r\n" * (n // 6) + FROM + b"\r\nx",
    "encoded words": lambda n: FROM + b"Subject: " + b"=?utf-8?q?a?= " * (n // 14) + b"\r\n\r\nx",
    "unclosed encoded words": lambda n: FROM + b"Subject: " + b"=?utf-8?q?a" * (n // 11) + b"\r\n\r\nx",
    "commas": lambda n: FROM + b"To: " + b"," * n + b"\r\n\r\nx",
    "parameters": lambda n: part(b"text/plain" + b';a="' * (n // 4), b"x"),
    "nested multiparts": lambda n: nested(n // 60),
    "parts": lambda n: part(MULTIPART, b"--b\r\n\r\nx\r\n" * (n // 10)),
    "dashes": lambda n: part(MULTIPART, b"-" * n),
    "near boundaries": lambda n: part(MULTIPART, b"--bx\n" * (n // 5)),
    "boundaries in lines": lambda n: part(MULTIPART, b"--b " * (n // 4)),
    "one line": lambda n: FROM + b"\r\n" + b"x" * n,
    "line ends": lambda n: FROM + b"\r\n" + b"\n" * n,
    "only CR": lambda n: b"\r" * n,
    "NUL": lambda n: b"\0" * n,
    "flowed": lambda n: part(b"text/plain; format=flowed", b"> \n" * (n // 3)),
    "not UTF-8": lambda n: part(b"text/plain; charset=utf-8", b"\xff" * n),
    "utf-7": lambda n: part(b"text/plain; charset=utf-7", b"+2AA-" * (n // 5)),
    "surrogates": lambda n: part(b"text/plain; charset=utf-16", b"\x00\xd8" * (n // 2)),
    "iso-2022-jp": lambda n: part(b"text/plain; charset=iso-2022-jp", b"\x1b$B" * (n // 3)),
    "base64 groups": lambda n: B64 + b"QQ==" * (n // 4),
    "base64 garbage": lambda n: B64 + b"!=" * (n // 2),
    "QP garbage": lambda n: QP + b"= " * (n // 2),
    "divs": lambda n: part(b"text/html", b"<div>" * (n // 5)),
    "divs closed otherwise": lambda n: part(b"text/html", b"<div>" * (n // 10) + b"</p>" * (n // 8)),
    "tags at the depth limit": lambda n: part(b"text/html", b"<i>" * 250 + b"</div>x" * (n // 7)),
    "quotes at the depth limit": lambda n: part(b"text/html", b"<blockquote>" * 200 + b"<br>x" * (n // 5)),
    "table cells": lambda n: part(b"text/html", b"<table>" + b"<tr><td>x" * (n // 9)),
    "list": lambda n: part(b"text/html", b"<ol>" + b"<li>x" * (n // 5)),
    "less-than": lambda n: part(b"text/html", b"<" * n),
    "open tags": lambda n: part(b"text/html", b"<a " * (n // 3)),
    "open comments": lambda n: part(b"text/html", b"<!--" * (n // 4)),
    "long reference": lambda n: part(b"text/html", b"<div>" * 300 + b"&#" + b"1" * n),
    "styles": lambda n: part(b"text/html", b"<p style='display    '>" * (n // 24)),
    "meta": lambda n: part(b"text/html", b"<meta charset" + b" " * n),
}


def seconds(data: bytes) -> float:
    """The quickest of three, in processor time."""
    took: list[float] = []
    for _ in range(3):
        start = process_time()
        read(data)
        took.append(process_time() - start)
    return min(took)


@pytest.mark.parametrize("case", GROWING, ids=str)
def test_time_grows_with_the_size_only(case: str) -> None:
    """Eight times the bytes take at most some sixteen times as long; a square would take sixty-four."""
    small, large = GROWING[case](SIZE // 8), GROWING[case](SIZE)
    check_clean(read(large))
    assert seconds(large) <= 16 * seconds(small) + 0.05


def test_depth_is_limited() -> None:
    mail = read(nested(30) + b"--b30\r\n\r\ndeep")
    assert mail.defects == ("depth",)
    assert b"deep" in mail.attachments[0].data


def test_parts_are_limited_and_the_rest_is_kept_as_one() -> None:
    body = b"".join(b"--b\r\nContent-Type: image/png\r\n\r\n%d\r\n" % n for n in range(300))
    mail = read(part(MULTIPART, body))
    assert mail.defects == ("parts",)
    assert len(mail.attachments) == mime.PARTS + 1
    assert mail.attachments[-1].type == "application/octet-stream"
    assert mail.attachments[-1].data.endswith(b"\r\n299\r\n")


def test_html_text_is_limited() -> None:
    assert read(part(b"text/html", b"x " * 300_000)).defects == ("html",)
    deep = read(part(b"text/html", b"<div>" * 1000 + b"words &amp; more"))
    assert (deep.text, deep.defects) == ("words & more", ("html",))
    assert len(read(part(b"text/html", b"<div style='padding-left:99999999em'>x")).text) == 1


def test_slices_of_parts_are_exact() -> None:
    inner = b"Content-Type: text/plain\r\n\r\nsigned words \r\n"
    data = part(MULTIPART, b"--b\r\n" + inner + b"\r\n--b\r\n\r\nsig\r\n--b--\r\n")
    root, defects = mime.parse(data)
    assert not defects
    assert data[root.children[0].start : root.children[0].end] == inner

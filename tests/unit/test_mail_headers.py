"""Header blocks, encoded words, and charsets: what comes out is readable and can never be a header line."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley.relay.mail import read
from parley.relay.mail.charsets import clean_line, clean_text, codec_name, decode
from parley.relay.mail.headers import decoded, split

VALUES = [
    (b"plain", "plain"),
    (b"=?utf-8?q?caf=C3=A9?=", "café"),
    (b"=?UTF-8?B?Y2Fmw6k=?=", "café"),
    (b"=?utf-8?b?Y2Fmw6k?=", "café"),
    (b"=?iso-8859-1*fr?Q?caf=E9?=", "café"),
    (b"=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
    (b"=?utf-8?q?a?=\r\n =?utf-8?b?Yg==?=", "ab"),
    (b"=?utf-8?q?a?= b =?utf-8?q?c?=", "a b c"),
    (b"=?utf-8?q?caf=C3?= =?utf-8?q?=A9?=", "café"),  # a character cut in two
    (b"=?utf-8?q?a?= =?iso-8859-1?q?=E9?=", "aé"),
    (b"Re: =?utf-8?q?a_b?=", "Re: a b"),
    (b"=?utf-8?q?a b?=", "a b"),
    (b'"=?utf-8?q?caf=C3=A9?=" <a@b.example>', '"café" <a@b.example>'),
    (b"=?utf-8?x?abc?=", "=?utf-8?x?abc?="),
    (b"=?utf-8?b?a?=", "=?utf-8?b?a?="),
    (b"=?utf-8?q?unclosed", "=?utf-8?q?unclosed"),
    (b"=?no-such-charset?q?caf=C3=A9?=", "café"),
    (b"caf\xc3\xa9", "café"),
    (b"caf\xe9", "café"),
    (b"a\x00b\x07c", "a b c"),
    (b"=?utf-8?q?a=0D=0ABcc:_x=40y.example?=", "a Bcc: x@y.example"),
    (b"=?utf-8?q?a=E2=80=A8b=E2=80=A9c=C2=85d?=", "a b c d"),
    (b"=?utf-7?q?a+2AA-?=", "a+2AA-"),  # a lone surrogate
    (b"=?iso-2022-jp?B?GyRCJDMkcxsoQg==?=", "こん"),
]


@pytest.mark.parametrize(("raw", "expected"), VALUES)
def test_encoded_words(raw: bytes, expected: str) -> None:
    assert decoded(raw) == expected


def test_eight_bit_header_takes_the_charset_of_the_body() -> None:
    mail = read(b"Subject: \xc4\xe3\xba\xc3\r\nContent-Type: text/plain; charset=gb2312\r\n\r\nx")
    assert mail.first("subject") == "你好"


def test_only_the_first_words_of_a_header_are_decoded() -> None:
    mail = read(b"Subject: " + b" ".join([b"=?utf-8?q?a?="] * 201) + b"\r\n\r\n")
    assert mail.first("subject") == "a" * 200 + " =?utf-8?q?a?="
    assert mail.defects == ("words",)


def test_fields_are_unfolded_and_kept_in_order() -> None:
    mail = read(b"A: 1\r\n\t2\r\nb : 3\r\nA:4\r\n\r\n")
    assert mail.raw_headers == (("A", b"1\t2"), ("b", b"3"), ("A", b"4"))
    assert mail.all("a") == ("1 2", "4")


@pytest.mark.parametrize(
    ("block", "kept", "defect"),
    [
        (b"A: " + b"x" * 100_000 + b"\r\n", 1, "headers"),
        (b"A: " + b"x" * 20_000 + b"\r\n", 2, "header-size"),
        (b"A: x\r\n" * 600, 500, "headers"),
        (b"A: " + b"y\r\n " * 50_000 + b"\r\n", 1, "headers"),
    ],
)
def test_limits_cut_the_headers_but_not_the_body(block: bytes, kept: int, defect: str) -> None:
    mail = read(b"From: a@b.example\r\n" + block + b"\r\nhello")
    assert len(mail.headers) == kept
    assert mail.first("from") == "a@b.example"
    assert (mail.text, mail.defects) == ("hello", (defect,))


def test_a_from_that_was_cut_is_named() -> None:
    mail = read(b"From: a@b.example" + b"," * 20_000 + b" c@d.example\r\n\r\nhello")
    assert mail.defects == ("header-size", "from-size")


CHARSETS = [
    (b"\xe9\x80", "iso-8859-1", "é€", True),
    (b"\x93hi\x94", "us-ascii", "“hi”", False),
    ("żółw".encode("cp1250"), "Windows-1250", "żółw", True),
    ("żółw".encode("iso8859-2"), "ISO_8859-2:1987", "żółw", True),
    ("привет".encode("cp1251"), "win-1251", "привет", True),
    ("привет".encode("koi8-r"), "KOI8-R", "привет", True),
    ("こん①".encode("cp932"), "Shift_JIS", "こん①", True),
    ("こん".encode("cp932"), "x-sjis", "こん", True),
    (b"\x1b$B$3-!\x1b(B", "iso-2022-jp", "こ①", True),
    ("안녕".encode("cp949"), "ks_c_5601-1987", "안녕", True),
    ("你好€".encode("gb18030"), "gb2312", "你好€", True),
    ("你好".encode("big5"), "big5", "你好", True),
    ("สวัสดี".encode("cp874"), "windows-874", "สวัสดี", True),
    ("שלום".encode("iso8859-8"), "iso-8859-8-i", "שלום", True),
    (b"+AOk-", "unicode-1-1-utf-7", "é", True),
    ("\ufeffé".encode("utf-16-le"), "utf-16", "é", True),
    ("é\n".encode("utf-16-be"), "utf-16be", "é\n", True),
    (b"plain", "utf-16", "plain", False),
    ("é\ufeff".encode(), '"UTF8"', "é\ufeff", True),
    (b"\xef\xbb\xbfx", "utf-8", "x", True),
    ("é".encode(), "no-such", "é", False),
    (b"\xe9", "no-such", "é", False),
    (b"\xe9", "", "é", False),
    ("é".encode(), "us-ascii", "é", True),
    ("é".encode(), "base64", "é", False),
    (b"a-", "punycode", "a-", False),
    (b"\\x41", "unicode_escape", "\\x41", False),
    ("né déjà vu, où ça été".encode() + b"\xff", "utf-8", "né déjà vu, où ça été\ufffd", False),
    (b"+2AA-", "utf-7", "+2AA-", False),
    ("\ufeffé".encode("utf-16-be"), "", "é", True),
    (b"\x1b$B$3\x1b(B", "", "こ", True),
]


@pytest.mark.parametrize(("data", "label", "expected", "fitted"), CHARSETS)
def test_charsets(data: bytes, label: str, expected: str, fitted: bool) -> None:
    assert decode(data, label) == (expected, fitted)


def test_html_may_tell_its_charset_itself() -> None:
    page = b'<meta http-equiv="Content-Type" content="text/html; charset=koi8-r"><p>' + "привет".encode("koi8-r")
    assert read(b"Content-Type: text/html\r\n\r\n" + page).text == "привет"


def test_controls_leave_texts_and_lines() -> None:
    assert clean_text("a\x00b\r\nc\rd\te\x1b\x85\ud800") == "ab\nc\nd\te\ufffd"
    assert clean_line("a\r\nb\u2028\x00c\t") == "a b c"


@given(st.text(), st.sampled_from(["", "utf-7", "hz", "utf-16", "idna", "cp037", "iso-2022-jp", "unknown"]))
def test_any_bytes_in_any_charset_become_clean_text(text: str, label: str) -> None:
    for data in (text.encode("utf-8", "surrogatepass"), text.encode("utf-16-le", "surrogatepass")):
        out, _ = decode(data, label)
        out.encode()


@given(st.text(max_size=30))
def test_any_label_is_a_codec_or_none(label: str) -> None:
    assert decode(b"x", label)[0] in ("x", b"x".decode(codec_name(label) or "ascii", "replace"))


@given(st.binary())
def test_any_value_is_one_line(value: bytes) -> None:
    for raw in (value, b"=?utf-8?q?" + value + b"?=", b"=?utf-16?q?" + value + b"?= =?utf-7?b?" + value + b"?="):
        assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", decoded(raw))


@given(st.lists(st.sampled_from([b"A: 1", b" x", b"\tz", b"junk", b"\r", b"\n", b"\r\n", b"From: a", b":", b"From "])))
def test_a_block_and_its_body_are_the_whole_mail(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    for whole in (True, False):
        block = split(data, 0, len(data), whole)
        assert 0 <= block.body <= len(data)
        assert all(not re.search(rb"[\r\n]", value) for _, value in block.fields)

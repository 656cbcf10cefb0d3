"""What is in a part: transfer encodings, flowed text, file names, HTML as text."""

import binascii

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley.relay.mail import read
from parley.relay.mail.htmltext import html_to_text
from parley.relay.mail.names import clean_file_name
from parley.relay.mail.transfer import decode


def typed(content_type: bytes, body: bytes, *fields: bytes) -> bytes:
    """A mail of one part with its Content-Type."""
    return b"\r\n".join([b"Content-Type: " + content_type, *fields, b"", body])


ENCODED: dict[str, tuple[bytes, bytes, bytes]] = {
    "base64": (b"base64", b"aGVs\r\nbG8=\r\n", b"hello"),
    "base64 unpadded": (b"base64", b"aGVsbG8", b"hello"),
    "base64 one character too many": (b"base64", b"aGVsbG8hQ", b"hello!"),
    "base64 with foreign characters": (b"BASE64", b"aG*Vs\x00 bG-8=", b"hello"),
    "base64 in several pieces": (b"base64", b"aGVsbG8=\r\nIHdvcmxk\r\nIQ==", b"hello world!"),
    "base64 and a footer": (b"base64", b"aGVsbG8=\r\n____\r\nSent by a list\r\n", b"hello"),
    "base64 of nothing": (b"base64", b"!!", b""),
    "QP": (b"quoted-printable", b"h=C3=A9l=\r\nlo=20", b"h\xc3\xa9llo "),
    "QP with blanks after a soft break": (b"quoted-printable", b"he= \t\r\nllo", b"hello"),
    "QP with a bare CR": (b"quoted-printable", b"he=\rllo", b"hello"),
    "QP with damage": (b"quoted-printable", b"50=% =ZZ =", b"50=% =ZZ "),
    "uuencode": (b"x-uuencode", b"begin 644 hello.txt\r\n%:&5L;&\\\r\n`\r\nend\r\n", b"hello"),
    "uuencode without an end": (b"uuencode", b"begin 644 hello.txt\r\n%:&5L;&\\\r\n", b"hello"),
    "uuencode that is none": (b"x-uue", b"hello", b"hello"),
    "7bit": (b"7bit", b"a=20", b"a=20"),
    "unknown": (b"x-strange", b"a=20", b"a=20"),
    "quoted and with a comment": (b'"base64" (x)', b"aGVsbG8=", b"hello"),
}


BASE64 = st.lists(st.sampled_from([b"QUJD", b"/+8x", b"A", b"=", b"\r\n", b" ", b"-", b"_", b"\0", b"\xff", b"."])).map(
    b"".join
)


@given(BASE64)
def test_base64_is_read_as_the_standard_library_reads_it(text: bytes) -> None:
    padding = text.find(b"=")
    if padding >= 0 and text[padding:].strip(b"= \t\r\n"):
        return  # several texts in a row, which it stops at
    try:
        expected = binascii.a2b_base64(text), ""
    except binascii.Error:
        assert decode(text, "base64")[1] == "encoding"
    else:
        assert decode(text, "base64") == expected


@pytest.mark.parametrize("case", ENCODED, ids=str)
def test_transfer_encodings(case: str) -> None:
    encoding, content, expected = ENCODED[case]
    mail = read(typed(b"application/x", content, b"Content-Transfer-Encoding: " + encoding))
    assert mail.attachments[0].data == expected
    assert ("encoding" in mail.defects) == (case in ODD_ENCODINGS)


ODD_ENCODINGS = {
    "base64 unpadded",
    "base64 one character too many",
    "base64 in several pieces",
    "base64 and a footer",
    "uuencode without an end",
    "uuencode that is none",
    "unknown",
}
FLOWED = [
    (b"; format=flowed", b"a long \r\nline\r\nend", "a long line\nend"),
    (b"; format=flowed; delsp=yes", b"a lo \r\nng\r\nend", "a long\nend"),
    (b"; format=flowed", b"> q \r\n> r\r\n>> s\r\nt", "> q r\n>> s\nt"),
    (b"; format=flowed", b"> q \r\nt", "> q \nt"),
    (b"; format=flowed", b"x\r\n-- \r\nsig", "x\n-- \nsig"),
    (b"; format=flowed", b" >stuffed\r\n From", ">stuffed\nFrom"),
    (b"; format=fixed", b"a \r\nb", "a \nb"),
]


@pytest.mark.parametrize(("parameters", "body", "expected"), FLOWED)
def test_flowed_text_is_joined(parameters: bytes, body: bytes, expected: str) -> None:
    assert read(typed(b"text/plain" + parameters, body)).text == expected


FILE_NAMES = [
    (b'attachment; filename="a b.pdf"', "a b.pdf"),
    (b"attachment; filename=a b.pdf", "a b.pdf"),
    (b"attachment; filename*=utf-8''pr%C3%A9cis.pdf", "précis.pdf"),
    (b"attachment; filename*=iso-8859-1'fr'pr%E9cis.pdf; filename=other.pdf", "précis.pdf"),
    (b'attachment; filename*0="a long "; filename*1="name.pdf"', "a long name.pdf"),
    (b"attachment; filename*0*=utf-8''pr%C3; filename*1*=%A9; filename*2=\"cis.pdf\"", "précis.pdf"),
    (b"attachment; filename*1=b; filename*0=a", "ab"),
    (b'attachment; filename="=?utf-8?q?pr=C3=A9cis.pdf?="', "précis.pdf"),
    (b"attachment; filename==?utf-8?b?cHLDqWNpcy5wZGY=?=", "précis.pdf"),
    (b'attachment; filename="=?utf-8?q?pr=C3=A9?= =?utf-8?q?cis.pdf?="', "précis.pdf"),
    (b'attachment; filename="pr\xc3\xa9cis.pdf"', "précis.pdf"),
    (b'attachment; filename="pr\xe9cis.pdf"', "précis.pdf"),
    (b'attachment; filename="C:\\Documents\\a.pdf"', "a.pdf"),
    (b'attachment; filename="../../etc/passwd"', "passwd"),
    (b'attachment; filename="a\\"b.pdf"', 'a"b.pdf'),
    (b'attachment; filename="unclosed.pdf', "unclosed.pdf"),
    (b'attachment; filename="a.pdf"; filename="b.pdf"', "a.pdf"),
    (b"attachment", "from-type.pdf"),
]


@pytest.mark.parametrize(("disposition", "expected"), FILE_NAMES)
def test_file_names(disposition: bytes, expected: str) -> None:
    mail = read(typed(b"application/pdf; name=from-type.pdf", b"x", b"Content-Disposition: " + disposition))
    assert mail.attachments[0].name == expected


CLEAN_NAMES = [
    ("../../x", "x"),
    ("/", ""),
    ("..", ""),
    (".bashrc", "bashrc"),
    ("a\r\nb\x00c.pdf", "a bc.pdf"),
    ("cod\u202efdp.exe", "codfdp.exe"),
    ("folder/", "folder"),
    ("a" * 300 + ".pdf", "a" * 196 + ".pdf"),
    ("a" * 300, "a" * 200),
]


@pytest.mark.parametrize(("name", "expected"), CLEAN_NAMES)
def test_clean_file_name(name: str, expected: str) -> None:
    assert clean_file_name(name) == expected


def test_html_becomes_readable_text() -> None:
    html = (
        "<title>no</title><style>no</style><div>Hello&nbsp; <b>you</b>,</div><div><br></div><div>see</div>"
        "<ul><li><p>one</p></li><li>two</li></ul><ol><li>x<li>y</ol><p style='display:none'>hidden<br></p>"
        "<table><tr><td>1</td><td>2</td></tr></table><script>no</script><img alt='\U0001f600'><img alt='logo'>"
        "<div>Le 1 mai, Jean a &eacute;crit&nbsp;:</div>"
        "<blockquote type=cite><div>q1</div><p>q2</p><blockquote>q3</blockquote></blockquote>"
        "<blockquote style='border: none'>indented</blockquote><pre>a  b\n c</pre>"
    )
    assert html_to_text(html) == (
        "Hello you,\n\nsee\n\n* one\n\n* two\n1. x\n2. y\n1\t2\n\U0001f600\nLe 1 mai, Jean a écrit :\n"
        "> q1\n>\n> q2\n>\n> > q3\nindented\n\na  b\n c",
        "",
    )

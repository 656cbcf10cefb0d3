"""`read` on mails written here byte for byte: structure, choice of the body, attachments, headers."""

import base64

import pytest
from parley.relay.mail import Mail, read

TOP = b"From: Jean <jean@acme.example>\r\nMIME-Version: 1.0\r\n"


def typed(content_type: bytes, body: bytes, *fields: bytes) -> bytes:
    """One part or mail with its Content-Type."""
    return b"\r\n".join([b"Content-Type: " + content_type, *fields, b"", body])


def multi(subtype: bytes, *parts: bytes, boundary: bytes = b"=_b") -> bytes:
    """A multipart of the given parts."""
    lines = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts)
    return typed(b"multipart/" + subtype + b'; boundary="' + boundary + b'"', lines + b"--" + boundary + b"--\r\n")


PLAIN = typed(b"text/plain", b"plain words")
HTML = typed(b"text/html", b"<p>html <b>words</b></p>")
PNG = typed(b"image/png; name=a.png", base64.b64encode(b"\x89PNG"), b"Content-Transfer-Encoding: base64")
PDF = typed(b"application/pdf", b"%PDF-1.7", b'Content-Disposition: attachment; filename="quote.pdf"')


def summary(mail: Mail) -> tuple[str, str, list[str]]:
    """Text, HTML and the types of the attachments."""
    return mail.text, mail.html, [attachment.type for attachment in mail.attachments]


H = "<p>html <b>words</b></p>"
BODIES: dict[str, tuple[bytes, tuple[str, str, list[str]]]] = {
    "single text": (PLAIN, ("plain words", "", [])),
    "single html": (HTML, ("html words", H, [])),
    "alternative": (multi(b"alternative", PLAIN, HTML), ("plain words", H, [])),
    "alternative with only html": (multi(b"alternative", HTML), ("html words", H, [])),
    "mixed": (multi(b"mixed", PLAIN, PDF), ("plain words", "", ["application/pdf"])),
    "related": (multi(b"related", HTML, PNG), ("html words", H, ["image/png"])),
    "alternative in mixed": (
        multi(b"mixed", multi(b"alternative", PLAIN, HTML, boundary=b"in"), PDF),
        ("plain words", H, ["application/pdf"]),
    ),
    "related in alternative": (
        multi(b"alternative", PLAIN, multi(b"related", HTML, PNG, boundary=b"in")),
        ("plain words", H, ["image/png"]),
    ),
    "html split round a file": (
        multi(b"alternative", PLAIN, multi(b"mixed", HTML, PDF, HTML, boundary=b"in")),
        ("plain words", f"{H}\n{H}", ["application/pdf"]),
    ),
    "text split round an image": (
        multi(b"mixed", PLAIN, PNG, PLAIN),
        ("plain words\nplain words", "", ["image/png"]),
    ),
    "text, then html": (multi(b"mixed", PLAIN, HTML), ("plain words\nhtml words", f"<pre>plain words</pre>\n{H}", [])),
    "empty text beside html": (multi(b"alternative", typed(b"text/plain", b" \r\n"), HTML), ("html words", H, [])),
    "text file": (
        multi(b"mixed", PLAIN, typed(b"text/plain", b"x", b"Content-Disposition: attachment")),
        ("plain words", "", ["text/plain"]),
    ),
    "named text": (
        multi(b"mixed", PLAIN, typed(b"text/plain; name=log.txt", b"x")),
        ("plain words", "", ["text/plain"]),
    ),
    "only a text file": (typed(b"text/plain", b"x", b"Content-Disposition: attachment"), ("", "", ["text/plain"])),
    "only a pdf": (PDF, ("", "", ["application/pdf"])),
    "signed": (
        multi(b"signed", PLAIN, typed(b"application/pgp-signature", b"--sig")),
        ("plain words", "", ["application/pgp-signature"]),
    ),
    "encrypted": (
        multi(b"encrypted", typed(b"application/pgp-encrypted", b"v"), typed(b"application/octet-stream", b"x")),
        ("", "", ["application/pgp-encrypted", "application/octet-stream"]),
    ),
    "report": (
        multi(b"report", PLAIN, typed(b"message/delivery-status", b"x"), typed(b"text/rfc822-headers", b"y: z")),
        ("plain words", "", ["message/delivery-status", "text/rfc822-headers"]),
    ),
    "calendar": (
        multi(b"alternative", PLAIN, HTML, typed(b"text/calendar; method=REQUEST", b"BEGIN:VCALENDAR")),
        ("plain words", H, ["text/calendar"]),
    ),
    "related with its root named": (
        multi(b'related; start="<r>"', PNG, typed(b"text/html", H.encode(), b"Content-ID: <r>")),
        ("html words", H, ["image/png"]),
    ),
    "digest": (multi(b"digest", b"\r\nSubject: a\r\n\r\nb"), ("", "", ["message/rfc822"])),
    "unusable type": (multi(b"mixed", typed(b"text", b"words")), ("words", "", [])),
    "unusable type of a file": (typed(b"pdf; name=a.pdf", b"x"), ("", "", ["application/octet-stream"])),
    "unknown multipart": (multi(b"*", PLAIN, PDF), ("plain words", "", ["application/pdf"])),
}


@pytest.mark.parametrize("case", BODIES, ids=str)
def test_body_and_attachments_are_told_apart(case: str) -> None:
    data, expected = BODIES[case]
    assert summary(read(TOP + data)) == expected


def test_text_from_html_is_told() -> None:
    assert read(HTML).text_from_html
    assert not read(multi(b"alternative", PLAIN, HTML)).text_from_html


def test_enclosed_mail_is_one_attachment_with_its_exact_bytes() -> None:
    enclosed = b"Subject: =?utf-8?q?R=C3=A9f=2E_1/2?=\r\n" + multi(b"mixed", PLAIN, PDF, boundary=b"x")
    mail = read(multi(b"mixed", PLAIN, typed(b"message/rfc822", enclosed)))
    (attachment,) = mail.attachments
    assert (attachment.name, attachment.type, attachment.data) == ("Réf. 1-2.eml", "message/rfc822", enclosed)


def test_inline_and_content_id() -> None:
    html = typed(b"text/html", b'<img src="cid:logo@x">')
    logo = typed(b"image/png", b"1", b"Content-ID: <logo@x>")
    photo = typed(b"image/png", b"2", b"Content-Disposition: inline; filename=p.png")
    other = typed(b"image/png", b"3", b"Content-ID: <other@x>")
    mail = read(multi(b"related", html, logo, photo, other))
    assert [(a.inline, a.content_id, a.name) for a in mail.attachments] == [
        (True, "logo@x", ""),
        (True, "", "p.png"),
        (False, "other@x", ""),
    ]


LONG = b"=_" + b"x" * 80
DAMAGED: dict[str, tuple[bytes, str, list[bytes], str]] = {
    "bare LF": (multi(b"mixed", PLAIN, PDF).replace(b"\r\n", b"\n"), "plain words", [b"%PDF-1.7"], ""),
    "bare CR": (multi(b"mixed", PLAIN, PDF).replace(b"\r\n", b"\r"), "plain words", [b"%PDF-1.7"], ""),
    "mbox line": (b"From a@b.example Mon Jan  1\r\nSubject: x\r\n\r\nhello", "hello", [], ""),
    "blank lines first": (b"\r\n\r\nSubject: x\r\n\r\nhello", "hello", [], ""),
    "no blank line": (b"Subject: x\r\nhello there\r\nworld", "hello there\nworld", [], "no-separator"),
    "headers only": (b"Subject: x", "", [], ""),
    "nothing": (b"", "", [], ""),
    "no header": (b"hello", "hello", [], "no-separator"),
    "junk before From": (b"Received: a\r\nbroken fold\r\nFrom: a@b.example\r\n\r\nhello", "hello", [], "junk-header"),
    "unclosed multipart": (multi(b"mixed", PLAIN, PDF)[:-11], "plain words", [b"%PDF-1.7"], ""),
    "no boundary told": (
        multi(b"mixed", PLAIN, PDF).replace(b'; boundary="=_b"', b""),
        "plain words",
        [b"%PDF-1.7"],
        "boundary",
    ),
    "empty boundary told": (
        multi(b"mixed", PLAIN, PDF, boundary=b"--_b").replace(b'"--_b"', b'""'),
        "plain words",
        [b"%PDF-1.7"],
        "boundary",
    ),
    "wrong boundary told": (
        multi(b"mixed", PLAIN, PDF).replace(b'"=_b"', b'"other"'),
        "plain words",
        [b"%PDF-1.7"],
        "boundary",
    ),
    "multipart without parts": (typed(b"multipart/mixed; boundary=b", b"hello"), "hello", [], "boundary"),
    "inner boundary begins with the outer": (
        multi(b"mixed", multi(b"mixed", PLAIN, boundary=b"b1"), PDF, boundary=b"b"),
        "plain words",
        [b"%PDF-1.7"],
        "",
    ),
    "outer boundary begins with the inner": (
        multi(b"mixed", multi(b"mixed", PLAIN, boundary=b"b"), PDF, boundary=b"b1"),
        "plain words",
        [b"%PDF-1.7"],
        "",
    ),
    "inner boundary is the outer": (
        multi(b"mixed", typed(b"multipart/mixed; boundary=b", b""), PLAIN, boundary=b"b"),
        "plain words",
        [],
        "boundary",
    ),
    "inner boundary is the outer, and both are closed": (
        multi(b"mixed", multi(b"alternative", PLAIN, boundary=b"b"), PDF, boundary=b"b"),
        "plain words",
        [b"%PDF-1.7"],
        "boundary",
    ),
    "the line that closes the outer opens the inner": (
        multi(b"mixed", multi(b"mixed", PLAIN, boundary=b"b----"), boundary=b"b--"),
        "plain words",
        [],
        "boundary",
    ),
    "wrong boundary told and none closed": (
        multi(b"mixed", PLAIN, PDF).replace(b'"=_b"', b'"other"').replace(b"\r\n--=_b--\r\n", b""),
        "plain words",
        [b"%PDF-1.7"],
        "boundary",
    ),
    "the text stands above the only part, a file": (
        multi(b"mixed", PDF).replace(b"\r\n\r\n--", b"\r\n\r\nSee the quote.\r\n--", 1),
        "See the quote.",
        [b"%PDF-1.7"],
        "",
    ),
    "a program's words above the only part": (
        multi(b"mixed", PDF).replace(b"\r\n\r\n--", b"\r\n\r\nThis is a multi-part message.\r\n--", 1),
        "",
        [b"%PDF-1.7"],
        "",
    ),
    "preamble and epilogue": (
        multi(b"mixed", PLAIN).replace(b"\r\n\r\n--", b"\r\n\r\npreamble\r\n--", 1) + b"epilogue",
        "plain words",
        [],
        "",
    ),
    "blanks after a boundary": (multi(b"mixed", PLAIN).replace(b"--=_b\r\n", b"--=_b \t\r\n"), "plain words", [], ""),
    "boundary inside a line": (multi(b"mixed", typed(b"text/plain", b"x --=_b y")), "x --=_b y", [], ""),
    "no semicolon": (b"Content-Type: text/plain charset=utf-8\r\n\r\n\xc3\xa9", "é", [], ""),
    "broken off inside a second text": (
        multi(b"mixed", PLAIN, typed(b"text/plain", b"half a wo")).rpartition(b"\r\n--")[0],
        "plain words",
        [b"half a wo"],
        "",
    ),
    "broken off inside the only text, below a file": (
        multi(b"mixed", PDF, PLAIN).rpartition(b"\r\n--")[0],
        "plain words",
        [b"%PDF-1.7"],
        "",
    ),
    "broken off inside the HTML of an alternative": (
        multi(b"alternative", PLAIN, HTML).rpartition(b"\r\n--")[0],
        "plain words",
        [],
        "",
    ),
    "closed by a delimiter that opens": (
        multi(b"mixed", PLAIN, PLAIN).rpartition(b"--")[0] + b"\r\n",
        "plain words\nplain words",
        [],
        "",
    ),
    "boundaries that differ behind the 70th octet": (
        b"Content-Type: multipart/mixed; boundary=%b\r\n\r\n--%b1\r\n\r\none\r\n--%b2\r\n\r\ntwo\r\n--%b1--\r\n"
        % (LONG + b"1", LONG, LONG, LONG),
        "one\ntwo",
        [],
        "",
    ),
    "long boundaries inside one another are told apart": (
        b"Content-Type: multipart/mixed; boundary=%b1\r\n\r\n--%b1\r\n"
        b"Content-Type: multipart/alternative; boundary=%b2\r\n\r\n--%b2\r\n\r\none\r\n--%b2\r\n"
        b"Content-Type: text/html\r\n\r\n<p>one\r\n--%b2--\r\n--%b1--\r\n" % ((LONG,) * 7),
        "one",
        [],
        "",
    ),
    "first Content-Type counts": (b"Content-Type: text/plain\r\n" + HTML, H, [], ""),
}


@pytest.mark.parametrize("case", DAMAGED, ids=str)
def test_damage_is_read_through(case: str) -> None:
    data, text, attachments, defect = DAMAGED[case]
    mail = read(data)
    assert mail.text.strip() == text
    assert [attachment.data for attachment in mail.attachments] == attachments
    assert defect in mail.defects if defect else not mail.defects


def test_a_boundary_is_found_behind_any_number_of_hyphens() -> None:
    text = PLAIN + b"- a - b\r\n" * 200
    mail = read(multi(b"mixed", text, PDF))
    assert mail.text.count("- a - b") == 200
    assert len(mail.attachments) == 1

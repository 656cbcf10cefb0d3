"""Reads mails that we have written, with RFC 5322 alone and with the standard library: for tests."""

import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message

from parley.relay.mail.write import HEADERS, PART_HEADERS, Letter, Mailbox

MASK = Mailbox("Jean D. (ACME) via DirectIndustry", "buyer-abcdefghkmnprstu@reply.example")
SELLER = Mailbox("Hans Müller", "hans@acme.example")
LETTER = Letter(
    MASK, (SELLER,), "Ihr Angebot", datetime(2026, 3, 1, 9, 5, 7, tzinfo=UTC), "m.abc@reply.example", "Hi\n"
)
_FIELD = re.compile(rb"([!-9;-~]+): ?(.*)", re.DOTALL)

# What somebody may try in any value.
NASTY = [
    "a\r\nBcc: eve@evil.example",
    "a\nX-Evil: 1\n\n<script>",
    "\r\n\r\nbody",
    "=?utf-8?q?x=0D=0AReply-To:_eve@evil.example?=",
    "=?utf-8?B?DQpCY2M6IGVAZQ==?=",
    "a\u2028Bcc: e\u2029f\x85g\x0bh\x0ci\x1cj",
    "\ud800 lone \udfff",
    "\0\x1b[31m\x7f",
    'x" <eve@evil.example>, "y',
    "x\\",
    "(comment",
    "a;b=c; filename=evil.exe",
    "..\\..\\x/../../etc/passwd",
    "\u202egpj.exe",
    "--=_0",
    ".",
    " \t ",
    "x" * 3000,
    "é" * 3000,
    "word " * 500,
    "👩‍👩‍👧‍👦" * 100,
]


def lines(mail: bytes) -> list[bytes]:
    return mail.split(b"\r\n")


def fields(block: bytes) -> list[tuple[str, bytes]]:
    """Name and unfolded value of each field, read by nothing but RFC 5322."""
    found: list[tuple[str, bytes]] = []
    for field in re.split(rb"\r\n(?![ \t])", block.removesuffix(b"\r\n")):
        match = _FIELD.fullmatch(field)
        assert match, field
        found.append((match[1].decode(), match[2].replace(b"\r\n", b"").strip()))
    return found


def head(mail: bytes) -> list[tuple[str, bytes]]:
    return fields(mail.partition(b"\r\n\r\n")[0])


def header(mail: bytes, name: str) -> bytes:
    (value,) = (value for key, value in head(mail) if key == name)
    return value


def decoded(value: str) -> str:
    return str(make_header(decode_header(value.replace("\r\n", ""))))


def leaves(mail: bytes) -> list[Message]:
    return [part for part in message_from_bytes(mail).walk() if not part.is_multipart()]


def payload(part: Message) -> bytes:
    data = part.get_payload(decode=True)
    assert isinstance(data, bytes)
    return data


def own_parts(message: Message) -> list[Message]:
    """The parts in order, without those of an enclosed mail."""
    enclosed = [
        inner for part in message.walk() if part.get_content_type() == "message/rfc822" for inner in part.walk()
    ]
    return [part for part in message.walk() if all(part is not inner for inner in enclosed)]


def assert_clean(mail: bytes) -> None:
    """What holds for every mail we write."""
    assert mail.isascii()
    assert b"\0" not in mail
    assert b"\n" not in mail.replace(b"\r\n", b"")
    assert b"\r" not in mail.replace(b"\r\n", b"")
    assert mail.endswith(b"\r\n")
    assert max(map(len, lines(mail))) <= 998
    encloses = any(part.get_content_type() == "message/rfc822" for part in message_from_bytes(mail).walk())
    # An enclosed mail goes as it is; doubling its dots is the business of SMTP.
    assert encloses or not any(line.startswith(b"From ") or line == b"." for line in lines(mail))
    names = [name for name, _ in head(mail)]
    assert len(names) == len(set(names))
    assert names == [name for name in HEADERS if name in names]
    assert {"From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"} <= set(names)
    for part in own_parts(message_from_bytes(mail))[1:]:
        assert not part.defects
        assert set(part.keys()) <= set(PART_HEADERS)
        assert len(part.keys()) == len(set(part.keys()))

"""Writes our mails: RFC 5322 and MIME, 7-bit clean, from an allow-list of headers in a fixed order.

Nothing of another mail is ever copied here: a letter is built from values, and each value is cleaned, checked or
encoded on its way (see encode.py). What strangers may have chosen (names, subject, ids, files, text) is made safe or
left out; what only we choose (addresses, our Message-ID, the words of a header) raises ValueError when it is wrong.
The standard library's email package must not be used here: it writes line breaks that values bring along.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from . import encode
from .charsets import clean_text
from .content import base64_lines, html_body, seven_bit, text_body
from .dates import date_text
from .names import clean_file_name
from .part_heads import file_head, known_type, multipart_head, text_head
from .pieces import Content, Passed, Piece, Pieces, joined
from .sealed import Sealed

# Every header a mail of ours can have before it is signed and sent, in the order in which they are written.
HEADERS = (
    "From",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Disposition-Notification-To",
    "Auto-Submitted",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "X-Parley-Loop",
    "MIME-Version",
    "Content-Language",
    "Content-Type",
    "Content-Transfer-Encoding",
)
PART_HEADERS = ("Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "Content-ID")
REFERENCES_KEPT = 20  # at each end of the list

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4}")  # RFC 5646, roughly
_UNSUBSCRIBE = re.compile(r"(?:https?://|mailto:)[!#-;=?-~]{1,900}")
_MIME_VERSION = encode.fold("MIME-Version", ["1.0"])


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A display name, "" for none, and an address."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class File:
    """An attachment, or a picture that the HTML shows by `cid:` when `inline` and `content_id` are set."""

    name: str
    type: str  # MIME type without parameters
    data: bytes
    content_id: str = ""
    inline: bool = False
    passed: Passed | None = None  # stands for the octets; `data` is then only the beginning

    @property
    def size(self) -> int:
        """Octets of the file."""
        return self.passed.size if self.passed else len(self.data)


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to be written. Ids may come with or without angle brackets."""

    from_: Mailbox
    to: tuple[Mailbox, ...]
    subject: str
    date: datetime  # aware
    message_id: str
    text: str
    html: str = ""  # "" for a mail of text alone; must be safe already (html.sanitise)
    cc: tuple[Mailbox, ...] = ()
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    auto_submitted: str = ""  # auto-generated | auto-replied | "" for a person's mail (RFC 3834)
    list_unsubscribe: str = ""  # one URI; https means one click by POST (RFC 8058)
    loop: str = ""  # value of X-Parley-Loop
    receipt_to: str = ""  # address of ours that is to be told when it is read (RFC 8098 section 2.1)
    sealed: Sealed | None = None  # goes along as it is, after our own words
    files: tuple[File, ...] = ()
    language: str = ""  # BCP 47


@dataclass(frozen=True, slots=True)
class _Part:
    """A MIME part: its own header fields and its body, in pieces that end with CRLF. Large ones are joined once."""

    head: bytes
    body: Sequence[Piece]


def write(letter: Letter) -> bytes:
    """The mail of a letter whose files are all here. See `write_pieces`."""
    content = write_pieces(letter)
    return content if isinstance(content, bytes) else content.bytes()


def write_pieces(letter: Letter, *, own_zone: bool = False) -> Content:
    """The mail with CRLF line ends, in pieces where files pass as they came; the same letter, the same bytes.

    With `own_zone` its date is written in its own zone, not in UTC. Raises ValueError for an address, a Message-ID, a
    list_unsubscribe or an auto_submitted that cannot be written, for no recipient, and for a date without a time zone.
    """
    content = _content(letter)
    pieces = joined([*_headers(letter, own_zone=own_zone), content.head, b"\r\n", *content.body])
    return pieces[0] if len(pieces) == 1 and isinstance(pieces[0], bytes) else Pieces(pieces)


def _headers(letter: Letter, *, own_zone: bool) -> list[bytes]:
    """The fields before those of the content."""
    return [
        _mailboxes("From", (letter.from_,)),
        _mailboxes("To", letter.to),
        _mailboxes("Cc", letter.cc) if letter.cc else b"",
        encode.unstructured("Subject", letter.subject),
        encode.fold("Date", [date_text(letter.date, own_zone=own_zone)]),
        encode.fold("Message-ID", [_own_id(letter.message_id)]),
        _ids("In-Reply-To", (letter.in_reply_to,)),
        _ids("References", letter.references),
        _mailboxes("Disposition-Notification-To", (Mailbox("", letter.receipt_to),)) if letter.receipt_to else b"",
        _auto_submitted(letter.auto_submitted),
        _unsubscribe(letter.list_unsubscribe),
        encode.unstructured("X-Parley-Loop", letter.loop) if letter.loop else b"",
        _MIME_VERSION,
        encode.fold("Content-Language", [letter.language]) if _LANGUAGE.fullmatch(letter.language) else b"",
    ]


def _mailboxes(name: str, mailboxes: Sequence[Mailbox]) -> bytes:
    if not mailboxes:
        raise ValueError(f"nobody in {name}")
    return encode.address_list(name, [(mailbox.name, mailbox.address) for mailbox in mailboxes])


def _own_id(text: str) -> str:
    if not (written := encode.message_id(text)):
        raise ValueError("not a Message-ID")
    return written


def _ids(name: str, texts: Sequence[str]) -> bytes:
    """A field of message ids, each once; the middle of a very long list is left out."""
    ids = list(dict.fromkeys(written for text in texts if (written := encode.message_id(text))))
    if len(ids) > 2 * REFERENCES_KEPT:
        ids = ids[:REFERENCES_KEPT] + ids[-REFERENCES_KEPT:]
    return encode.fold(name, ids) if ids else b""


def _auto_submitted(word: str) -> bytes:
    if word not in ("", "auto-generated", "auto-replied"):
        raise ValueError("not a word for Auto-Submitted")
    return encode.fold("Auto-Submitted", [word]) if word else b""


def _unsubscribe(uri: str) -> bytes:
    if not uri:
        return b""
    if not _UNSUBSCRIBE.fullmatch(uri):
        raise ValueError("not a link to unsubscribe")
    field = encode.fold("List-Unsubscribe", [f"<{uri}>"])
    if uri.startswith("https:"):
        field += encode.fold("List-Unsubscribe-Post", ["List-Unsubscribe=One-Click"])
    return field


def _content(letter: Letter) -> _Part:
    """The tree: mixed(alternative(text, related(html, inline files)), sealed, files), each level only where needed."""
    related = [file for file in letter.files if letter.html and _is_shown(file)]
    others = [file for file in letter.files if not (letter.html and _is_shown(file))]
    part = _text_part("plain", letter.text)
    if letter.html:
        html = _text_part("html", letter.html)
        if related:
            html = _multipart("related", [html, *map(_file_part, related)], letter.message_id)
        part = _multipart("alternative", [part, html], letter.message_id)
    whole = [_Part(letter.sealed.head, [letter.sealed.body])] if letter.sealed else []
    if whole or others:
        part = _multipart("mixed", [part, *whole, *map(_file_part, others)], letter.message_id)
    return part


def _is_shown(file: File) -> bool:
    """True for a picture that HTML can show."""
    return file.inline and bool(encode.message_id(file.content_id))


def _text_part(subtype: str, text: str) -> _Part:
    encoding, body = (html_body if subtype == "html" else text_body)(clean_text(text))
    return _Part(text_head(subtype, encoding), body)


def _multipart(subtype: str, parts: Sequence[_Part], message_id: str) -> _Part:
    boundary = _boundary(f"{message_id} {subtype}", parts)
    line = b"--" + boundary.encode("ascii")
    pieces = [piece for part in parts for piece in (line + b"\r\n", part.head, b"\r\n", *part.body, b"\r\n")]
    return _Part(multipart_head(subtype, boundary), [*pieces, line + b"--\r\n"])


def _boundary(seed: str, parts: Sequence[_Part]) -> str:
    """A boundary that is the same each time and occurs in no part. An enclosed mail is written as it came."""
    number = 0
    while True:
        digest = sha256(f"{seed} {number}".encode("utf-8", "replace")).hexdigest()[:32]
        pieces = (piece for part in parts for piece in part.body)
        if not any(isinstance(piece, bytes) and digest.encode("ascii") in piece for piece in pieces):
            return f"=_{digest}"
        number += 1


def _file_part(file: File) -> _Part:
    name, kind = clean_file_name(file.name), file.type.lower()
    enclosed = seven_bit(file.data) if kind == "message/rfc822" and not file.passed else None
    encoding, body = "7bit", list[Piece]([enclosed or b""])
    if enclosed is None:
        if kind == "message/rfc822":
            name = name if name.lower().endswith(".eml") else f"{name or 'message'}.eml"
        kind, encoding, body = known_type(kind), "base64", _base64(file)
    head = file_head(kind, encoding, name, file.data, inline=file.inline, content_id=file.content_id)
    return _Part(head, body)


def _base64(file: File) -> list[Piece]:
    return [file.passed.lines, b"\r\n"] if file.passed else list(base64_lines(file.data))

"""Enclosed mails, headers and reports: written anew from what may be seen of them, with masks for people.

Of the header only what our own mails have is left (`mail.write` knows nothing else), so no trace, host or id goes on.
Somebody of whom nothing is known in the inquiry is named, but without his address.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256

from ..mail import Attachment, Mail, read
from ..mail.addresses import parse_address
from ..mail.charsets import clean_text, decode
from ..mail.names import clean_name, visible
from ..mail.tokens import tokenize
from ..mail.write import File, Letter, Mailbox, write
from .masking_find import HIDDEN, Masked, Names, mask_text
from .masking_html import mask_html

Clean = Callable[[File], File | None]  # what an enclosed mail's own parts go through

_PEOPLE = 50  # of each header
_ADDRESS = re.compile(r"[^\s<>()\"',;:]+@[^\s<>()\"',;:]+")
_CID = re.compile(r'(src=")cid:([^"]*)(")')
_SHOWN = (b"From:", b"To:", b"Cc:", b"Subject:", b"Date:", b" ", b"\t")
# Fields of reports that hold no host: RFC 3464 section 2, RFC 8098 section 3, RFC 5965 section 3.
_REPORTED = re.compile(
    r"(?:action|status|arrival-date|last-attempt-date|final-recipient|original-recipient|disposition|feedback-type)",
    re.IGNORECASE,
)
_UNKNOWN_DATE = datetime(1970, 1, 1, tzinfo=UTC)


def mask_message(data: bytes, names: Names, clean: Clean) -> tuple[bytes, int]:
    """An enclosed mail as one of ours, and how many addresses are gone from its words."""
    mail = read(data)
    text = mask_text(mail.text, names, "all")
    html = mask_html(mail.html, names, "all") if mail.html else Masked("")
    cleaned = [done for leaf in mail.attachments if (done := clean(_file(leaf)))]
    files, shown = _with_new_ids(cleaned, html.text, names.domain)
    letter = replace(_letter(mail, names, data), text=text.text, html=shown, files=files)
    return write(letter), text.hidden + html.hidden


def mask_headers(data: bytes, names: Names) -> bytes:
    """The header of another mail, as lines: who, when, about what."""
    mail = read(data.rstrip(b"\r\n") + b"\r\n\r\n")
    head = write(_letter(mail, names, data)).partition(b"\r\n\r\n")[0]
    shown: list[bytes] = []
    keep = False
    for line in head.split(b"\r\n"):
        keep = keep if line[:1] in b" \t" else line.startswith(_SHOWN)
        shown += [line] * keep
    return b"\r\n".join(shown) + b"\r\n"


def mask_report(data: bytes, names: Names) -> tuple[bytes, int]:
    """A delivery report, read receipt or complaint: the fields that name no host, their addresses masked."""
    text = re.sub(r"\n[ \t]+", " ", clean_text(decode(data)[0]))
    hidden = 0
    lines: list[str] = []
    for line in text.split("\n"):
        name, _, value = line.partition(":")
        if _REPORTED.fullmatch(name.strip()):
            masked = mask_text(value.strip(), names, "all")
            hidden += masked.hidden
            lines.append(f"{name.strip()}: {visible(masked.text)}")
        elif not line.strip() and lines and lines[-1]:
            lines.append("")
    return ("\r\n".join(lines) + "\r\n").encode(), hidden


def _letter(mail: Mail, names: Names, data: bytes) -> Letter:
    """Header fields of `mail` as they may be seen; `data` is what it was read from."""
    senders = tuple(_people(mail, "From", names))
    digest = sha256(data).hexdigest()[:24]
    return Letter(
        from_=senders[0] if senders else _nobody("", names),
        to=tuple(_people(mail, "To", names)) or (_nobody("", names),),
        cc=tuple(_people(mail, "Cc", names)),
        subject=mask_text(mail.first("Subject"), names, "all").text,
        date=_date(mail.first("Date")),
        message_id=f"e.{digest}@{names.domain}",
        text="",
    )


def _people(mail: Mail, header: str, names: Names) -> Iterator[Mailbox]:
    """Who is named in a header, in order: each with a mask, or without his own address."""
    count = 0
    for value in mail.all(header):
        for name, address in _mailboxes(value):
            mask = names.mask_of(address)
            if address.lower().endswith(f"@{names.domain}") and parse_address(address):
                mask = address
            yield Mailbox(clean_name(name), mask) if mask else _nobody(name, names)
            count += 1
            if count == _PEOPLE:
                return


def _mailboxes(value: str) -> Iterator[tuple[str, str]]:
    """Names and addresses of a decoded header value; read loosely, for they are only shown."""
    name: list[str] = []
    for token in tokenize(value):
        found = _ADDRESS.search(token.text) if token.kind == "atom" else None
        if found:
            yield "".join(name), found[0]
            name = []
        elif token.text in (",", ";"):
            name = []
        elif token.kind in ("atom", "quoted", "blank"):
            name.append(token.text)


def _nobody(name: str, names: Names) -> Mailbox:
    return Mailbox(clean_name(name) or HIDDEN, f"hidden@{names.domain}")


def _date(header: str) -> datetime:
    try:
        told = parsedate_to_datetime(header)
    except (ValueError, TypeError, OverflowError, IndexError):
        return _UNKNOWN_DATE
    return told if told.tzinfo else told.replace(tzinfo=UTC)


def _file(leaf: Attachment) -> File:
    return File(leaf.name, leaf.type, leaf.data, leaf.content_id, leaf.inline)


def _with_new_ids(files: Sequence[File], html: str, domain: str) -> tuple[tuple[File, ...], str]:
    """Content ids name the writer's machine: each is made anew, in the files and where the HTML shows them."""
    new = {file.content_id: _content_id(file, domain) for file in files if file.content_id}
    shown = _CID.sub(lambda match: f"{match[1]}cid:{new.get(match[2], '')}{match[3]}", html)
    return tuple(replace(file, content_id=new.get(file.content_id, "")) for file in files), shown


def _content_id(file: File, domain: str) -> str:
    return f"{sha256(file.data + file.content_id.encode('utf-8', 'replace')).hexdigest()[:24]}@{domain}"

"""The demo's mail programs: they turn what a person typed into the bytes that Gmail, Outlook or Apple Mail would send.

Other people's software writes differently: charset, order of headers, quoting, Message-ID, what it tells about
its user. None of that may reach the other side, so all of it is here.
"""

import re
import secrets
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime

from ..mail.addresses import read_from
from ..mail.model import Mail
from .mime import File, Headers, Part, assemble, encoded, file_part, mailbox, multipart, one_line, text_part
from .people import Client, Person
from .quoting import Body, Original, body

_OWN_IP = "192.0.2.44"  # RFC 5737: where the writer sits; the other side must never see it
_BODY = re.compile(r"<body\b[^>]*>(.*)</body\s*>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody is about to send."""

    author: Person
    to: Sequence[str]
    subject: str
    text: str
    client: Client
    at: datetime
    original: Original | None = None
    forward: bool = False
    files: Sequence[File] = ()


def original_of(mail: Mail) -> Original:
    """Return what a mail program takes from the mail that is answered."""
    sender = read_from([value for name, value in mail.raw_headers if name.lower() == "from"])
    found = _BODY.search(mail.html)
    return Original(
        sender=sender.name,
        address=sender.address.text if sender.address else "",
        to=mail.first("To"),
        at=_date(mail.first("Date")),
        subject=mail.first("Subject"),
        text=mail.text.strip("\n"),
        html=found[1] if found else mail.html,
        message_id=mail.first("Message-ID"),
        references=mail.first("References"),
        files=tuple(File(file.name, file.type, file.data) for file in mail.attachments if not file.inline),
    )


def subject_of(original: Original, client: Client, *, forward: bool) -> str:
    """Return the subject with this program's prefix, once."""
    prefixes = ("FW:", "RE:") if client is Client.OUTLOOK else ("Fwd:", "Re:")
    prefix = prefixes[0] if forward else prefixes[1]
    subject = one_line(original.subject)
    return subject if subject.lower().startswith(prefix.lower()) else f"{prefix} {subject}"


def write(draft: Draft) -> bytes:
    """Return the mail as it leaves the writer's own mail server."""
    text = body(draft.client, draft.author.language, draft.text, draft.original, forward=draft.forward)
    kept = draft.original.files if draft.original and draft.forward else ()
    files = [file_part(file) for file in (*kept, *draft.files)]
    return _WRITERS[draft.client](draft, text, files)


def _gmail(draft: Draft, text: Body, files: Sequence[Part]) -> bytes:
    parts = [text_part(kind, value, "UTF-8", "base64") for kind, value in (("plain", text.plain), ("html", text.html))]
    content = multipart("alternative", f"000000000000{secrets.token_hex(8)}", parts)
    if files:
        content = multipart("mixed", f"000000000000{secrets.token_hex(8)}", [content, *files])
    headers = (
        *_trace(draft),
        ("MIME-Version", "1.0"),
        *_thread(draft, ("References", "In-Reply-To")),
        ("From", mailbox(draft.author.name, draft.author.email)),
        ("Date", format_datetime(draft.at.astimezone())),
        ("X-Gm-Features", secrets.token_urlsafe(24)),
        ("Message-ID", f"<CA{secrets.token_urlsafe(36)}@{draft.author.domain}>"),
        ("Subject", encoded(draft.subject)),
        ("To", _to(draft)),
    )
    return assemble(headers, content)


def _outlook(draft: Draft, text: Body, files: Sequence[Part]) -> bytes:
    parts = [
        text_part(kind, value, _western(value), "quoted-printable")
        for kind, value in (("plain", text.plain), ("html", text.html))
    ]
    content = multipart("alternative", f"_000_{secrets.token_hex(20).upper()}_", parts)
    if files:
        content = multipart("mixed", f"_004_{secrets.token_hex(20).upper()}_", [content, *files])
    topic = re.sub(r"^(?:RE|FW): ", "", draft.subject, flags=re.IGNORECASE)
    headers = (
        *_trace(draft),
        ("From", mailbox(draft.author.name, draft.author.email)),
        ("To", _to(draft)),
        ("Subject", encoded(draft.subject)),
        ("Thread-Topic", encoded(topic)),
        ("Thread-Index", secrets.token_urlsafe(30)),
        ("Date", format_datetime(draft.at.astimezone())),
        ("Message-ID", f"<{secrets.token_hex(16).upper()}@{draft.author.domain}>"),
        *_thread(draft, ("References", "In-Reply-To")),
        ("Accept-Language", "en-US"),
        ("Content-Language", "en-US"),
        ("X-MS-Has-Attach", "yes" if files else ""),
        ("X-Originating-IP", f"[{_OWN_IP}]"),
        ("MIME-Version", "1.0"),
    )
    return assemble(headers, content)


def _apple(draft: Draft, text: Body, files: Sequence[Part]) -> bytes:
    plain = text_part("plain", text.plain, "utf-8", "quoted-printable")
    html = text_part("html", text.html, "utf-8", "quoted-printable")
    if files:  # attachments stand beside the HTML, inside the alternative
        html = multipart("mixed", f"Apple-Mail=_{_uuid()}", [html, *files])
    headers = (
        *_trace(draft),
        ("From", mailbox(draft.author.name, draft.author.email)),
        ("Message-Id", f"<{_uuid()}@{draft.author.domain}>"),
        ("Mime-Version", "1.0 (Mac OS X Mail 16.0)"),
        ("Subject", encoded(draft.subject)),
        ("Date", format_datetime(draft.at.astimezone())),
        *_thread(draft, ("In-Reply-To", "References")),
        ("To", _to(draft)),
        ("X-Mailer", "Apple Mail"),
    )
    return assemble(headers, multipart("alternative", f"Apple-Mail=_{_uuid()}", [plain, html]))


def _to(draft: Draft) -> str:
    """The person written to keeps the name he was shown with; others have an address only."""
    known = {draft.original.address: draft.original.sender} if draft.original else {}
    return ",\r\n ".join(mailbox(known.get(address, ""), address) for address in draft.to)


def _trace(draft: Draft) -> Headers:
    """What the writer's own mail server puts on top; it names machine, network and login."""
    host, domain = draft.author.email.partition("@")[0], draft.author.domain
    stamp = format_datetime(draft.at.astimezone())
    value = (
        f"from {host}-laptop.{domain} ([{_OWN_IP}])\r\n\tby mail.{domain} with ESMTPSA id {secrets.token_hex(5)};\r\n"
        f"\t{stamp}"
    )
    return (("Received", value),)


def _thread(draft: Draft, order: tuple[str, str]) -> Headers:
    """In-Reply-To and References (RFC 5322 section 3.6.4), in this program's order."""
    if draft.original is None or not draft.original.message_id:
        return ()
    answered = one_line(draft.original.message_id)
    chain = "\r\n ".join([*one_line(draft.original.references).split(), answered])
    return tuple((name, chain if name == "References" else answered) for name in order)


def _western(text: str) -> str:
    """Outlook writes Windows-1252 as long as that is enough."""
    try:
        text.encode("windows-1252")
    except UnicodeEncodeError:
        return "utf-8"
    return "Windows-1252"


def _uuid() -> str:
    return str(uuid.uuid4()).upper()


def _date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        return None


_WRITERS: dict[Client, Callable[[Draft, Body, Sequence[Part]], bytes]] = {
    Client.GMAIL: _gmail,
    Client.OUTLOOK: _outlook,
    Client.APPLE: _apple,
}

"""What the page shows of a mailbox and of one mail. The mail itself is a stranger's: its HTML is sanitised."""

import re
from html import escape

from ...threading.markers import first_marker
from ..clock import iso
from ..mail.addresses import Address, address_list, read_from
from ..mail.html import from_text, sanitise
from ..mail.masks import read_local
from ..mail.model import Mail
from ..mail.parse import read
from .feed import Json
from .mailboxes import Kept, Mailbox
from .people import REPLY_DOMAIN, Person

_SOURCE_BYTES = 300_000
_RULE = re.compile(r"([-_=*~])\1{3,}")  # a line drawn with one sign
_PREVIEW, _LOOKED_AT = 140, 2000  # characters

BODY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"  # noqa: E501 (one header)


def person_json(person: Person) -> Json:
    """Return what the page shows of somebody."""
    return {
        "key": person.key,
        "name": person.name,
        "email": person.email,
        "company": person.company,
        "side": person.side,
        "language": person.language,
        "client": person.client,
    }


def box_json(box: Mailbox) -> Json:
    """Return a mailbox with its list, newest first."""
    return person_json(box.person) | {"mails": [summary_json(kept) for kept in reversed(box.mails)]}


def summary_json(kept: Kept) -> Json:
    """Return one line of the list."""
    mail = read(kept.raw)
    sender = read_from([value for name, value in mail.raw_headers if name.lower() == "from"])
    return {
        "number": kept.number,
        "way": kept.way,
        "at": iso(kept.at),
        "sender": sender.name or (sender.address.text if sender.address else ""),
        "to": ", ".join(address.text for address in _addresses(mail, "to")),
        "subject": mail.first("Subject"),
        "preview": _preview(mail.text),
        "files": sum(not file.inline for file in mail.attachments),
    }


def mail_json(kept: Kept, mail: Mail) -> Json:
    """Return the open mail's head; its body is a page of its own."""
    sender = read_from([value for name, value in mail.raw_headers if name.lower() == "from"])
    return summary_json(kept) | {
        "from": {"name": sender.name, **_address_json(sender.address)},
        "recipients": [_address_json(address) for address in _addresses(mail, "to", "cc")],
        "reply_to": _reply_address(mail, sender.address),
        "attachments": [
            {"index": index, "name": file.name or "attachment", "type": file.type, "bytes": len(file.data)}
            for index, file in enumerate(mail.attachments)
            if not file.inline
        ],
    }


def body_page(mail: Mail, title: str) -> str:
    """Return the mail's body as a page for a sandboxed frame; its links open beside the demo."""
    inside = sanitise(mail.html) if mail.html else ""
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><title>{escape(title)}</title><base target="_blank">'
        f"<style>{_PAPER}</style></head><body>{inside or from_text(mail.text)}</body></html>"
    )


def source(kept: Kept) -> str:
    """Return the raw mail as text; bytes that are no UTF-8 are shown as \\xNN, a large mail by its beginning."""
    text = kept.raw[:_SOURCE_BYTES].decode("utf-8", "backslashreplace").replace("\r\n", "\n")
    more = len(kept.raw) - _SOURCE_BYTES
    return text if more <= 0 else f"{text}\n\n… and {more} bytes more"


def _preview(text: str) -> str:
    """The first words of a mail; what is there for the eye or for our own reading is passed over."""
    lines = text[:_LOOKED_AT].lstrip("\n").split("\n")
    words = _RULE.sub(" ", " ".join(lines[first_marker(lines[:1]) == 0 :]))  # not "reply above this line"
    return " ".join(words.split())[:_PREVIEW]


def _addresses(mail: Mail, *names: str) -> tuple[Address, ...]:
    return address_list([value for name, value in mail.raw_headers if name.lower() in names])


def _reply_address(mail: Mail, sender: Address | None) -> str:
    asked = _addresses(mail, "reply-to")
    return asked[0].text if asked else sender.text if sender else ""


def _address_json(address: Address | None) -> Json:
    masked = address is not None and address.domain == REPLY_DOMAIN and read_local(address.local) is not None
    return {"email": address.text if address else "", "mask": masked}


_PAPER = (
    "html{color-scheme:light;background:#fff}"
    "body{margin:0;padding:10px 14px;zoom:.8;"  # the panes are narrow; mails are made for a whole window
    "font:14px/1.5 'Segoe UI','Noto Sans',Roboto,Helvetica,Arial,sans-serif;"
    "color:#1d2433;overflow-wrap:anywhere}"
    "img{max-width:100%;height:auto}table{max-width:100%}a{color:#1f5fbf}"
    "blockquote{margin:0 0 0 .6em;padding-left:.8em;border-left:2px solid #ccd}"
    "pre{white-space:pre-wrap}"
)

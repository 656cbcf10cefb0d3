"""Bounces: which recipient, what happened, and whether the address itself is dead.

First the machine's report (RFC 3464), then X-Failed-Recipients, then the words of the big systems. A spam
complaint (RFC 5965) names its recipient the same way. Pure, never raises, linear.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..relay.mail import headers
from ..relay.mail import read as read_mail
from ..relay.mail.model import Mail
from .bounce_reasons import is_dead, reply_code, reply_status, says_something
from .bounce_text import Returned, copied_to, notice_of, read_text
from .robot_subjects import is_complaint

MOST_FAILURES = 1000
_RAW_BYTES = 256 * 1024
_REPORTS = frozenset({"message/delivery-status", "message/global-delivery-status"})
_ADDRESS = re.compile(r"[^\s<>,;:\"()\[\]']{1,128}@[^\s<>,;:\"()\[\]']{1,255}")
_BLANK = re.compile(r"\n[ \t]*\n")
_FIELD = re.compile(r"^([A-Za-z][A-Za-z0-9-]{1,60})[ \t]*:[ \t]*([^\n]*(?:\n[ \t]+[^\n]+)*)", re.MULTILINE)
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_MESSAGE_ID = re.compile(rb"^message-id[ \t]*:\s*<([^<>\r\n]{1,500})>", re.IGNORECASE | re.MULTILINE)
_RECIPIENT_FIELDS = frozenset({"final-recipient", "action", "status"})
_AFTER_DATA = re.compile(r"end\s+of\s+data", re.IGNORECASE)
_NOT_FAILED = frozenset({"delayed", "delivered", "relayed", "expanded"})


@dataclass(frozen=True, slots=True)
class Failure:
    """What became of one recipient."""

    recipient: str  # the address, "" where the report does not name it
    status: str  # RFC 3463, "" where nothing tells
    action: str  # RFC 3464 section 2.3.3: failed delayed delivered relayed expanded; "" for a complaint
    hard: bool  # the address itself is dead, so no later mail can reach it
    diagnostic: str = ""  # what the other system said, on one line


def read(data: bytes) -> list[Failure]:
    """What a bounce says of each recipient, [] for a mail that speaks of none."""
    found = read_failures(read_mail(data))
    if found or b"inal-recipient" not in data[:_RAW_BYTES].lower():
        return found
    # Seen in practice: a boundary that is not the declared one, so that no reader sees the parts.
    text = data[:_RAW_BYTES].decode("utf-8", "replace").replace("\r\n", "\n")
    raw = (_from_fields(fields, "") for fields in _groups(text))
    return [one for one in dict.fromkeys(raw) if one.recipient][:MOST_FAILURES]


def read_failures(mail: Mail) -> list[Failure]:
    """`read` for a mail that has been read already."""
    found = list(_reported(mail))
    if any(one.recipient for one in found):
        return [one for one in dict.fromkeys(found) if one.recipient][:MOST_FAILURES]
    complained = list(_complained(mail))
    said = complained or [_from_words(one) for one in read_text(mail)]
    if found and len(said) == 1:
        said = [replace(found[0], recipient=said[0].recipient)]
    return list(dict.fromkeys(said or found))[:MOST_FAILURES]


def returned_ids(data: bytes) -> tuple[str, ...]:
    """The Message-IDs, without brackets, of the mails that a bounce or a complaint gives back."""
    body = headers.split(data, 0, len(data)).body
    return tuple(dict.fromkeys(id.decode("latin-1") for id in _MESSAGE_ID.findall(data, body)))


def _reported(mail: Mail) -> Iterator[Failure]:
    """The groups of RFC 3464 section 2.1 that name a recipient, wherever they stand."""
    texts = [one.data[:_RAW_BYTES].decode("utf-8", "replace") for one in mail.attachments if one.type in _REPORTS]
    if not texts and "final-recipient" in mail.text[:_RAW_BYTES].lower():
        texts = [mail.text[:_RAW_BYTES]]  # seen in practice: the report in the text
    notice = notice_of(mail)
    for text in texts:
        for fields in _groups(text.replace("\r\n", "\n").replace("\r", "\n")):
            yield _from_fields(fields, notice)


def _groups(text: str) -> Iterator[dict[str, str]]:
    """The fields about each recipient; seen in practice: groups without a blank line between them."""
    for block in _BLANK.split(text):
        fields: dict[str, str] = {}
        for match in _FIELD.finditer(block):
            name = match[1].lower()
            if name in fields and name in _RECIPIENT_FIELDS:
                yield fields
                fields = {}
            fields[name] = " ".join(match[2].split())
        if not _RECIPIENT_FIELDS.isdisjoint(fields):
            yield fields


def _from_fields(fields: dict[str, str], notice: str) -> Failure:
    """One recipient of a report (RFC 3464 section 2.3)."""
    recipient = _typed_address(fields.get("final-recipient", "")) or _typed_address(
        fields.get("original-recipient", "")
    )
    told = fields.get("diagnostic-code", "")
    diagnostic = told.partition(";")[2].strip() or told
    done = fields.get("action", "").lower().split()
    found = _STATUS.search(fields.get("status", ""))
    status = found[1] if found else ""
    if not status or status.endswith(".0.0"):
        status = reply_status(diagnostic) or status
    action = done[0].strip("();,") if done else _action(status)
    words = diagnostic if says_something(diagnostic) else notice.replace(recipient, "") if recipient else notice
    late = " (end of data)" if _AFTER_DATA.search(notice) else ""
    hard = action not in _NOT_FAILED and is_dead(status, words + late)
    return Failure(recipient, status, action, hard, diagnostic[:500])


def _typed_address(value: str) -> str:
    """The address after "rfc822;" (RFC 3464 section 2.1.2)."""
    found = _ADDRESS.search(value.rpartition(";")[2])
    return found[0].rstrip(".") if found else ""


def _complained(mail: Mail) -> Iterator[Failure]:
    """Whose complaint it is (RFC 5965 section 3.2); the big ones leave him out, so it is whom the mail was to."""
    parts = [part for part in mail.attachments if part.type == "message/feedback-report"]
    text = "\n".join(part.data[:65536].decode("utf-8", "replace").replace("\r\n", "\n") for part in parts)
    fields = [(name.lower(), value) for name, value in _FIELD.findall(text)]
    told = [value for name, value in fields if name in ("original-rcpt-to", "removal-recipient")]
    named = [address for value in told if (address := _typed_address(value))]
    if not named and (parts or is_complaint(mail.first("Subject"))):
        named = copied_to(mail)[:1]
    for address in named:
        yield Failure(address, "", "", hard=False)


def _from_words(said: Returned) -> Failure:
    words = " ".join(said.words.split())
    code = reply_code(words)
    status = reply_status(words) or (f"{code[0]}.0.0" if code else "")
    if said.delivered:
        return Failure(said.recipient, status, "delivered", hard=False, diagnostic=words[:500])
    action = "delayed" if said.delayed else "failed"
    hard = action == "failed" and is_dead(status, words)
    return Failure(said.recipient, status, action, hard, words[:500])


def _action(status: str) -> str:
    return "delayed" if status.startswith("4") else "delivered" if status.startswith("2") else "failed"

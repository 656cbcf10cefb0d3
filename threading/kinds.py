"""What a mail is: written by a human, an automatic answer, a bounce, a complaint, a receipt, or a list's.

Only what a mail says of itself in its headers and structure decides; a subject counts where it is the fixed one of
a system. What is not plainly automatic is human, because a person's mail that is taken for a robot's is lost.
"""

import re
from dataclasses import dataclass

from ..relay.mail import parameters
from ..relay.mail import read as read_mail
from ..relay.mail.model import Mail
from .dsn import read_failures
from .robot_subjects import is_absence, is_bounce, is_complaint, is_daemon, is_receipt

_REPORTS = {
    "feedback-report": "complaint",
    "disposition-notification": "receipt",
    "delivery-status": "bounce",
}
_PARTS = {
    "message/feedback-report": "complaint",
    "message/disposition-notification": "receipt",
    "message/global-disposition-notification": "receipt",
    "message/delivery-status": "bounce",
    "message/global-delivery-status": "bounce",
}
_AUTO_FIELD = re.compile(
    r"x-(?:[a-z]{2,20}-)?auto-?(?:reply|respon[ds]|response|generated|answer|matic|submitted)[a-z-]*|x-vacation[a-z-]*|"
    r"x-[a-z]{2,20}-machinegenerated",
    re.IGNORECASE,
)
_NO_ROBOT_FIELDS = frozenset({"x-autoreply-to"})
_ROBOT_FIELDS = frozenset(
    {
        "x-ms-exchange-inbox-rules-loop",
        "x-ms-exchange-generated-message-source",
        "x-jira-fingerprint",
        "x-autocorrelationid",
        "x-list-administrivia",
    }
)
_NO = frozenset({"no", "false", "0", "none", "never", ""})
_LIST_FIELDS = ("list-id", "list-post", "x-mailing-list", "mailing-list", "x-mailman-version", "list-help")
_ROBOT_PRECEDENCE = frozenset({"auto_reply", "auto-reply", "autoreply"})
_BULK_PRECEDENCE = frozenset({"bulk", "junk", "list"})
_COPIES = frozenset({"message/rfc822", "message/global", "text/rfc822-headers"})
_JSON = re.compile(r"\\?\"notificationType\\?\"\s{0,9}:\s{0,9}\\?\"(Bounce|Complaint|Delivery)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a mail is and the words that tell why."""

    name: str  # human auto_reply bounce complaint receipt list
    signals: tuple[str, ...] = ()


def classify(data: bytes) -> Kind:
    """The kind of a mail as it lies in a mailbox: the return path is its Return-Path header, if it has one."""
    return classify_mail(read_mail(data), None)


def classify_mail(mail: Mail, mail_from: str | None) -> Kind:
    """The kind of a mail with the return path of its envelope: "" is the null one, None is not known."""
    null = _is_null(mail, mail_from)
    for rule in (_report, _notification, _bounce, _human_by_word, _automatic, _list, _receipt, _bulk, _null_path):
        kind = rule(mail, null)
        if kind is not None:
            return kind
    return Kind("human")


def _report(mail: Mail, _null: bool) -> Kind | None:
    """A report says so itself (RFC 6522): by its type, or by the part it holds."""
    content = parameters.parse(next((value for name, value in mail.raw_headers if name.lower() == "content-type"), b""))
    if content.type == "multipart/report":
        name = _REPORTS.get(content.token("report-type").lower())
        if name:
            return Kind(name, ("report-type",))
    types = [content.type, *(part.type for part in mail.attachments)]
    found = next((name for part, name in _PARTS.items() if part in types), None)
    return Kind(found, ("report-part",)) if found else None


def _notification(mail: Mail, _null: bool) -> Kind | None:
    """Amazon's JSON by mail, and the complaints of Hotmail, which are no report of RFC 5965."""
    found = _JSON.search(mail.text[:4096]) if mail.text.lstrip()[:1] == "{" else None
    if found:
        return Kind("complaint" if found[1].lower() == "complaint" else "bounce", ("json",))
    enclosed = any(part.type in _COPIES for part in mail.attachments)
    return Kind("complaint", ("subject",)) if enclosed and is_complaint(mail.first("Subject")) else None


def _is_null(mail: Mail, mail_from: str | None) -> bool:
    if mail_from is not None:
        return mail_from.strip().strip("<>") == ""
    return "".join(mail.first("Return-Path").split()) == "<>"


def _bounce(mail: Mail, null: bool) -> Kind | None:
    """A bounce without a report: X-Failed-Recipients, or a daemon's mail that names who was not reached."""
    if mail.first("X-Failed-Recipients"):
        return Kind("bounce", ("x-failed-recipients",))
    daemon = is_daemon(mail.first("From"))
    subject = is_bounce(mail.first("Subject"))
    copy = any(part.type in _COPIES for part in mail.attachments)
    signs = sum((daemon, null, subject or copy))
    if signs < 2 or is_absence(mail.first("Subject")) or not (subject or copy or read_failures(mail)):
        return None
    told = (("from-daemon", daemon), ("subject", subject), ("null-return-path", null), ("enclosed", copy))
    return Kind("bounce", tuple(word for word, is_so in told if is_so))


def _human_by_word(mail: Mail, _null: bool) -> Kind | None:
    """RFC 3834 section 5.1: "no" says that a person has sent it, whatever else is there."""
    words = {value.partition(";")[0].partition("(")[0].strip().lower() for value in mail.all("Auto-Submitted")}
    return Kind("human", ("auto-submitted-no",)) if words == {"no"} else None


def _automatic(mail: Mail, _null: bool) -> Kind | None:
    """An automatic answer that says so, by RFC 3834 or in one of the ways from before it."""
    signals = [signal for name, value in mail.headers if (signal := _signal(name.lower(), value.strip().lower()))]
    if is_absence(mail.first("Subject")):
        signals.append("subject")
    return Kind("auto_reply", tuple(dict.fromkeys(signals))) if signals else None


def _signal(field: str, value: str) -> str:
    """What a header field tells of a robot, "" for nothing. X-Auto-Response-Suppress asks, it does not tell."""
    if field in _NO_ROBOT_FIELDS or field.endswith("-suppress"):
        return ""
    if field == "auto-submitted":
        return "auto-submitted" if value else ""
    if field in _ROBOT_FIELDS:
        return field
    named = _AUTO_FIELD.fullmatch(field) is not None and value not in _NO
    typed = field == "x-post-messageclass" and "autorespon" in value
    delivered = field == "delivered-to" and value.startswith("autoresponder")
    if named or typed or delivered:
        return "x-autoreply"
    return "precedence" if field == "precedence" and value in _ROBOT_PRECEDENCE else ""


def _list(mail: Mail, _null: bool) -> Kind | None:
    """Sent through a mailing list (RFC 2919, RFC 2369). List-Unsubscribe alone is in the mails of people too."""
    lists = tuple(name for name in _LIST_FIELDS if mail.first(name))
    return Kind("list", lists) if lists else None


def is_personal(mail: Mail) -> bool:
    """Of a list's mail: nothing says that it went to many. A shared mailbox that is built on a list writes so."""
    bulk = mail.first("Precedence").strip().lower() in ("bulk", "junk")
    return not (bulk or mail.first("List-Unsubscribe") or mail.first("Feedback-ID"))


def _receipt(mail: Mail, null: bool) -> Kind | None:
    return Kind("receipt", ("subject", "null-return-path")) if null and is_receipt(mail.first("Subject")) else None


def _bulk(mail: Mail, _null: bool) -> Kind | None:
    """Bulk mail that answers nothing: people behind odd gateways have the field too, but they answer."""
    bulk = mail.first("Precedence").strip().lower() in _BULK_PRECEDENCE
    answers = mail.first("In-Reply-To") or mail.first("References")
    return Kind("auto_reply", ("precedence",)) if bulk and not answers else None


def _null_path(_mail: Mail, null: bool) -> Kind | None:
    """RFC 5321 section 4.5.5: the null return path is for notifications alone."""
    return Kind("auto_reply", ("null-return-path",)) if null else None

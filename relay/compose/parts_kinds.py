"""What an attached part is, as far as it can name people: told by its type, its name and how it begins.

Strangers' programs give such parts any type, so the name and the first bytes count as well.
"""

import re
from typing import Literal

from ..mail.write import File

PartKind = Literal[
    "message",  # another mail
    "headers",  # the header of another mail
    "report",  # delivery status, read receipt, complaint: fields with addresses and hosts
    "calendar",
    "card",  # vCard
    "tnef",  # winmail.dat
    "outlook",  # a mail in Outlook's own format
    "key",  # a public key, which names its owner
    "certificate",  # S/MIME: certificates, and signatures, which hold them
    "twin",  # the body once more, in a form of which nothing is shown
    "pointer",  # names a place on the writer's side, or is a piece of a mail
    "other",
]

_BY_TYPE: dict[str, PartKind] = {
    "message/rfc822": "message",
    "message/global": "message",
    "message/news": "message",
    "text/rfc822-headers": "headers",
    "text/rfc822": "headers",
    "message/global-headers": "headers",
    "message/delivery-status": "report",
    "message/global-delivery-status": "report",
    "message/disposition-notification": "report",
    "message/global-disposition-notification": "report",
    "message/feedback-report": "report",
    "message/tracking-status": "report",
    "text/calendar": "calendar",
    "application/ics": "calendar",
    "text/x-vcalendar": "calendar",
    "text/vcard": "card",
    "text/x-vcard": "card",
    "text/directory": "card",
    "application/vcard": "card",
    "application/ms-tnef": "tnef",
    "application/vnd.ms-tnef": "tnef",
    "application/vnd.ms-outlook": "outlook",
    "application/pgp-keys": "key",
    "application/pgp-signature": "certificate",
    "application/pkcs7-signature": "certificate",
    "application/x-pkcs7-signature": "certificate",
    "application/x-pkcs7-certificates": "certificate",
    "application/pkix-cert": "certificate",
    "application/pkix-crl": "certificate",
    "application/x-pkcs12": "certificate",
    "application/x-x509-ca-cert": "certificate",
    "application/x-x509-user-cert": "certificate",
    "text/x-amp-html": "twin",
    "text/x-watch-html": "twin",
    "text/enriched": "twin",
    "text/richtext": "twin",
}
_BY_ENDING: dict[str, PartKind] = {
    "eml": "message",
    "ics": "calendar",
    "ical": "calendar",
    "ifb": "calendar",
    "vcs": "calendar",
    "vcf": "card",
    "vcard": "card",
    "msg": "outlook",
    "oft": "outlook",
    **dict.fromkeys(("p7s", "p7b", "p7c", "cer", "crt", "der", "p12", "pfx"), "certificate"),
}
# A line of a mail's header and the next one, so that a letter which begins with "From:" is no mail.
_MAIL = (
    rb"(?:>?From [^\r\n]{0,200}\r?\n)?(?:Return-Path|Received|Delivered-To|From|Message-ID):[^\r\n]*\r?\n"
    rb"(?:[ \t][^\r\n]*\r?\n)*[A-Za-z-]{2,40}:"
)
_BY_BEGINNING: tuple[tuple[re.Pattern[bytes], PartKind], ...] = (
    (re.compile(rb"BEGIN:(?:VCALENDAR|VEVENT|VFREEBUSY|VTODO)\b", re.IGNORECASE), "calendar"),
    (re.compile(rb"BEGIN:VCARD\b", re.IGNORECASE), "card"),
    (re.compile(rb"\x78\x9f\x3e\x22"), "tnef"),
    (re.compile(rb"-----BEGIN PGP (?:PUBLIC|PRIVATE) KEY BLOCK-----"), "key"),
    (re.compile(rb"-----BEGIN (?:[A-Z0-9]+ )?(?:CERTIFICATE|PKCS7)-----"), "certificate"),
    (re.compile(_MAIL, re.IGNORECASE), "message"),
)
_COMPOUND = b"\xd0\xcf\x11\xe0"  # how an Outlook message begins, and old Office documents as well


def kind_of(file: File) -> PartKind:
    """The kind of a part; "other" is a document, which is left as its writer made it."""
    told = file.type.lower()
    if kind := _BY_TYPE.get(told):
        return kind
    if told.startswith(("message/", "multipart/")):
        return "pointer"
    if told.startswith("image/"):
        return "other"
    beginning = file.data[:1000].removeprefix(b"\xef\xbb\xbf").lstrip()
    for pattern, kind in _BY_BEGINNING:
        if pattern.match(beginning):
            return kind
    kind = _BY_ENDING.get(file.name.lower().rpartition(".")[2], "other")
    if kind == "outlook" and not file.data.startswith(_COMPOUND):
        return "other"
    return "tnef" if file.name.lower() == "winmail.dat" else kind

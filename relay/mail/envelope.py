"""The envelope of a mail going out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who it is from and whom it goes to (RFC 5321 2.3.1): one mail, one recipient, one answer."""

    mail_from: str  # "" is the null sender
    rcpt_to: str

"""The envelope of a mail going out."""

from dataclasses import dataclass

from .pieces import Content


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who it is from and whom it goes to (RFC 5321 2.3.1): one mail, one recipient, one answer."""

    mail_from: str  # "" is the null sender
    rcpt_to: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """A mail ready to be sent."""

    envelope: Envelope
    content: Content

    @property
    def data(self) -> bytes:
        """All octets of the mail; what passes as it came is read, which blocks. Raises OSError."""
        return self.content if isinstance(self.content, bytes) else self.content.bytes()

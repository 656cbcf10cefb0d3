"""The form of one language's words. Everything is lower case and matched without case."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """What mail programs and people of one language write around a quoted mail."""

    wrote: tuple[str, ...]  # the verb of "On Monday Anna wrote:"
    sender: tuple[str, ...]  # labels of a header block: From
    sent: tuple[str, ...]  # Sent, Date
    to: tuple[str, ...]  # To, Cc, Bcc
    subject: tuple[str, ...]
    other: tuple[str, ...] = ()  # Reply-To, Organization, Importance, Attachments
    original: tuple[str, ...] = ()  # "Original Message" between dashes
    forwarded: tuple[str, ...] = ()  # "Forwarded message", between dashes or before a colon
    sent_from: tuple[str, ...] = ()  # what a telephone adds: the beginning, or with "…" the beginning and the end
    farewell: tuple[str, ...] = ()  # the words before one's name
    reply_above: str = ""  # our own marker line, for the nine languages of the product

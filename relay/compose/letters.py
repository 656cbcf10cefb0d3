"""What a mail is made from: plain frozen values, built from the store by whoever sends.

Rendering is a pure function of them, so a mail that is sent again has the same words and the same Message-ID.
Nothing in them is trusted: names, subjects and texts are those of strangers, and are cleaned where they are used.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ..mail.sealed import Sealed
from ..mail.write import File

Side = Literal["buyer", "seller"]
NameStyle = Literal["short", "full"]

# Why a mail did not arrive or was not taken: words of ours, never a remote server's text.
FailureWord = Literal["unknown_address", "full", "too_big", "refused", "unreachable", "ours", "other"]
RefusalWord = Literal["closed", "left", "own_side", "empty", "sender", "other"]

# What is asked about a mail that waits, why it waits, what became of it, and how somebody new came in.
AskedWord = Literal["was_it_you", "is_he_with_you"]
WaitsWord = Literal["unproved", "other mailbox", "unknown sender", "odd header", "like a program"]
ToldWord = Literal["held", "not_released", "unreadable"]
ReadWord = Literal["screen", "form", "mdn"]  # by what it is known that a message was read
JoinedWord = Literal["domain", "cc", "open", "approved"]


@dataclass(frozen=True, slots=True)
class Place:
    """The marketplace, as its users see it."""

    name: str
    reply_domain: str
    language: str  # of people whose own language is not known or not spoken here
    help: str  # a mail address, a URL, or "" for none
    colour: str  # "#rrggbb"
    base_url: str
    names: NameStyle = "short"  # "Jean D." or "Jean Dupont" to the other side
    timezone: str = "UTC"  # IANA name; of the dates that people are told


@dataclass(frozen=True, slots=True)
class Request:
    """What the inquiry is about."""

    reference: str
    subject: str
    product_name: str
    product_url: str
    company_name: str  # the company that is asked
    wishes: tuple[str, ...]  # quote | price_list | documentation | call_back, or a marketplace's own word


@dataclass(frozen=True, slots=True)
class Person:
    """A participant. His address is used to write to him, and is never shown to the other side."""

    name: str
    address: str
    language: str
    side: Side
    company: str
    timezone: str = ""  # IANA name; "" for the marketplace's


@dataclass(frozen=True, slots=True)
class Said:
    """What one participant said once: the new part only, the earlier exchange left out."""

    writer: Person
    text: str
    html: str  # not sanitised; "" where he wrote plain text
    at: datetime  # aware: what his mail says in its Date
    subject: str
    files: tuple[File, ...] = ()
    sealed: Sealed | None = None  # goes out instead of the words and files


@dataclass(frozen=True, slots=True)
class Ids:
    """The ids of one outgoing mail as this reader's client is to see them, without angle brackets (RFC 5322 3.6.4)."""

    message_id: str
    in_reply_to: str = ""
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class To:
    """Who reads a mail, the link that is his alone, and the mask that his plain Reply goes to."""

    reader: Person
    link: str
    mask: str  # stands for the other side
    verbs: tuple[str, ...] = ()  # what the reader can do by a mail to an address of its own (mail/masks.py)
    copies: str = ""  # in his copy: the page on which he switches the copies of his own messages off


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a message did not reach somebody, and after how long we stopped trying (None: refused at once)."""

    cause: FailureWord
    reader: Person
    tried_for: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Delay:
    """Whom a message has not reached yet, for how long we have tried, and for how long we shall in all."""

    reader: Person
    tried_for: timedelta
    give_up: timedelta


@dataclass(frozen=True, slots=True)
class Reading:
    """Who has read a message, and by what it is known."""

    reader: Person
    how: ReadWord


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody is to decide about a mail that waits: the question, and what is known of its writer."""

    word: AskedWord
    address: str  # as From gives it
    name: str  # as From gives it, "" for none
    proved: bool  # the address's domain answers for this mail
    why: WaitsWord


@dataclass(frozen=True, slots=True)
class Received:
    """A mail to postmaster@ or abuse@ of ours: the address it was sent to, when it came, its bytes."""

    address: str
    at: datetime
    data: bytes

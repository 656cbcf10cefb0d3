"""What a door hands to the flow, and what the flow answers."""

from dataclasses import dataclass
from datetime import datetime

from .errors import Reply
from .mail.raw import Raw, Spooled


@dataclass(frozen=True, slots=True)
class Peer:
    """The other end of a connection: for the record and for proof, never for anybody else's eyes."""

    ip: str  # "" where there was no connection (page, CLI)
    port: int = 0
    helo: str = ""
    tls: str = ""  # e.g. "TLSv1.3", "" in the clear


@dataclass(frozen=True, slots=True)
class MaskHit:
    """One mask of ours that a mail was sent to, resolved at RCPT by the store."""

    address: str  # as the client gave it, lower-case, without anything after "+"
    inquiry: int  # the inquiry's sequence number
    stands_for: str  # the side that is reached by writing to it: "buyer" or "seller"
    verb: str = ""  # of an action address: one of masks.VERBS
    detail: str = ""  # of an action address: what stands after the "+"


@dataclass(frozen=True, slots=True)
class OperatorHit:
    """postmaster@ or abuse@ of a reply domain (RFC 5321 4.5.1, RFC 2142): a person of the operator reads it."""

    address: str


@dataclass(frozen=True, slots=True)
class BounceHit:
    """The return path of one of our own deliveries: bounce-<delivery token>@reply-domain."""

    address: str
    delivery: int


Hit = MaskHit | OperatorHit | BounceHit


@dataclass(frozen=True, slots=True)
class Arrival:
    """One mail as it came in: the envelope and the bytes. Line ends are CRLF, NUL is gone."""

    id: str  # follows the mail through the journal
    at: datetime
    peer: Peer
    mail_from: str  # "" is the null sender <>
    hits: tuple[Hit, ...]
    content: Raw
    smtputf8: bool = False
    channel: str = "mail"  # mail | page
    author: int | None = None  # the participant whose personal link this came by; a mail proves nobody yet

    @property
    def size(self) -> int:
        """Octets of the mail."""
        return len(self.content)

    @property
    def data(self) -> bytes:
        """All octets of the mail; of a large one they are read from its file, which blocks. Raises OSError."""
        return self.content.bytes() if isinstance(self.content, Spooled) else self.content

    @property
    def beginning(self) -> bytes:
        """The header and more, as much as is known without reading a file; of a small mail all."""
        return self.content.beginning if isinstance(self.content, Spooled) else self.content


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an arrival as a whole: the one reply its sender gets."""

    reply: Reply

"""The schema, written once as SQLModel tables. States and their transitions stand next to their enum.

Order is by `seq`, never by clock. Times are UTC. Hot paths use Core statements on these tables (`table(X)`);
what a query gives back are the frozen values of values.py.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Index,
    LargeBinary,
    Table,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel


class Side(StrEnum):
    """Who a participant speaks for. An observer sees the status of an inquiry, never a byte of it."""

    BUYER = "buyer"
    SELLER = "seller"
    OBSERVER = "observer"

    @property
    def other(self) -> "Side":
        """The side that reads what this side writes."""
        return {Side.BUYER: Side.SELLER, Side.SELLER: Side.BUYER}[self]


class ParticipantState(StrEnum):
    """invited | guest → active → left | transferred. Only active people get mail and may write."""

    ACTIVE = "active"
    INVITED = "invited"  # put in Cc by a participant; takes part once he writes and is proved
    GUEST = "guest"  # one mail of his was let through; the next one is held again
    LEFT = "left"
    TRANSFERRED = "transferred"


GONE = (ParticipantState.LEFT, ParticipantState.TRANSFERRED)  # took part once


class MessageState(StrEnum):
    """held → accepted | refused; accepted → delivered | failed; failed → delivered (a later retry by ops).

    accepted | delivered | failed → read → answered: what the other side did with it outweighs how its mail fared.
    """

    HELD = "held"
    REFUSED = "refused"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    FAILED = "failed"
    READ = "read"
    ANSWERED = "answered"


class DeliveryState(StrEnum):
    """queued | deferred → sending → sent | deferred | failed; queued | deferred → dropped; failed → queued (retry)."""

    QUEUED = "queued"
    SENDING = "sending"
    DEFERRED = "deferred"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


WAITING = (DeliveryState.QUEUED, DeliveryState.DEFERRED, DeliveryState.SENDING)


class Utc(TypeDecorator[datetime]):
    """A moment: aware in Python, UTC in the database (SQLite keeps no zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Python to database. Raises ValueError on a naive time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Database to Python."""
        return None if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Inquiry(SQLModel, table=True):
    """One buyer's request to one company."""

    seq: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    marketplace: str
    reference: str = Field(index=True)
    subject: str
    wishes: list[str] = Field(sa_type=JSON)
    product_name: str = ""
    product_url: str = ""
    company_name: str = ""
    state: str = "open"  # open → closed
    created_at: datetime = Field(sa_type=Utc)
    closed_at: datetime | None = Field(default=None, sa_type=Utc)


class Mask(SQLModel, table=True):
    """The unguessable part of a masked address: one per inquiry and side."""

    token: str = Field(primary_key=True)
    inquiry: int = Field(foreign_key="inquiry.seq", index=True)
    side: str  # the side it stands for: writing to it reaches them


class Participant(SQLModel, table=True):
    """A person on one side of one inquiry."""

    __table_args__ = (Index("ix_participant_inquiry", "inquiry", "email_key"), Index("ix_participant_key", "email_key"))

    seq: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    inquiry: int = Field(foreign_key="inquiry.seq")
    side: str
    email: str
    email_key: str  # what addresses are compared by
    name: str = ""
    company: str = ""
    phone: str = ""
    language: str = ""
    timezone: str = ""  # IANA name; "" for the marketplace's
    state: str = "active"  # invited | guest → active → left | transferred
    joined_by: str  # inquiry | cc | domain | open | approved | once
    joined_at: datetime = Field(sa_type=Utc)
    link: int = 0  # how often his personal link was renewed: part of what its token is made from
    copies: bool = True  # he gets a copy of each message that he writes


class Link(SQLModel, table=True):
    """A personal link, by the hash of its token: the table alone opens no page."""

    token_hash: str = Field(primary_key=True)
    participant: int = Field(foreign_key="participant.seq", index=True)
    created_at: datetime = Field(sa_type=Utc)
    revoked_at: datetime | None = Field(default=None, sa_type=Utc)


_IS_HELD = f"state = '{MessageState.HELD}'"  # few are: looked for once a minute, among all there ever were


class Message(SQLModel, table=True):
    """What one participant said once. Raw mail byte for byte in `raw`; the rest was read from it."""

    __table_args__ = (
        UniqueConstraint("inquiry", "dedupe"),
        Index("ix_message_held", "state", sqlite_where=text(_IS_HELD), postgresql_where=text(_IS_HELD)),
    )

    seq: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    mail: str = Field(index=True)  # the arrival's id in the journal
    inquiry: int = Field(foreign_key="inquiry.seq", index=True)
    author: int | None = Field(default=None, foreign_key="participant.seq")  # None while the writer is unknown
    side: str
    channel: str  # mail | page | inquiry
    state: str
    at: datetime = Field(sa_type=Utc)  # when it came in
    dated: datetime = Field(sa_type=Utc)  # what its own Date says, `at` where that cannot be
    zone: int = 0  # minutes east of UTC that its own Date names
    mail_from: str = ""
    from_email: str
    from_name: str = ""
    subject: str
    message_id: str = ""  # the writer's own, without angle brackets
    message_key: int | None = Field(default=None, sa_type=BigInteger, index=True)  # what that is looked up by
    thread_index: str = ""  # Outlook's header of that name
    parent: int | None = Field(default=None, foreign_key="message.seq")
    parent_by: str = ""
    dedupe: str
    text: str  # the new text
    html: str = ""  # the new part as HTML, not sanitised
    quoted: str = ""
    signature: str = ""
    disclaimer: str = ""
    split_by: str = ""
    language: str = ""
    seal: str = ""  # signed | encrypted: a part of the mail is passed on byte for byte
    disguised: bool = False  # its words came in a form that no mail program writes: none of them count as typed
    wants_receipt: bool = False  # its writer asked to be told when it is read (RFC 8098)
    raw: str | None = Field(default=None, foreign_key="blob.hash")
    size: int = 0  # bytes of the raw mail
    authentication: str = ""  # our Authentication-Results (RFC 8601)
    may_tell: bool = False  # the writer's domain answers for the mail, so a notice to him is no backscatter
    why_held: str = ""
    ask: int | None = Field(
        default=None, foreign_key="participant.seq"
    )  # whose yes a held mail waits for; None: anybody's


class Attachment(SQLModel, table=True):
    """One document of a message. Its bytes are in the raw mail: the leaf with this SHA-256."""

    seq: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    message: int = Field(foreign_key="message.seq", index=True)
    name: str
    type: str
    bytes: int
    kind: str = "other"  # other | earlier (belongs to the quoted part, so it is not relayed again)
    inline: bool = False
    content_id: str = ""
    hash: str


class Blob(SQLModel, table=True):
    """Raw mails by SHA-256. Small ones in the row, large ones in a file of the same name (`data` is None)."""

    hash: str = Field(primary_key=True)
    size: int
    data: bytes | None = Field(default=None, sa_type=LargeBinary)


class Event(SQLModel, table=True):
    """One fact of the history. Append-only."""

    __table_args__ = (Index("ix_event_about", "inquiry", "message"),)

    seq: int | None = Field(default=None, primary_key=True)
    inquiry: int = Field(foreign_key="inquiry.seq")
    at: datetime = Field(sa_type=Utc)
    kind: str
    actor: int | None = Field(default=None, foreign_key="participant.seq")
    message: int | None = Field(default=None, foreign_key="message.seq")
    proof: dict[str, Any] = Field(sa_type=JSON)
    raw: str | None = Field(default=None, foreign_key="blob.hash")


class Delivery(SQLModel, table=True):
    """One mail on its way to one recipient. Rendered from what is recorded, the same at every attempt."""

    __table_args__ = (
        Index("ix_delivery_due", "state", "next_attempt_at"),
        Index("ix_delivery_leg", "inquiry", "recipient", "seq"),
    )

    seq: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    token: str = Field(unique=True)  # in the Message-ID and the return path
    mail: str = Field(index=True)
    kind: str  # which mail it is: one branch of relay/prepare.py each
    inquiry: int | None = Field(default=None, foreign_key="inquiry.seq")
    message: int | None = Field(default=None, foreign_key="message.seq", index=True)
    recipient: int | None = Field(default=None, foreign_key="participant.seq")
    to: str
    cause: str = ""  # of a notice: a word of ours
    about: int | None = Field(default=None, foreign_key="participant.seq")  # of a notice: who could not be reached
    raw: str | None = Field(default=None, foreign_key="blob.hash")  # what an operator mail passes on, or was refused
    event: int | None = Field(default=None, foreign_key="event.seq")  # of a mail about something that was done
    state: str
    attempts: int = 0
    created_at: datetime = Field(sa_type=Utc)
    next_attempt_at: datetime = Field(sa_type=Utc)
    lease_until: datetime | None = Field(default=None, sa_type=Utc)
    lease_by: int | None = None  # the number of the process that sends it (presence.py)
    finished_at: datetime | None = Field(default=None, sa_type=Utc)
    remote: str = ""  # the remote's last answer, for ops only


class Attempt(SQLModel, table=True):
    """One try of a delivery: written before it starts, completed when it ended."""

    seq: int | None = Field(default=None, primary_key=True)
    delivery: int = Field(foreign_key="delivery.seq", index=True)
    number: int
    started_at: datetime = Field(sa_type=Utc)
    ended_at: datetime | None = Field(default=None, sa_type=Utc)
    host: str = ""
    stage: str = ""
    code: int = 0
    enhanced: str = ""
    text: str = ""


def table(model: type[SQLModel]) -> Table:
    """Return the Core table of a model."""
    return SQLModel.metadata.tables[model.__name__.lower()]  # SQLModel names a table so

"""What queries give back: frozen projections of the tables, field names equal to column names."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Executable, Select, select
from sqlmodel import SQLModel

from .tables import table

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class InquiryRow:
    """An inquiry."""

    seq: int
    id: str
    marketplace: str
    reference: str
    subject: str
    wishes: list[str]
    product_name: str
    product_url: str
    company_name: str
    state: str
    created_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class ParticipantRow:
    """A participant."""

    seq: int
    id: str
    inquiry: int
    side: str
    email: str
    email_key: str
    name: str
    company: str
    phone: str
    language: str
    state: str
    joined_by: str
    joined_at: datetime
    timezone: str = ""
    link: int = 0
    copies: bool = True


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message without its raw mail."""

    seq: int
    id: str
    mail: str
    inquiry: int
    author: int | None
    side: str
    channel: str
    state: str
    at: datetime
    dated: datetime
    zone: int
    mail_from: str
    from_email: str
    from_name: str
    subject: str
    message_id: str
    thread_index: str
    parent: int | None
    parent_by: str
    text: str
    html: str
    quoted: str
    signature: str
    disclaimer: str
    split_by: str
    language: str
    seal: str
    disguised: bool
    wants_receipt: bool
    raw: str | None
    size: int
    authentication: str
    may_tell: bool
    why_held: str
    ask: int | None
    dedupe: str
    message_key: int | None = None


@dataclass(frozen=True, slots=True)
class AttachmentRow:
    """An attachment without its bytes."""

    seq: int
    id: str
    message: int
    name: str
    type: str
    bytes: int
    kind: str
    inline: bool
    content_id: str
    hash: str


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event of the history."""

    seq: int
    inquiry: int
    at: datetime
    kind: str
    actor: int | None
    message: int | None
    proof: dict[str, Any]
    raw: str | None


def domain_of(address: str) -> str:
    """Return the domain of an address that is delivered to, in lower case."""
    return address.rpartition("@")[2].lower()


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A delivery."""

    seq: int
    id: str
    token: str
    mail: str
    kind: str
    inquiry: int | None
    message: int | None
    recipient: int | None
    to: str
    cause: str
    about: int | None
    raw: str | None
    event: int | None
    state: str
    attempts: int
    created_at: datetime
    next_attempt_at: datetime
    finished_at: datetime | None
    remote: str
    lease_until: datetime | None = None
    lease_by: int | None = None


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One try of a delivery."""

    seq: int
    delivery: int
    number: int
    started_at: datetime
    ended_at: datetime | None
    host: str
    stage: str
    code: int
    enhanced: str
    text: str


def columns(model: type[SQLModel], value: type[V]) -> list[ColumnElement[Any]]:
    """Return the columns of `model` in the order of the fields of the dataclass `value`."""
    return [table(model).c[field.name] for field in fields(value)]  # pyright: ignore[reportArgumentType]


def project(model: type[SQLModel], value: type[V], *where: ColumnElement[bool]) -> Select[Any]:
    """Return `SELECT the fields of value FROM model WHERE …` in the order of recording."""
    statement = select(*columns(model, value)).where(*where)
    return statement.order_by(table(model).c.seq) if "seq" in table(model).c else statement


def fetch(connection: Connection, statement: Executable, value: type[V], **given: object) -> Iterator[V]:
    """Run a projection and yield its rows as values; `given` fills the statement's bound parameters.

    Statements are built once, next to the function that runs them: building one costs five times its execution.
    """
    return (value(*row) for row in connection.execute(statement, given))


def fetch_one(connection: Connection, statement: Executable, value: type[V], **given: object) -> V | None:
    """Run a projection and return its first row, or None."""
    return next(fetch(connection, statement, value, **given), None)

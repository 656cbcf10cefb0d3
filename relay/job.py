"""What is recorded about one delivery: everything its mail is made from, read in one go."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from ..store import inquiries, lineage, messages
from ..store.blobs import Kept
from ..store.lineage import Ancestor
from ..store.values import AttachmentRow, DeliveryRow, InquiryRow, MessageRow, ParticipantRow
from .compose.letters import Person, Place, Request
from .compose.parts_kinds import kind_of
from .compose.parts_lines import calendar_uids
from .deeds import DEEDS, Deeds, load_deeds
from .mail import read
from .mail.masks import message_id
from .mail.model import Attachment
from .mail.raw import LARGE
from .mail.write import File
from .settings import Marketplace
from .veil import Veil, make_veil, may_keep_typed
from .world import World

_LONGEST_CHAIN = 30  # ancestors named in References
# Nobody wants a notice's bounce (RFC 5321 4.5.5).
WITHOUT_RETURN_PATH = ("failed", "delayed", "read", "refused", "told", "prove")
# Notices that name a message by its first words: they can be sent although its stored mail cannot be read.
_WORDS_ONLY = ("failed", "delayed", "read", "asked", "joined", "told", "prove")
# Mails to a writer about what he wrote: they thread under it.
_ABOUT_HIS_OWN = ("copy", "failed", "delayed", "read", "told")


@dataclass(frozen=True, slots=True)
class Job:
    """What is recorded about a delivery of an inquiry."""

    inquiry: InquiryRow
    masks: dict[str, str]  # side → token
    reader: ParticipantRow
    message: MessageRow | None
    author: ParticipantRow | None
    about: ParticipantRow | None
    others: tuple[Person, ...]  # the other side, as the reader sees it
    people: tuple[ParticipantRow, ...]  # everybody who is or was a party of it
    files: tuple[AttachmentRow, ...]
    raw: bytes | Kept  # of the message or the refused mail; b"" where it is not needed
    chain: tuple[str, ...]  # the ids of the ancestors as the reader knows them, oldest first
    veil: Veil  # what hides the other side from the reader
    uids: tuple[str, ...] = ()  # of the calendars that the reader's side has sent, where this message holds one
    deeds: Deeds | None = None  # of a mail about something that was done
    leaves: tuple[Attachment, ...] = ()  # of a raw mail that was read just now: its files

    @property
    def wordy(self) -> bool:
        """Whether megabytes of words, or of earlier mails, are to be worked on."""
        words = len(self.message.text) + len(self.message.html) if self.message else 0
        return words + sum(map(len, self.deeds.raws if self.deeds else ())) > LARGE

    @property
    def large(self) -> bool:
        """Whether it is too large to be composed in the event loop."""
        return len(self.raw) > LARGE or self.wordy


class NothingToSend(Exception):
    """The delivery names nobody or nothing any more; the text says what is missing, for ops."""


@dataclass(frozen=True, slots=True)
class Around:
    """What the mails of one message have in common: read anew, or known to whoever has just recorded it."""

    inquiry: InquiryRow
    masks: dict[str, str]
    people: tuple[ParticipantRow, ...]  # everybody who is or was part of it, observers too
    message: MessageRow | None
    files: tuple[AttachmentRow, ...]
    raw: bytes | Kept  # as in Job
    leaves: tuple[Attachment, ...] = ()  # as in Job


def load_job(connection: Connection, world: World, delivery: DeliveryRow) -> Job:
    """Read everything that a delivery's mail is made from."""
    return job_of(connection, world, delivery, _load_around(connection, world, delivery))


def _load_around(connection: Connection, world: World, delivery: DeliveryRow) -> Around:
    if delivery.inquiry is None:
        raise NothingToSend("the delivery belongs to no inquiry")
    message = messages.get(connection, delivery.message) if delivery.message is not None else None
    files = messages.attachments(connection, [message.seq]) if message else ()
    words_only = delivery.kind in _WORDS_ONLY
    wanted = delivery.raw or (message.raw if message and not words_only and needs_raw(message, files) else None)
    return Around(
        inquiries.get(connection, delivery.inquiry),
        inquiries.masks_of(connection, delivery.inquiry),
        inquiries.participants(connection, delivery.inquiry),
        message,
        files,
        world.store.blobs.find(connection, wanted) if wanted else b"",
    )


def needs_raw(message: MessageRow, files: Sequence[AttachmentRow]) -> bool:
    """Return whether a mail of this message is made from the raw mail as well."""
    return bool(files or message.seal)


def needs_earlier_mails(files: Sequence[AttachmentRow]) -> bool:
    """Return whether a mail with these files is made from earlier raw mails, too: a calendar names their UIDs."""
    return any(map(_is_calendar, files))


def job_of(connection: Connection, world: World, delivery: DeliveryRow, around: Around) -> Job:
    """Put together what one delivery's mail is made from: a function of what is recorded, at every attempt."""
    message, by_seq = around.message, {one.seq: one for one in around.people}
    reader = _reader(world, delivery, around, by_seq)
    parties = tuple(one for one in around.people if one.side != "observer")
    others = tuple(person_of(one) for one in parties if one.state == "active" and one.side != reader.side)
    place = world.settings.place(around.inquiry.marketplace)
    earlier = delivery.kind not in _WORDS_ONLY and needs_earlier_mails(around.files)
    keep_typed = may_keep_typed(connection, world, around.inquiry.seq, delivery.created_at)
    return Job(
        around.inquiry,
        around.masks,
        reader,
        message,
        by_seq[message.author] if message and message.author is not None else None,
        by_seq[delivery.about] if delivery.about is not None else None,
        others,
        parties,
        around.files,
        around.raw,
        _chain(connection, delivery, message, place.reply_domain) if message else (),
        make_veil(world, around.people, around.masks, place.reply_domain, reader, keep_typed=keep_typed),
        _calendar_uids(connection, world, around.inquiry.seq, reader.side) if earlier else (),
        load_deeds(connection, world, delivery, reader) if delivery.kind in DEEDS else None,
        around.leaves,
    )


def _is_calendar(file: AttachmentRow) -> bool:
    return kind_of(File(file.name, file.type, b"")) == "calendar"


def _calendar_uids(connection: Connection, world: World, inquiry: int, side: str) -> tuple[str, ...]:
    """Return the UIDs that a side has given its invitations: an answer to one is to bring its own UID back."""
    rows = [one for one in messages.of_inquiry(connection, inquiry) if one.side == side and one.raw]
    files = messages.attachments(connection, [one.seq for one in rows])
    holding = {file.message for file in files if _is_calendar(file)}
    mails = (read(raw_of(connection, world, one.raw)) for one in rows if one.seq in holding)
    calendars = (
        leaf.data for mail in mails for leaf in mail.files if kind_of(File(leaf.name, leaf.type, b"")) == "calendar"
    )
    return tuple(uid for data in calendars for uid in calendar_uids(data))


def raw_of(connection: Connection, world: World, digest: str | None) -> bytes:
    """Return the raw mail with this hash. Raises NothingToSend, BlobMissing."""
    if digest is None:
        raise NothingToSend("the delivery names no mail")
    return world.store.blobs.get(connection, digest)


def _chain(connection: Connection, delivery: DeliveryRow, message: MessageRow, domain: str) -> tuple[str, ...]:
    """Return how the reader knows the mails above this one, oldest first.

    His own mails by the ids his client gave them, the others by the ids of the copies he got. For the writer
    himself the message is among them: his copy or notice answers his own mail.
    """
    start = message.seq if delivery.kind in _ABOUT_HIS_OWN else message.parent
    if start is None:
        return ()
    line = lineage.ancestors(connection, start, _LONGEST_CHAIN, delivery.recipient, delivery.token)
    known = [_known_as(one, delivery, domain) for one in reversed(line)]
    return tuple(id for id in known if id)


def _known_as(message: Ancestor, delivery: DeliveryRow, domain: str) -> str:
    """The id under which the reader has a message: that of his own client for what he wrote, else that of his copy.

    The writer of a held mail, who is no participant, knows only that mail of his.
    """
    his_own = message.author == delivery.recipient and message.channel == "mail"
    if delivery.recipient is None:
        return message.message_id if message.seq == delivery.message else ""
    if his_own:
        return message.message_id
    return message_id(message.copy, domain) if message.copy else ""


def person_of(row: ParticipantRow) -> Person:
    """Return a participant as the templates know him."""
    side = "buyer" if row.side == "buyer" else "seller"
    return Person(row.name, row.email, row.language, side, row.company, row.timezone)


def place_of(one: Marketplace, base_url: str = "") -> Place:
    """Return a marketplace as the templates know it; `base_url` is where its pages are."""
    return Place(one.name, one.reply_domain, one.language, one.help, one.colour, base_url, timezone=one.timezone)


def request_of(row: InquiryRow) -> Request:
    """Return an inquiry as the templates know it."""
    return Request(row.reference, row.subject, row.product_name, row.product_url, row.company_name, tuple(row.wishes))


def _reader(world: World, delivery: DeliveryRow, around: Around, by_seq: dict[int, ParticipantRow]) -> ParticipantRow:
    """Return who reads it: a participant, or the writer of a held mail, who is none."""
    if delivery.recipient is not None:
        return by_seq[delivery.recipient]
    message = around.message
    if message is None:
        raise NothingToSend("the delivery names nobody")
    return ParticipantRow(
        seq=0,
        id="",
        inquiry=around.inquiry.seq,
        side=message.side,
        email=message.from_email,
        email_key="",
        name=message.from_name,
        company="",
        phone="",
        language=world.settings.place(around.inquiry.marketplace).language,
        state="",
        joined_by="",
        joined_at=message.at,
    )

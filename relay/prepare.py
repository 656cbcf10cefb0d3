"""Makes the bytes of one delivery from what is recorded: the same bytes at every attempt.

`load_job` reads everything that belongs to the mail; `render` composes it for its one reader and is pure.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from sqlalchemy import Connection

from ..store import inquiries, messages
from ..store.values import AttachmentRow, DeliveryRow, InquiryRow, MessageRow, ParticipantRow
from .compose.letters import (
    Failure,
    FailureWord,
    Ids,
    Person,
    Place,
    Received,
    RefusalWord,
    Request,
    Said,
    To,
)
from .compose.notices import failed_notice, operator_mail, refused_notice
from .compose.relayed import colleague_mail, copy_mail, relayed_mail
from .compose.request import confirmation_mail, request_mail
from .mail import Mail, read
from .mail.addresses import parse_address
from .mail.envelope import Envelope
from .mail.masks import mask_address, message_id, return_path
from .mail.write import File, Letter, Mailbox, write
from .settings import Marketplace
from .world import World

_LONGEST_CHAIN = 30  # ancestors named in References
_LARGE = 262_144  # bytes; larger mails are composed in a thread


@dataclass(frozen=True, slots=True)
class Prepared:
    """A mail ready to be sent."""

    envelope: Envelope
    data: bytes


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
    files: tuple[AttachmentRow, ...]
    raw: bytes  # of the message or the refused mail; b"" where it is not needed
    chain: tuple[str, ...]  # the ids of the ancestors as the reader knows them, oldest first


class NothingToSend(Exception):
    """The delivery names nobody or nothing any more; the text says what is missing, for ops."""


async def prepare(world: World, delivery: DeliveryRow) -> Prepared:
    """Read and compose one delivery. Raises NothingToSend, BlobMissing."""
    if delivery.inquiry is None:
        raw = await world.store.read(lambda connection: _raw(connection, world, delivery.raw))
        return _operator(world, delivery, raw)
    job = await world.store.read(lambda connection: load_job(connection, world, delivery))
    if len(job.raw) <= _LARGE:
        return render(world, delivery, job)
    return await asyncio.to_thread(render, world, delivery, job)


def load_job(connection: Connection, world: World, delivery: DeliveryRow) -> Job:
    """Read everything that a delivery's mail is made from."""
    if delivery.inquiry is None or delivery.recipient is None:
        raise NothingToSend("the delivery belongs to no inquiry")
    message = messages.get(connection, delivery.message) if delivery.message is not None else None
    files = messages.attachments(connection, [message.seq]) if message else ()
    reader = inquiries.participant(connection, delivery.recipient)
    others = tuple(
        _person(person)
        for person in inquiries.participants(connection, delivery.inquiry)
        if person.state == "active" and person.side not in (reader.side, "observer")
    )
    wanted = delivery.raw or (message.raw if message and files else None)
    return Job(
        inquiries.get(connection, delivery.inquiry),
        inquiries.masks_of(connection, delivery.inquiry),
        reader,
        message,
        inquiries.participant(connection, message.author) if message and message.author is not None else None,
        inquiries.participant(connection, delivery.about) if delivery.about is not None else None,
        others,
        files,
        _raw(connection, world, wanted) if wanted else b"",
        _chain(connection, world, delivery, message) if message else (),
    )


def _raw(connection: Connection, world: World, digest: str | None) -> bytes:
    if digest is None:
        raise NothingToSend("the delivery names no mail")
    return world.store.blobs.get(connection, digest)


def _chain(connection: Connection, world: World, delivery: DeliveryRow, message: MessageRow) -> tuple[str, ...]:
    """Return how the reader knows the mails above this one, oldest first.

    His own mails by the ids his client gave them, the others by the ids of the copies he got. For the writer
    himself the message is among them: his copy or notice answers his own mail.
    """
    above = messages.ancestors(connection, message, _LONGEST_CHAIN)
    line = (message, *above) if delivery.kind in ("copy", "failed") else above
    place = world.settings.place(inquiries.get(connection, message.inquiry).marketplace)
    copies = {
        copy.message: message_id(copy.token, place.reply_domain)
        for copy in messages.sent_as(connection, [one.seq for one in line])
        if copy.recipient == delivery.recipient and copy.token != delivery.token
    }
    known = (_known_as(one, delivery.recipient, copies) for one in reversed(line))
    return tuple(id for id in known if id)


def _known_as(message: MessageRow, reader: int | None, copies: dict[int, str]) -> str:
    own = message.message_id if message.author == reader and message.channel == "mail" else ""
    return own or copies.get(message.seq, "")


def render(world: World, delivery: DeliveryRow, job: Job) -> Prepared:
    """Compose the mail of a delivery. Pure: settings and what was recorded in, bytes out."""
    marketplace = world.settings.place(job.inquiry.marketplace)
    place = _place(world, marketplace)
    to = To(_person(job.reader), _link(world, job.reader), _mask(job, marketplace))
    own_id = message_id(delivery.token, marketplace.reply_domain)
    ids = Ids(own_id, job.chain[-1] if job.chain else "", job.chain)
    letter = _letter(world, delivery, job, (place, _request(job.inquiry), to, ids))
    notice = delivery.kind in ("failed", "refused")  # nobody wants the bounce of a notice (RFC 5321 4.5.5)
    sender = "" if notice else return_path(delivery.token, marketplace.reply_domain)
    return Prepared(Envelope(sender, job.reader.email), write(letter))


def _letter(world: World, delivery: DeliveryRow, job: Job, head: tuple[Place, Request, To, Ids]) -> Letter:
    at = delivery.created_at
    match delivery.kind:
        case "request":
            letter = request_mail(*head, _said(job))
        case "confirmation":
            letter = confirmation_mail(*head, _said(job))
        case "relayed":
            letter = relayed_mail(*head, _said(job))
        case "colleague":
            letter = colleague_mail(*head, _said(job), job.others)
        case "copy":
            letter = copy_mail(*head, _said(job), job.others, at)
        case "failed":
            letter = failed_notice(*head, _said(job), _failure(world, delivery, job), at)
        case "refused":
            letter = refused_notice(*head, _refused(job, at), _refusal_word(delivery.cause), at)
        case other:
            raise NothingToSend(f"there is no mail of the kind {other}")
    return letter


def _failure(world: World, delivery: DeliveryRow, job: Job) -> Failure:
    tried = world.settings.outbound.give_up if delivery.cause == "unreachable" else None
    return Failure(_failure_word(delivery.cause), _person(job.about or job.reader), tried)


def _refused(job: Job, at: datetime) -> Said:
    """Return what was said in a mail that was refused for this inquiry, so that its writer knows it again."""
    mail = read(job.raw)
    return Said(_person(job.reader), mail.text, "", at, mail.first("Subject"))


def _refusal_word(cause: str) -> RefusalWord:
    return next((word for word in get_args(RefusalWord) if word == cause), "other")


def _failure_word(cause: str) -> FailureWord:
    return next((word for word in get_args(FailureWord) if word == cause), "other")


def _said(job: Job) -> Said:
    if job.message is None or job.author is None:
        raise NothingToSend("the message has no writer")
    message = job.message
    files = _files(job.files, read(job.raw)) if job.raw else ()
    return Said(_person(job.author), message.text, message.html, message.dated, message.subject, files)


def _files(rows: tuple[AttachmentRow, ...], mail: Mail) -> tuple[File, ...]:
    """Return the new files of a message, found in its raw mail by their hash."""
    leaves = {hashlib.sha256(leaf.data).hexdigest(): leaf.data for leaf in mail.attachments}
    return tuple(
        File(row.name, row.type, leaves[row.hash], row.content_id, row.inline)
        for row in rows
        if row.kind != "earlier" and row.hash in leaves
    )


def _operator(world: World, delivery: DeliveryRow, raw: bytes) -> Prepared:
    email = world.settings.operator.email
    if not email:
        raise NothingToSend("operator.email is not set, so nobody can be sent mail to postmaster@ and abuse@")
    domain = delivery.to.partition("@")[2]
    places = world.settings.marketplace
    marketplace = next((one for one in places if one.reply_domain == domain), places[0])
    address = parse_address(email)
    person = Mailbox("", address.text if address else email)
    ids = Ids(message_id(delivery.token, marketplace.reply_domain))
    received = Received(delivery.to, delivery.created_at, raw)
    letter = operator_mail(_place(world, marketplace), person, ids, received)
    return Prepared(Envelope("", person.address), write(letter))


def _place(world: World, one: Marketplace) -> Place:
    return Place(one.name, one.reply_domain, one.language, one.help, one.colour, world.settings.links.base_url)


def _request(inquiry: InquiryRow) -> Request:
    return Request(
        inquiry.reference,
        inquiry.subject,
        inquiry.product_name,
        inquiry.product_url,
        inquiry.company_name,
        tuple(inquiry.wishes),
    )


def _person(row: ParticipantRow) -> Person:
    side = "buyer" if row.side == "buyer" else "seller"
    return Person(row.name, row.email, row.language, side, row.company)


def _link(world: World, reader: ParticipantRow) -> str:
    return f"{world.settings.links.base_url}/c/{world.links.token(reader.id)}"


def _mask(job: Job, marketplace: Marketplace) -> str:
    other = "buyer" if job.reader.side == "seller" else "seller"
    return mask_address(other, job.masks[other], marketplace.reply_domain)

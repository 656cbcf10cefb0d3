"""Makes the bytes of one delivery from what is recorded: the same bytes at every attempt.

`load_job` reads everything that belongs to the mail; `render` composes it for its one reader and is pure.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import get_args

from sqlalchemy import Connection

from ..store import events, inquiries
from ..store.values import DeliveryRow, InquiryRow, ParticipantRow
from .compose.deeds import spam_note
from .compose.letters import (
    Asked,
    Delay,
    Failure,
    FailureWord,
    Ids,
    JoinedWord,
    Person,
    Place,
    Reading,
    ReadWord,
    Received,
    RefusalWord,
    Request,
    Said,
    To,
    ToldWord,
    WaitsWord,
)
from .compose.notices import delayed_notice, failed_notice, operator_mail, read_notice, refused_notice
from .compose.relayed import colleague_mail, copy_mail, relayed_mail
from .compose.request import confirmation_mail, request_mail
from .compose.sender_notices import asked_notice, joined_notice, prove_notice, told_notice
from .job import WITHOUT_RETURN_PATH, Job, NothingToSend, load_job, person_of, place_of, raw_of, request_of
from .mail import read
from .mail.addresses import clean_name, parse_address
from .mail.envelope import Envelope, Prepared
from .mail.masks import mask_address, message_id, return_path
from .mail.pieces import Content, cut
from .mail.raw import LARGE
from .mail.received import received
from .mail.write import Letter, Mailbox, write_pieces
from .prepare_deeds import deed_letter
from .said import hidden_of, masked, raw_bytes, said_of
from .settings import Marketplace
from .world import World

_PASSING = ("relayed", "colleague")  # the kinds of mail with another's files; all others only name them
_LARGE = ThreadPoolExecutor(2, thread_name_prefix="compose")  # for large mails, so that others need not wait for them


async def prepare(world: World, delivery: DeliveryRow, job: Job | None = None) -> Prepared:
    """Compose one delivery from its job, which is read where it is not known. Raises NothingToSend, BlobMissing."""
    if delivery.kind == "spam":
        return await _spam(world, delivery)
    if delivery.inquiry is None:
        raw = await world.store.read(lambda connection: raw_of(connection, world, delivery.raw))
        return _operator(world, delivery, raw)
    job = job or await world.store.read(lambda connection: load_job(connection, world, delivery))
    if len(job.raw) > LARGE:
        return await asyncio.get_running_loop().run_in_executor(_LARGE, render, world, delivery, job)
    if not (job.files and world.settings.masking.documents):
        return render(world, delivery, job)
    return await asyncio.to_thread(render, world, delivery, job)


def render(world: World, delivery: DeliveryRow, job: Job) -> Prepared:
    """Compose the mail of a delivery. Pure: settings and what was recorded in, bytes out. Blocks where it is large."""
    if looked_into := _looked_into(world, delivery, job):
        job = replace(job, raw=looked_into)
    marketplace = world.settings.place(job.inquiry.marketplace)
    place = place_of(marketplace, world.settings.links.base_url)
    mask = _mask(job, marketplace)
    copies = _copies(world, place, job.reader) if delivery.kind == "copy" else ""
    to = To(person_of(job.reader), world.personal_link(job.reader), mask, verbs_for(job), copies)
    own_id = message_id(delivery.token, marketplace.reply_domain)
    ids = Ids(own_id, job.chain[-1] if job.chain else "", job.chain)
    letter = _letter(world, delivery, job, (place, request_of(job.inquiry), to, ids))
    if _asks_for_receipt(world, delivery, job):
        letter = replace(letter, receipt_to=mask)
    notice = delivery.kind in WITHOUT_RETURN_PATH
    sender = "" if notice else return_path(delivery.token, marketplace.reply_domain)
    return Prepared(Envelope(sender, job.reader.email), _signed(world, letter, delivery, marketplace))


def _asks_for_receipt(world: World, delivery: DeliveryRow, job: Job) -> bool:
    """Whether the reader's mail program is asked to say that it showed the mail: to the mask, never to the writer."""
    asked = world.settings.mail.ask_read_receipt or (job.message is not None and job.message.wants_receipt)
    return asked and delivery.kind in ("request", "relayed")


def _looked_into(world: World, delivery: DeliveryRow, job: Job) -> bytes:
    """Read a large raw mail whose files cannot pass as they came; b"" where they can. Raises OSError, BlobMissing."""
    if isinstance(job.raw, bytes):
        return b""
    sealed = job.message is not None and job.message.seal
    return job.raw.bytes() if delivery.kind not in _PASSING or sealed or world.settings.masking.documents else b""


def _signed(world: World, letter: Letter, delivery: DeliveryRow, marketplace: Marketplace) -> Content:
    """Write, sign, and put our own Received on top: of the way the writer's mail came nothing is told.

    The times are those of the delivery, so that every attempt has the same bytes.
    """
    content = write_pieces(letter, own_zone=world.settings.masking.date == "original")
    seal = world.signer.fields(content, marketplace.reply_domain, delivery.created_at) if world.signer else b""
    top = received(world.settings.smtp.hostname, delivery.id, delivery.created_at) + seal
    return cut(top + content if isinstance(content, bytes) else content.after(top), LARGE)


def _letter(world: World, delivery: DeliveryRow, job: Job, head: tuple[Place, Request, To, Ids]) -> Letter:
    at = delivery.created_at
    match delivery.kind:
        case "request":
            letter = request_mail(*head, masked(job, head[0]))
        case "confirmation":
            letter = confirmation_mail(*head, said_of(job))
        case "relayed":
            letter = relayed_mail(*head, masked(job, head[0]))
        case "colleague":
            letter = colleague_mail(*head, masked(job, head[0]), job.others)
        case "copy":
            said = said_of(job)
            letter = copy_mail(*head, said, job.others, at, hidden_of(job, said))
        case "failed":
            letter = failed_notice(*head, said_of(job), _failure(world, delivery, job), at)
        case "delayed":
            letter = delayed_notice(*head, said_of(job), _delay(world, job), at)
        case "read":
            letter = read_notice(*head, said_of(job), _reading(delivery, job), at)
        case "asked":
            letter = asked_notice(*head, _from_stranger(job), _asked(job, delivery.cause), at)
        case "joined":
            letter = joined_notice(*head, person_of(job.about or job.reader), _how(job), at)
        case "told":
            letter = _told(delivery, job, head)
        case "prove":
            letter = _prove(world, delivery, job, head)
        case "refused":
            letter = refused_notice(*head, _refused(job, at), _refusal_word(delivery.cause), at)
        case _ if job.deeds is not None:
            letter = deed_letter(world, delivery, job.deeds, job.reader, job.veil, head)
        case other:
            raise NothingToSend(f"there is no mail of the kind {other}")
    return letter


def _told(delivery: DeliveryRow, job: Job, head: tuple[Place, Request, To, Ids]) -> Letter:
    place, request, _, ids = head
    stranger = Mailbox(clean_name(job.reader.name), job.reader.email)
    word: ToldWord = next((one for one in get_args(ToldWord) if one == delivery.cause), "not_released")
    said = _from_stranger(job)
    return told_notice(place, request, stranger, job.reader.language, ids, said, word, delivery.created_at)


def _prove(world: World, delivery: DeliveryRow, job: Job, head: tuple[Place, Request, To, Ids]) -> Letter:
    """The mail to an address typed on the page. It starts a thread of its own: its reader has none of the others."""
    place, request, _, ids = head
    said = _from_stranger(job)
    id = job.message.id if job.message else ""
    link = f"{place.base_url}/p/{id}/{world.links.proof(id)}"
    stranger = Mailbox(clean_name(job.reader.name), job.reader.email)
    alone = Ids(ids.message_id)
    return prove_notice(place, request, stranger, job.reader.language, alone, said, link, delivery.created_at)


def _from_stranger(job: Job) -> Said:
    """Return what the writer of a held mail said, without its files."""
    message = job.message
    if message is None:
        raise NothingToSend("the delivery names no message")
    side = "buyer" if message.side == "buyer" else "seller"
    writer = Person(message.from_name, message.from_email, "", side, "")
    return Said(writer, message.text, "", message.dated, message.subject)


def _asked(job: Job, word: str) -> Asked:
    message = job.message
    if message is None:
        raise NothingToSend("the delivery names no message")
    asked = "was_it_you" if word == "was_it_you" else "is_he_with_you"
    why: WaitsWord = next((one for one in get_args(WaitsWord) if one == message.why_held), "unknown sender")
    return Asked(asked, message.from_email, clean_name(message.from_name), message.may_tell, why)


def _how(job: Job) -> JoinedWord:
    how = job.about.joined_by if job.about else ""
    return next((one for one in get_args(JoinedWord) if one == how), "approved")


def _failure(world: World, delivery: DeliveryRow, job: Job) -> Failure:
    tried = world.settings.outbound.give_up if delivery.cause == "unreachable" else None
    return Failure(_failure_word(delivery.cause), person_of(job.about or job.reader), tried)


def _delay(world: World, job: Job) -> Delay:
    outbound = world.settings.outbound
    return Delay(person_of(job.about or job.reader), outbound.delay_warning, outbound.give_up)


def _reading(delivery: DeliveryRow, job: Job) -> Reading:
    how: ReadWord = next((word for word in get_args(ReadWord) if word == delivery.cause), "screen")
    return Reading(person_of(job.about or job.reader), how)


def _refused(job: Job, at: datetime) -> Said:
    """Return what was said in a mail that was refused for this inquiry, so that its writer knows it again."""
    mail = read(raw_bytes(job))
    return Said(person_of(job.reader), mail.text, "", at, mail.first("Subject"))


def _refusal_word(cause: str) -> RefusalWord:
    return next((word for word in get_args(RefusalWord) if word == cause), "other")


def _failure_word(cause: str) -> FailureWord:
    return next((word for word in get_args(FailureWord) if word == cause), "other")


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
    letter = operator_mail(place_of(marketplace, world.settings.links.base_url), person, ids, received)
    return Prepared(Envelope("", person.address), _signed(world, letter, delivery, marketplace))


async def _spam(world: World, delivery: DeliveryRow) -> Prepared:
    """The note to the operator that a seller calls a request no honest one."""

    def query(connection: Connection) -> InquiryRow:
        return inquiries.get(connection, events.get(connection, delivery.event or 0).inquiry)

    inquiry = await world.store.read(query)
    marketplace = world.settings.place(inquiry.marketplace)
    ids = Ids(message_id(delivery.token, marketplace.reply_domain))
    place = place_of(marketplace, world.settings.links.base_url)
    letter = spam_note(place, request_of(inquiry), Mailbox("", delivery.to), ids, inquiry.id, delivery.created_at)
    return Prepared(Envelope("", delivery.to), _signed(world, letter, delivery, marketplace))


def _copies(world: World, place: Place, reader: ParticipantRow) -> str:
    """Return where a writer switches the copies of his own messages off."""
    return f"{place.base_url}/n/{reader.id}/{world.links.copies(reader.id)}"


def verbs_for(job: Job) -> tuple[str, ...]:
    """Return what the reader can do by mail besides answering; nothing where he takes no part."""
    if not job.reader.id:
        return ()
    event = job.deeds.event if job.deeds else None
    done = event.kind if event else ""
    if event and done in ("inquiry.transferred", "participant.left") and event.actor == job.reader.seq:
        return ()
    if done == "inquiry.closed":
        return ("reopen", "history")
    phone = ("phone",) if any(one.phone.strip() for one in job.people if one.side != job.reader.side) else ()
    first = ("decline",) if job.reader.side == "seller" else ("close",)
    declined = done == "inquiry.declined" or (event and event.proof.get("why") == "declined_before")
    return (*(() if declined else first), "transfer", *phone, "history")


def _mask(job: Job, marketplace: Marketplace) -> str:
    other = "buyer" if job.reader.side == "seller" else "seller"
    return mask_address(other, job.masks[other], marketplace.reply_domain)

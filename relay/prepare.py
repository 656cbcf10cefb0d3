"""Makes the bytes of one delivery from what is recorded: the same bytes at every attempt.

`load_job` reads everything that belongs to the mail, `draft` composes it for its one reader; here it is decided where
that is done – at once, in a thread, in a process – and the mail is signed.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

from sqlalchemy import Connection

from ..store import events, inquiries
from ..store.blobs import Kept
from ..store.values import DeliveryRow, InquiryRow
from .compose.deeds import spam_note
from .compose.letters import Ids, Received
from .compose.notices import operator_mail
from .composing import Unsendable
from .desk import Desk, OwnLinks
from .draft import draft, looks_into
from .job import Job, NothingToSend, load_job, place_of, raw_of, request_of
from .mail.addresses import parse_address
from .mail.envelope import Envelope, Prepared
from .mail.masks import message_id
from .mail.pieces import Content, cut
from .mail.raw import LARGE
from .mail.received import received
from .mail.write import Letter, Mailbox, write_pieces
from .world import World

T = TypeVar("T")

_LARGE = ThreadPoolExecutor(2, thread_name_prefix="compose")  # for large mails, so that others need not wait for them


async def prepare(world: World, delivery: DeliveryRow, job: Job | None = None) -> Prepared:
    """Compose one delivery from its job, which is read where it is not known.

    Raises NothingToSend, BlobMissing, Uncomposed, OSError.
    """
    if delivery.kind == "spam":
        return await _spam(world, delivery)
    if delivery.inquiry is None:
        raw = await world.store.read(lambda connection: raw_of(connection, world, delivery.raw))
        if len(raw) > LARGE:
            return await _in_thread(_operator, world, delivery, raw)
        return _operator(world, delivery, raw)
    job = job or await fetched(world, await world.store.read(lambda connection: load_job(connection, world, delivery)))
    if job.large:
        return await _large(world, delivery, job)
    if not (job.files and world.settings.masking.documents):
        return render(world, delivery, job)
    return await asyncio.to_thread(render, world, delivery, job)


async def fetched(world: World, job: Job) -> Job:
    """Return a job with the octets of its raw mail, but for a large one: a slow bucket keeps no query waiting.

    Raises BlobMissing, OSError.
    """
    if isinstance(job.raw, Kept) and len(job.raw) <= LARGE:
        return replace(job, raw=await world.store.in_thread(job.raw.bytes))
    return job


async def _large(world: World, delivery: DeliveryRow, job: Job) -> Prepared:
    """Compose a large mail: in a thread where its files pass as they came, else in a process that can be stopped."""
    if job.leaves and not (job.wordy or looks_into(world.settings, delivery, job)):
        with suppress(LookupError):  # one of the files is looked into
            return await _in_thread(render, world, delivery, job)
    job = replace(job, leaves=())
    if world.composers is None:
        return await _in_thread(render, world, delivery, job)
    desk = Desk(world.settings, _own_links(world, job))
    try:
        envelope, content = await world.composers.draft(desk, delivery, job, world.store.blobs.keep.spool)
    except Unsendable as nothing:
        raise NothingToSend(str(nothing)) from nothing
    return Prepared(envelope, await _in_thread(_signed, world, content, delivery, _domain(world, job)))


def render(world: World, delivery: DeliveryRow, job: Job) -> Prepared:
    """Compose the mail of a delivery. Pure: settings and what was recorded in, bytes out. Blocks where it is large.

    Raises LookupError where a file is looked into that was left in the raw mail.
    """
    envelope, content = draft(Desk(world.settings, world.links), delivery, job)
    return Prepared(envelope, _signed(world, content, delivery, _domain(world, job)))


def _in_thread(work: Callable[..., T], *arguments: object) -> "asyncio.Future[T]":
    return asyncio.get_running_loop().run_in_executor(_LARGE, work, *arguments)


def _domain(world: World, job: Job) -> str:
    return world.settings.place(job.inquiry.marketplace).reply_domain


def _own_links(world: World, job: Job) -> OwnLinks:
    links, reader = world.links, job.reader
    waiting = links.proof(job.message.id) if job.message else ""
    return OwnLinks(links.token(reader.id, reader.link), links.copies(reader.id), waiting)


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
    return Prepared(Envelope("", person.address), _written(world, letter, delivery, marketplace.reply_domain))


def _written(world: World, letter: Letter, delivery: DeliveryRow, domain: str) -> Content:
    return _signed(world, write_pieces(letter), delivery, domain)


def _signed(world: World, content: Content, delivery: DeliveryRow, domain: str) -> Content:
    """Sign, and put our own Received on top: of the way the writer's mail came nothing is told.

    The times are those of the delivery, so that every attempt has the same bytes.
    """
    seal = world.signer.fields(content, domain, delivery.created_at) if world.signer else b""
    top = received(world.settings.smtp.hostname, delivery.id, delivery.created_at) + seal
    return cut(top + content if isinstance(content, bytes) else content.after(top), LARGE)


async def _spam(world: World, delivery: DeliveryRow) -> Prepared:
    """The note to the operator that a seller calls a request no honest one."""

    def query(connection: Connection) -> InquiryRow:
        return inquiries.get(connection, events.get(connection, delivery.event or 0).inquiry)

    inquiry = await world.store.read(query)
    marketplace = world.settings.place(inquiry.marketplace)
    ids = Ids(message_id(delivery.token, marketplace.reply_domain))
    place = place_of(marketplace, world.settings.links.base_url)
    letter = spam_note(place, request_of(inquiry), Mailbox("", delivery.to), ids, inquiry.id, delivery.created_at)
    return Prepared(Envelope("", delivery.to), _written(world, letter, delivery, marketplace.reply_domain))

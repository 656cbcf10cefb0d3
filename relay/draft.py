"""Composes the mail of one delivery from what is recorded, unsigned: the same octets at every attempt."""

from dataclasses import replace
from datetime import datetime
from typing import get_args

from ..store.blobs import Kept
from ..store.values import DeliveryRow, ParticipantRow
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
    RefusalWord,
    Request,
    Said,
    To,
    ToldWord,
    WaitsWord,
)
from .compose.notices import delayed_notice, failed_notice, read_notice, refused_notice
from .compose.relayed import colleague_mail, copy_mail, relayed_mail
from .compose.request import confirmation_mail, request_mail
from .compose.sender_notices import asked_notice, joined_notice, prove_notice, told_notice
from .desk import Desk
from .job import WITHOUT_RETURN_PATH, Job, NothingToSend, person_of, place_of, request_of
from .mail import read
from .mail.addresses import clean_name
from .mail.envelope import Envelope
from .mail.masks import mask_address, message_id, return_path
from .mail.pieces import Content
from .mail.write import Letter, Mailbox, write_pieces
from .personal_links import link_address
from .prepare_deeds import deed_letter
from .said import hidden_of, masked, raw_bytes, said_of, told_of
from .settings import Marketplace, Settings

_PASSING = ("relayed", "colleague")  # the kinds of mail with another's files; all others only name them


def draft(desk: Desk, delivery: DeliveryRow, job: Job) -> tuple[Envelope, Content]:
    """Compose the mail of a delivery, unsigned. Pure, as `render`."""
    if isinstance(job.raw, Kept) and not job.leaves and looks_into(desk.settings, delivery, job):
        job = replace(job, raw=job.raw.bytes())
    marketplace = desk.settings.place(job.inquiry.marketplace)
    place = place_of(marketplace, desk.settings.links.base_url)
    mask = _mask(job, marketplace)
    copies = _copies(desk, place, job.reader) if delivery.kind == "copy" else ""
    to = To(person_of(job.reader), _link(desk, job.reader), mask, verbs_for(job), copies)
    own_id = message_id(delivery.token, marketplace.reply_domain)
    ids = Ids(own_id, job.chain[-1] if job.chain else "", job.chain)
    letter = _letter(desk, delivery, job, (place, request_of(job.inquiry), to, ids))
    if _asks_for_receipt(desk, delivery, job):
        letter = replace(letter, receipt_to=mask)
    notice = delivery.kind in WITHOUT_RETURN_PATH
    sender = "" if notice else return_path(delivery.token, marketplace.reply_domain)
    return Envelope(sender, job.reader.email), write_pieces(letter, own_zone=desk.settings.masking.date == "original")


def _asks_for_receipt(desk: Desk, delivery: DeliveryRow, job: Job) -> bool:
    """Whether the reader's mail program is asked to say that it showed the mail: to the mask, never to the writer."""
    asked = desk.settings.mail.ask_read_receipt or (job.message is not None and job.message.wants_receipt)
    return asked and delivery.kind in ("request", "relayed")


def looks_into(settings: Settings, delivery: DeliveryRow, job: Job) -> bool:
    """Whether the files of a mail are looked into, so that they cannot pass as they came."""
    sealed = job.message is not None and job.message.seal
    return delivery.kind not in _PASSING or bool(sealed) or settings.masking.documents


def _letter(desk: Desk, delivery: DeliveryRow, job: Job, head: tuple[Place, Request, To, Ids]) -> Letter:
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
            letter = failed_notice(*head, told_of(job), _failure(desk, delivery, job), at)
        case "delayed":
            letter = delayed_notice(*head, told_of(job), _delay(desk, job), at)
        case "read":
            letter = read_notice(*head, told_of(job), _reading(delivery, job), at)
        case "asked":
            letter = asked_notice(*head, _from_stranger(job), _asked(job, delivery.cause), at)
        case "joined":
            letter = joined_notice(*head, person_of(job.about or job.reader), _how(job), at)
        case "told":
            letter = _told(delivery, job, head)
        case "prove":
            letter = _prove(desk, delivery, job, head)
        case "refused":
            letter = refused_notice(*head, _refused(job, at), _refusal_word(delivery.cause), at)
        case _ if job.deeds is not None:
            letter = deed_letter(desk, delivery, job.deeds, job.reader, job.veil, head)
        case other:
            raise NothingToSend(f"there is no mail of the kind {other}")
    return letter


def _told(delivery: DeliveryRow, job: Job, head: tuple[Place, Request, To, Ids]) -> Letter:
    place, request, _, ids = head
    stranger = Mailbox(clean_name(job.reader.name), job.reader.email)
    word: ToldWord = next((one for one in get_args(ToldWord) if one == delivery.cause), "not_released")
    said = _from_stranger(job)
    return told_notice(place, request, stranger, job.reader.language, ids, said, word, delivery.created_at)


def _prove(desk: Desk, delivery: DeliveryRow, job: Job, head: tuple[Place, Request, To, Ids]) -> Letter:
    """The mail to an address typed on the page. It starts a thread of its own: its reader has none of the others."""
    place, request, _, ids = head
    said = _from_stranger(job)
    id = job.message.id if job.message else ""
    link = f"{place.base_url}/p/{id}/{desk.links.proof(id)}"
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


def _failure(desk: Desk, delivery: DeliveryRow, job: Job) -> Failure:
    tried = desk.settings.outbound.give_up if delivery.cause == "unreachable" else None
    return Failure(_failure_word(delivery.cause), person_of(job.about or job.reader), tried)


def _delay(desk: Desk, job: Job) -> Delay:
    outbound = desk.settings.outbound
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


def _link(desk: Desk, reader: ParticipantRow) -> str:
    return link_address(desk.settings.links.base_url, desk.links.token(reader.id, reader.link))


def _copies(desk: Desk, place: Place, reader: ParticipantRow) -> str:
    """Return where a writer switches the copies of his own messages off."""
    return f"{place.base_url}/n/{reader.id}/{desk.links.copies(reader.id)}"


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

"""The JSON faces of what is recorded: `inquiry show`, `queue list`, `held list`. For ops and the marketplace."""

from ..store.exchange import Exchange
from ..store.tables import Side
from ..store.values import AttachmentRow, DeliveryRow, EventRow, MessageRow, ParticipantRow
from .clock import iso
from .mail.masks import mask_address
from .settings import Settings
from .status import response_json, status

Json = dict[str, object]


def exchange_json(exchange: Exchange, settings: Settings) -> Json:
    """Return the whole inquiry, everything oldest first (CONTRACT: `inquiry show --json`)."""
    inquiry = exchange.inquiry
    domain = settings.place(inquiry.marketplace).reply_domain
    return {
        "id": inquiry.id,
        "reference": inquiry.reference,
        "marketplace": inquiry.marketplace,
        "subject": inquiry.subject,
        "state": inquiry.state,
        "created_at": iso(inquiry.created_at),
        "masks": {side: mask_address(side, token, domain) for side, token in exchange.masks.items()},
        "participants": [_person(person) for person in exchange.people if person.side != Side.OBSERVER],
        "observers": [_person(person) for person in exchange.people if person.side == Side.OBSERVER],
        "messages": [_message(exchange, message) for message in exchange.messages],
        "events": [_event(exchange, event) for event in exchange.events],
        "response": _response(exchange, settings),
    }


def _response(exchange: Exchange, settings: Settings) -> Json:
    """How long the company took to its first answer; while it has given none, no figure."""
    inquiry = exchange.inquiry
    hours = settings.place(inquiry.marketplace).hours
    sellers = {person.seq for person in exchange.people if person.side == Side.SELLER}
    stands = status(inquiry.created_at, exchange.events, sellers, hours, inquiry.created_at)
    return response_json(stands.response, hours)


def _person(person: ParticipantRow) -> Json:
    return {
        "email": person.email,
        "name": person.name,
        "side": person.side,
        "state": person.state,
        "joined_by": person.joined_by,
    }


def _message(exchange: Exchange, message: MessageRow) -> Json:
    parent = next((other.id for other in exchange.messages if other.seq == message.parent), None)
    return {
        "id": message.id,
        "mail": message.mail,
        "at": iso(message.at),
        "side": message.side,
        "from": {"email": message.from_email, "name": message.from_name},
        "state": message.state,
        "subject": message.subject,
        "text": message.text,
        "quoted": message.quoted,
        "signature": message.signature,
        "parent": parent,
        "language": message.language,
        "attachments": [_attachment(file) for file in exchange.files_of(message.seq)],
        "deliveries": [_delivery(delivery) for delivery in exchange.deliveries_of(message.seq)],
    }


def _attachment(file: AttachmentRow) -> Json:
    return {"id": file.id, "name": file.name, "type": file.type, "bytes": file.bytes, "kind": file.kind}


def _delivery(delivery: DeliveryRow) -> Json:
    return {
        "id": delivery.id,
        "kind": delivery.kind,
        "to": delivery.to,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "remote": delivery.remote,
    }


def _event(exchange: Exchange, event: EventRow) -> Json:
    actor = exchange.person(event.actor)
    about = next((message.id for message in exchange.messages if message.seq == event.message), None)
    return {
        "at": iso(event.at),
        "kind": event.kind,
        "actor": actor.email if actor else None,
        "about": about,
        "proof": event.proof,
    }


def queue_json(delivery: DeliveryRow) -> Json:
    """Return one line of `queue list`."""
    return {
        "id": delivery.id,
        "mail": delivery.mail,
        "kind": delivery.kind,
        "to": delivery.to,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "created_at": iso(delivery.created_at),
        "next_attempt_at": iso(delivery.next_attempt_at),
        "remote": delivery.remote,
    }


def held_json(message: MessageRow, inquiry: str) -> Json:
    """Return one line of `held list`."""
    return {
        "id": message.id,
        "mail": message.mail,
        "inquiry": inquiry,
        "at": iso(message.at),
        "side": message.side,
        "from": {"email": message.from_email, "name": message.from_name},
        "subject": message.subject,
        "bytes": message.size,
        "why": message.why_held,
        "state": message.state,
    }

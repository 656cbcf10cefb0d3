"""The exchange history for the page: messages with what became of them, and everything else, newest first."""

from ...store.exchange import Exchange
from ...store.values import DeliveryRow, EventRow, MessageRow, ParticipantRow
from ..clock import iso
from .feed import Json

# What an event says; those of a message stand in a row below it. Other kinds are shown by their own words.
_SAYINGS = {
    "inquiry.created": "Inquiry opened",
    "participant.joined": "{who} joined",
    "participant.left": "{who} left",
    "message.received": "by {channel}",
    "message.relayed": "relayed to {recipients}",
    "message.read": "read by {who}",
    "message.held": "held: the sender is not known here",
    "message.released": "released",
    "message.refused": "refused",
    "inquiry.closed": "Inquiry closed",
}


_SHOWN_AS_DELIVERIES = ("message.delivered", "message.failed")
_MARKS = {"sent": "✓", "failed": "✗", "dropped": "✗"}


class _Known(dict[str, object]):
    """Values for a saying; one that is not known is left out rather than raising."""

    def __missing__(self, key: str) -> str:
        return "…"


def entries(exchange: Exchange) -> list[Json]:
    """Return the history newest first: a message carries the events that are about it, oldest first."""
    scenes = [(event.at, 0, event.seq, _event(exchange, event)) for event in exchange.events if event.message is None]
    words = [(message.at, 1, message.seq, _message(exchange, message)) for message in exchange.messages]
    ordered = sorted([*scenes, *words], key=lambda item: item[:3], reverse=True)
    return [entry for *_, entry in ordered]


def _message(exchange: Exchange, message: MessageRow) -> Json:
    author = exchange.person(message.author)
    return {
        "type": "message",
        "id": message.id,
        "mail": message.mail,
        "at": iso(message.at),
        "side": message.side,
        "who": author.email if author else "",
        "name": _name(author) or message.from_name or message.from_email,
        "text": message.text,
        "state": message.state,
        "files": [
            {"name": file.name, "bytes": file.bytes} for file in exchange.files_of(message.seq) if not file.inline
        ],
        "facts": [*_facts(exchange, message), *map(_delivery, _deliveries(exchange, message))],
    }


def _facts(exchange: Exchange, message: MessageRow) -> list[Json]:
    """What happened to a message, without what its deliveries show better: there they stand before they are sent."""
    events = (event for event in exchange.events if event.message == message.seq)
    return [_event(exchange, event) for event in events if event.kind not in _SHOWN_AS_DELIVERIES]


def _deliveries(exchange: Exchange, message: MessageRow) -> list[tuple[DeliveryRow, str]]:
    return [(row, _name(exchange.person(row.recipient)) or row.to) for row in exchange.deliveries_of(message.seq)]


def _delivery(told: tuple[DeliveryRow, str]) -> Json:
    delivery, name = told
    return {
        "type": "delivery",
        "kind": f"delivery.{delivery.state}",
        "text": f"{_MARKS.get(delivery.state, '…')} {name}",
        "proof": f"{delivery.kind}, {delivery.state}: {delivery.remote}".strip(": "),
    }


def _event(exchange: Exchange, event: EventRow) -> Json:
    actor = exchange.person(event.actor)
    saying = _SAYINGS.get(event.kind, event.kind.replace(".", ": ").replace("_", " "))
    values = _Known({key: str(value) for key, value in event.proof.items()}, who=_name(actor) or "somebody")
    return {
        "type": "event",
        "id": str(event.seq),
        "at": iso(event.at),
        "kind": event.kind,
        "who": actor.email if actor else "",
        "text": saying.format_map(values),
        "proof": ", ".join(f"{key} {value}" for key, value in event.proof.items()),
    }


def _name(person: ParticipantRow | None) -> str:
    return person.name or person.email if person else ""

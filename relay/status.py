"""How an inquiry stands, from its events alone: contacted, sold, and how long the company took to answer. Pure.

It is what an observer may know (R38), so nothing here looks at words, documents, numbers or addresses: a kind of event,
whose side its actor is of, and when.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ..store.values import EventRow
from .actions.standing import standing
from .business_hours import DAYS, Hours, worked
from .clock import iso

_SOLD = ("quote.accepted", "order.paid")
RELAYED = "message.relayed"
STATUS_KINDS = ("phone.shown", "inquiry.declined", "inquiry.transferred", "action.undone", *_SOLD)

StoppedBy = Literal["message", "phone", "decline"]
Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Response:
    """The response clock (R32): it runs from the inquiry to the first answer, telephone call or decline."""

    since: datetime
    until: datetime  # now, while it runs
    stopped_by: StoppedBy | None  # None: it runs
    worked: timedelta  # of the office hours between the two

    @property
    def running(self) -> bool:
        """Nobody has answered yet."""
        return self.stopped_by is None


@dataclass(frozen=True, slots=True)
class Status:
    """What an observer may know. None: not yet."""

    contacted: datetime | None  # the first message to the buyer, or the first look at his telephone number
    sold: datetime | None  # a quote accepted, or an order paid
    response: Response


def status(
    created: datetime, happened: Sequence[EventRow], sellers: Collection[int], hours: Hours, now: datetime
) -> Status:
    """Read the events of an inquiry whose sellers are these participants.

    At least the first RELAYED of a seller, and all of STATUS_KINDS, those oldest first.
    """
    message = _first(happened, (RELAYED,), sellers)
    phone = _first(happened, ("phone.shown",), sellers)
    declined = standing(happened).declined
    stops: dict[StoppedBy, EventRow | None] = {"message": message, "phone": phone, "decline": declined}
    ends: list[tuple[datetime, StoppedBy]] = [(event.at, word) for word, event in stops.items() if event is not None]
    until, stopped_by = _earliest(ends, now)
    contacts = [event.at for event in (message, phone) if event is not None]
    sold = _first(happened, _SOLD)
    return Status(
        min(contacts, default=None),
        sold.at if sold else None,
        Response(created, until, stopped_by, worked(created, until, hours)),
    )


def _earliest(ends: Sequence[tuple[datetime, StoppedBy]], now: datetime) -> tuple[datetime, StoppedBy | None]:
    return min(ends, key=lambda end: end[0]) if ends else (now, None)


def _first(
    happened: Sequence[EventRow], kinds: Sequence[str], actors: Collection[int] | None = None
) -> EventRow | None:
    return next((one for one in happened if one.kind in kinds and (actors is None or one.actor in actors)), None)


def observed_json(id: str, reference: str, stands: Status, hours: Hours) -> Json:
    """Return what an observer is told, as JSON."""
    response = stands.response
    return {
        "id": id,
        "reference": reference,
        "contacted": _fact(stands.contacted),
        "sale": _fact(stands.sold),
        "response": {
            "running": response.running,
            "seconds": int(response.worked.total_seconds()),
            "since": iso(response.since),
            "until": None if response.running else iso(response.until),
            "counted": counted_json(hours),
        },
    }


def response_json(response: Response, hours: Hours) -> Json:
    """Return the response clock for the marketplace, with what stopped it."""
    return {
        "since": iso(response.since),
        "until": None if response.running else iso(response.until),
        "stopped_by": response.stopped_by,
        "seconds": None if response.running else int(response.worked.total_seconds()),
        "counted": counted_json(hours),
    }


def counted_json(hours: Hours) -> Json:
    """Return which hours are counted."""
    return {
        "days": [DAYS[day] for day in hours.days],
        "hours": [span.text for span in hours.spans],
        "zone": hours.zone,
        "holidays": sorted(day.isoformat() for day in hours.holidays),
    }


def _fact(at: datetime | None) -> Json:
    return {"done": at is not None, "at": iso(at) if at else None}

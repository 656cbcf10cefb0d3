"""Opens an inquiry: records it with its masks, people, links and first message, and notifies everybody."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from ...store import messages
from ...store.rows import add
from ...store.tables import Inquiry, Mask, Message, MessageState, Participant, Side
from ...store.values import ParticipantRow
from ..clock import new_id
from ..mail.addresses import parse_address
from ..mail.masks import mask_address, new_token
from ..order import Order, OrderError, Person
from ..record import Cause, add_event, join, queue_delivery
from ..settings import Marketplace
from ..world import World


@dataclass(frozen=True, slots=True)
class Created:
    """The answer of `inquiry create`: masks by side, base links by mail address."""

    id: str
    reference: str
    masks: dict[str, str]
    links: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Opened:
    people: tuple[ParticipantRow, ...]
    masks: dict[str, str]
    deliveries: int


async def create(world: World, order: Order, *, quiet: bool = False) -> Created:
    """Open the inquiry and return its masks and links. `quiet` sends no notifications. Raises OrderError."""
    try:
        place = world.settings.place(order.marketplace)
    except KeyError as error:
        raise OrderError(f"marketplace: there is no marketplace {order.marketplace!r} in the settings") from error
    now = world.clock()
    cause = Cause(new_id(now), now)
    inquiry_id = new_id(now)
    opened = await world.store.write(
        lambda connection: _open(connection, world, order, place, inquiry_id, cause, quiet),
        of=(),  # nobody else knows of it yet
    )
    world.journal.inquiry_created(
        id=cause.mail,
        inquiry=inquiry_id,
        marketplace=place.id,
        reference=order.reference,
        deliveries=opened.deliveries,
    )
    world.wake()
    return Created(
        inquiry_id,
        order.reference,
        {side: mask_address(side, token, place.reply_domain) for side, token in opened.masks.items()},
        {person.email: world.personal_link(person) for person in opened.people},
    )


def _open(
    connection: Connection, world: World, order: Order, place: Marketplace, id: str, cause: Cause, quiet: bool
) -> _Opened:
    inquiry = add(
        connection,
        Inquiry(
            id=id,
            marketplace=place.id,
            reference=order.reference,
            subject=order.subject,
            wishes=list(order.wishes),
            product_name=order.product.name,
            product_url=order.product.url,
            company_name=order.company.name,
            created_at=cause.at,
        ),
    )
    masks = {Side.BUYER.value: new_token(), Side.SELLER.value: new_token()}
    for side, token in masks.items():
        add(connection, Mask(token=token, inquiry=inquiry, side=side))
    add_event(connection, inquiry, cause.at, "inquiry.created", proof={"reference": order.reference})
    people = tuple(
        join(connection, world.links, _participant(person, side, how, inquiry, cause.at))
        for person, side, how in _everybody(order)
    )
    deliveries = _first_message(connection, order, inquiry, people, cause, quiet=quiet)
    return _Opened(people, masks, deliveries)


def _everybody(order: Order) -> tuple[tuple[Person, Side, str], ...]:
    return (
        (order.buyer, Side.BUYER, "inquiry"),
        *((person, Side.SELLER, "inquiry") for person in order.sellers),
        *((person, Side.SELLER, "cc") for person in order.cc),
        *((person, Side.OBSERVER, "inquiry") for person in order.observers),
    )


def _participant(person: Person, side: Side, how: str, inquiry: int, now: datetime) -> Participant:
    address = parse_address(person.email)
    if address is None:
        raise OrderError(f"{person.email} is not a mail address")
    return Participant(
        id=new_id(now),
        inquiry=inquiry,
        side=side,
        email=address.text,
        email_key=address.key,
        name=person.name,
        company=person.company,
        phone=person.phone,
        language=person.language,
        timezone=person.timezone,
        joined_by=how,
        joined_at=now,
    )


def _first_message(
    connection: Connection,
    order: Order,
    inquiry: int,
    people: tuple[ParticipantRow, ...],
    cause: Cause,
    *,
    quiet: bool,
) -> int:
    """Record the buyer's request as message one and queue it to both sides; returns the number of deliveries."""
    buyer = people[0]
    id = new_id(cause.at)
    add(
        connection,
        Message(
            id=id,
            mail=cause.mail,
            inquiry=inquiry,
            author=buyer.seq,
            side=Side.BUYER,
            channel="inquiry",
            state=MessageState.ACCEPTED,
            at=cause.at,
            dated=cause.at,
            from_email=buyer.email,
            from_name=buyer.name,
            subject=order.subject,
            dedupe=id,
            text=order.message,
            language=buyer.language,
        ),
    )
    message = messages.find(connection, id)
    if message is None or quiet:
        return 0
    kinds = {Side.BUYER: "confirmation", Side.SELLER: "request"}
    readers = [person for person in people if person.side in kinds]
    for person in readers:
        queue_delivery(connection, cause, kinds[Side(person.side)], person, message.seq)
    return len(readers)

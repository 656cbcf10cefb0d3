"""Long conversations, written straight into the store."""

from collections.abc import Callable
from datetime import datetime

from parley.store.rows import add
from parley.store.tables import Event, Message, MessageState
from sqlalchemy import Connection

from .gateway import SELLER

KINDS = ("message.received", "message.delivered", "message.read")
_TEXT = (
    "message number %d\n\nDear Anna,\n\nthank you for the offer.\n\n" + "Some more words about pumps and pipes. " * 20
)


def messages(count: int, at: datetime, first: int = 0) -> Callable[[Connection], None]:
    """Return a unit of work that adds messages in turn of both sides to the first inquiry, and their events.

    They are numbered from `first` on.
    """

    def unit(connection: Connection) -> None:
        for number in range(first, first + count):
            row = Message(
                id=f"message{number:09}",
                mail=f"mail{number:012}",
                inquiry=1,
                author=1 + number % 2,
                side=("buyer", "seller")[number % 2],
                channel="mail",
                state=MessageState.DELIVERED,
                at=at,
                dated=at,
                from_email=SELLER,
                subject="Re: Price for 12 pumps",
                dedupe=str(number),
                text=_TEXT % number,
                quoted="> Hello\n> we need pumps",
                signature="Anna Weber\nanna@werk.example",
            )
            seq = add(connection, row)
            for kind in KINDS:
                add(connection, Event(inquiry=1, at=at, kind=kind, actor=2 - number % 2, message=seq, proof={}))

    return unit

"""The whole of one inquiry as one value: what pages, `inquiry show` and exports are made from."""

from dataclasses import dataclass

from sqlalchemy import Connection

from . import events, inquiries, messages, outbox
from .values import AttachmentRow, DeliveryRow, EventRow, InquiryRow, MessageRow, ParticipantRow


@dataclass(frozen=True, slots=True)
class Exchange:
    """An inquiry with its people, messages, files, deliveries and events, each oldest first."""

    inquiry: InquiryRow
    masks: dict[str, str]  # side → token
    people: tuple[ParticipantRow, ...]
    messages: tuple[MessageRow, ...]
    attachments: tuple[AttachmentRow, ...]
    deliveries: tuple[DeliveryRow, ...]
    events: tuple[EventRow, ...]

    def person(self, seq: int | None) -> ParticipantRow | None:
        """Return a participant by sequence number."""
        return next((person for person in self.people if person.seq == seq), None)

    def files_of(self, message: int) -> tuple[AttachmentRow, ...]:
        """Return the attachments of a message."""
        return tuple(file for file in self.attachments if file.message == message)

    def deliveries_of(self, message: int) -> tuple[DeliveryRow, ...]:
        """Return the deliveries of a message."""
        return tuple(delivery for delivery in self.deliveries if delivery.message == message)


def load(connection: Connection, inquiry: int) -> Exchange:
    """Read everything of an inquiry. Raises LookupError when there is none."""
    rows = messages.of_inquiry(connection, inquiry)
    return Exchange(
        inquiries.get(connection, inquiry),
        inquiries.masks_of(connection, inquiry),
        inquiries.participants(connection, inquiry),
        rows,
        messages.attachments(connection, [row.seq for row in rows]),
        outbox.of_inquiry(connection, inquiry),
        events.of_inquiry(connection, inquiry),
    )

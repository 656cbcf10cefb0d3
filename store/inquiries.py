"""Inquiries, their masks, participants and personal links."""

from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import BindParameter, Connection, Executable, bindparam, select, update

from .statements import Query
from .tables import Inquiry, Link, Mask, Participant, ParticipantState, table
from .values import InquiryRow, ParticipantRow, columns, fetch, fetch_one, project

_inquiry, _mask, _participant, _link = table(Inquiry), table(Mask), table(Participant), table(Link)


@dataclass(frozen=True, slots=True)
class MaskRow:
    """What a mask's token leads to."""

    token: str
    inquiry: int
    side: str


@dataclass(frozen=True, slots=True)
class MaskFound:
    """A mask with what RCPT needs to know of its inquiry."""

    inquiry: int
    side: str
    marketplace: str
    state: str


_FIND_MASK = Query(
    select(_mask.c.inquiry, _mask.c.side, _inquiry.c.marketplace, _inquiry.c.state)
    .join(_inquiry, _inquiry.c.seq == _mask.c.inquiry)
    .where(_mask.c.token == bindparam("token")),
    MaskFound,
)


def find_mask(connection: Connection, token: str) -> MaskFound | None:
    """Look a token up by its primary key. The domain must still be compared with the marketplace's."""
    return _FIND_MASK.first(connection, token=token)


_MASKS_OF = Query(project(Mask, MaskRow, _mask.c.inquiry == bindparam("inquiry")), MaskRow)


def masks_of(connection: Connection, inquiry: int) -> dict[str, str]:
    """Return side → token."""
    return {mask.side: mask.token for mask in _MASKS_OF.all(connection, inquiry=inquiry)}


_GET = Query(project(Inquiry, InquiryRow, _inquiry.c.seq == bindparam("seq")), InquiryRow)


def get(connection: Connection, seq: int) -> InquiryRow:
    """Return an inquiry that is known to exist. Raises LookupError."""
    row = _GET.first(connection, seq=seq)
    if row is None:
        raise LookupError(f"inquiry {seq}")
    return row


@dataclass(frozen=True, slots=True)
class Parties:
    """An inquiry with its masks and everybody who is or was part of it, in the order of joining."""

    inquiry: InquiryRow
    masks: dict[str, str]  # side → token
    people: tuple[ParticipantRow, ...]

    def person(self, seq: int) -> ParticipantRow:
        """Return one of the people. Raises LookupError."""
        found = next((one for one in self.people if one.seq == seq), None)
        if found is None:
            raise LookupError(f"participant {seq} of inquiry {self.inquiry.seq}")
        return found


_SIDES = ("buyer", "seller")


def _parties() -> Executable:
    inquiry: BindParameter[int] = bindparam("inquiry")
    masks = [
        select(_mask.c.token).where(_mask.c.inquiry == inquiry, _mask.c.side == side).scalar_subquery()
        for side in _SIDES
    ]
    statement = select(*columns(Inquiry, InquiryRow), *masks, *columns(Participant, ParticipantRow))
    joined = statement.join(_participant, _participant.c.inquiry == _inquiry.c.seq)
    return joined.where(_inquiry.c.seq == inquiry).order_by(_participant.c.seq)


_PARTIES = Query(_parties(), lambda *row: row)
_WIDTH = len(fields(InquiryRow))


def parties(connection: Connection, seq: int) -> Parties:
    """Return an inquiry that is known to exist with all who belong to it. Raises LookupError."""
    rows = _PARTIES.all(connection, inquiry=seq)
    if not rows:
        raise LookupError(f"inquiry {seq}")
    end = _WIDTH + len(_SIDES)
    masks = {side: token for side, token in zip(_SIDES, rows[0][_WIDTH:end], strict=True) if token is not None}
    people = tuple([ParticipantRow(*row[end:]) for row in rows])
    return Parties(InquiryRow(*rows[0][:_WIDTH]), masks, people)


def find(connection: Connection, name: str) -> InquiryRow | None:
    """Find an inquiry by its id, or by its reference (the newest where several have it)."""
    by_id = fetch_one(connection, project(Inquiry, InquiryRow, _inquiry.c.id == name), InquiryRow)
    if by_id is not None:
        return by_id
    found = fetch(connection, project(Inquiry, InquiryRow, _inquiry.c.reference == name), InquiryRow)
    return max(found, key=lambda inquiry: inquiry.seq, default=None)


def newest(connection: Connection, limit: int, *, state: str | None = None) -> list[InquiryRow]:
    """Return up to `limit` inquiries, newest first."""
    statement = select(*columns(Inquiry, InquiryRow)).order_by(_inquiry.c.seq.desc()).limit(limit)
    if state is not None:
        statement = statement.where(_inquiry.c.state == state)
    return list(fetch(connection, statement, InquiryRow))


def close(connection: Connection, seq: int, at: datetime) -> bool:
    """Close an open inquiry; False when it was closed before."""
    statement = update(_inquiry).where(_inquiry.c.seq == seq, _inquiry.c.state == "open")
    return connection.execute(statement.values(state="closed", closed_at=at)).rowcount == 1


def reopen(connection: Connection, seq: int) -> bool:
    """Open a closed inquiry again; False when it was open."""
    statement = update(_inquiry).where(_inquiry.c.seq == seq, _inquiry.c.state == "closed")
    return connection.execute(statement.values(state="open", closed_at=None)).rowcount == 1


_PARTICIPANTS = Query(
    project(Participant, ParticipantRow, _participant.c.inquiry == bindparam("inquiry")), ParticipantRow
)


def participants(connection: Connection, inquiry: int) -> tuple[ParticipantRow, ...]:
    """Return everybody who is or was part of an inquiry, in the order of joining."""
    return tuple(_PARTICIPANTS.all(connection, inquiry=inquiry))


_PARTICIPANT = Query(project(Participant, ParticipantRow, _participant.c.seq == bindparam("seq")), ParticipantRow)


def participant(connection: Connection, seq: int) -> ParticipantRow:
    """Return a participant that is known to exist. Raises LookupError."""
    row = _PARTICIPANT.first(connection, seq=seq)
    if row is None:
        raise LookupError(f"participant {seq}")
    return row


_INQUIRY_OF = Query(select(_participant.c.inquiry).where(_participant.c.seq == bindparam("seq")), int)


def inquiry_of(connection: Connection, participant: int) -> int | None:
    """Return the inquiry that a participant belongs to, None where there is no such participant."""
    return _INQUIRY_OF.first(connection, seq=participant)


def set_participant_state(connection: Connection, seq: int, state: ParticipantState) -> None:
    """Move a participant to another state."""
    connection.execute(update(_participant).where(_participant.c.seq == seq).values(state=state))


def set_copies(connection: Connection, seq: int, wanted: bool) -> None:
    """Say whether a participant gets copies of what he writes."""
    connection.execute(update(_participant).where(_participant.c.seq == seq).values(copies=wanted))


def by_id(connection: Connection, id: str) -> ParticipantRow | None:
    """Find a participant by his id."""
    return fetch_one(connection, project(Participant, ParticipantRow, _participant.c.id == id), ParticipantRow)


_FIND_LINK = Query(
    select(*columns(Participant, ParticipantRow))
    .join(_link, _link.c.participant == _participant.c.seq)
    .where(_link.c.token_hash == bindparam("digest"), _link.c.revoked_at.is_(None)),
    ParticipantRow,
)


def find_link(connection: Connection, token_hash: str) -> ParticipantRow | None:
    """Return whom a link that is not revoked belongs to."""
    return _FIND_LINK.first(connection, digest=token_hash)

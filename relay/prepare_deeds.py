"""Mails about something that was done: the event and what belongs to it, as their reader may see it."""

from dataclasses import replace
from datetime import timedelta

from ..store.tables import ParticipantState
from ..store.values import DeliveryRow, MessageRow, ParticipantRow
from .actions.standing import CAN_BE_UNDONE
from .compose.deed_words import Doing
from .compose.deeds import (
    Entry,
    declined_mail,
    done_notice,
    handed_mail,
    help_mail,
    history_mail,
    news_notice,
    phone_mail,
)
from .compose.letters import Ids, Person, Place, Request, To
from .compose.masking import mask_file
from .deeds import Deeds, within
from .desk import Desk
from .job import person_of
from .mail import read
from .mail.write import File, Letter
from .veil import Veil


def deed_letter(
    desk: Desk,
    delivery: DeliveryRow,
    deeds: Deeds,
    reader: ParticipantRow,
    veil: Veil,
    head: tuple[Place, Request, To, Ids],
) -> Letter:
    """Compose the mail of one deed for one reader. Pure."""
    at = delivery.created_at
    match delivery.kind:
        case "done":
            return done_notice(*head, _doing(desk, deeds, reader, veil), at)
        case "news":
            return news_notice(*head, _doing(desk, deeds, reader, veil), at)
        case "declined":
            return declined_mail(*head, _doing(desk, deeds, reader, veil), at)
        case "handed":
            doing = _doing(desk, deeds, reader, veil)
            return handed_mail(*head, doing, _entries(deeds, reader, veil), _files(deeds, reader, veil), at)
        case "history":
            return history_mail(*head, _entries(deeds, reader, veil), _files(deeds, reader, veil), at)
        case "phone":
            numbers = _numbers(deeds, reader) if desk.settings.actions.phone_by_mail else ()
            return phone_mail(*head, numbers, at)
        case _:
            proof = {key: str(value) for key, value in deeds.event.proof.items()}
            return help_mail(*head, proof.get("action", ""), delivery.cause, proof, at)


def _doing(desk: Desk, deeds: Deeds, reader: ParticipantRow, veil: Veil) -> Doing:
    event, proof = deeds.event, deeds.event.proof
    actor = deeds.person(event.actor) or reader
    own = actor.side == reader.side
    words = str(proof.get("text") or proof.get("note") or "")
    until = event.at + desk.settings.actions.undo if event.kind in CAN_BE_UNDONE else None
    active = [one for one in deeds.people if one.state == ParticipantState.ACTIVE and one.side != reader.side]
    return Doing(
        event.kind,
        person_of(actor),
        own,
        str(proof.get("of", "")),
        str(proof.get("reason", "")),
        words if own else replace(veil, names=replace(veil.names, writer=actor.email)).said(words),
        str(proof.get("email", "")) if own else "",
        until if until is not None and until - event.at > timedelta(0) else None,
        tuple(person_of(one) for one in active),
    )


def _numbers(deeds: Deeds, reader: ParticipantRow) -> tuple[tuple[Person, str], ...]:
    others = (one for one in deeds.people if one.side != reader.side and one.state == ParticipantState.ACTIVE)
    return tuple((person_of(one), one.phone) for one in others if one.phone.strip())


def _entries(deeds: Deeds, reader: ParticipantRow, veil: Veil) -> tuple[Entry, ...]:
    return tuple(_entry(deeds, message, reader, veil) for message in deeds.messages)


def _entry(deeds: Deeds, message: MessageRow, reader: ParticipantRow, veil: Veil) -> Entry:
    row = deeds.person(message.author)
    side = "buyer" if message.side == "buyer" else "seller"
    writer = person_of(row) if row else Person(message.from_name, message.from_email, "", side, "")
    own = message.side == reader.side
    files = [file.name for file in deeds.files if file.message == message.seq]
    if own:
        return Entry(writer, message.dated, message.text, tuple(files))
    own_veil = veil.over(message)
    return Entry(writer, message.dated, own_veil.said(message.text), tuple(map(own_veil.file_name, files)))


def _files(deeds: Deeds, reader: ParticipantRow, veil: Veil) -> tuple[File, ...]:
    """Return the documents that go along, those of the other side cleaned."""
    leaves = {leaf.hash: leaf.data for raw in deeds.raws for leaf in read(raw).files}
    sides = {message.seq: message.side for message in deeds.messages}
    found: list[File] = []
    for row in within(deeds.files):
        if row.hash not in leaves:
            continue
        file = File(row.name, row.type, leaves[row.hash])
        shown = file if sides[row.message] == reader.side else mask_file(file, veil.names)[0]
        found += [shown] if shown else []
    return tuple(found)

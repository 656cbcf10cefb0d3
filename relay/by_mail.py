"""A mail to an action address: proved like any mail, done once, confirmed to its writer; relayed to nobody."""

import asyncio
from collections.abc import Mapping

from sqlalchemy import Connection

from ..store import blobs, inquiries
from .actions.act import By, act
from .actions.asked import Asking, wish_of
from .actions.deed import CannotAct
from .actions.document import NoDocument, may_send
from .compose.i18n import words_for
from .errors import ONLY_BY_SOMEBODY_KNOWN, Reply, kept
from .identify import Decision, Known, Refusal
from .joining import copied
from .mail import read
from .mail.document import is_document
from .mail.write import File
from .mail_rows import Placed
from .receipts import record_receipt
from .record import Cause, Notice, add_event, queue_delivery
from .recording import record_message, record_noted, store_raw
from .world import World

_HELP_FOR_MAIL = "action.not_understood"  # the event that keeps a mail which made no sense


async def act_by_mail(world: World, placed: Placed, decision: Decision, verb: str, detail: str) -> Reply:
    """Do what a mail to `verb-<token>@` asks for. Only people who take part may; nobody joins by it."""
    if isinstance(decision, Refusal):
        return decision.reply
    if placed.understood.kind.name == "receipt":
        return await record_receipt(world, placed, decision)
    if placed.understood.kind.name != "human":
        return await record_noted(world, placed, decision)
    if not isinstance(decision, Known):
        return ONLY_BY_SOMEBODY_KNOWN
    if verb == "document":
        return await _document(world, placed, decision)
    wish = wish_of(await _asking(world, placed, decision.participant, verb, detail))
    if wish is None:
        return await _help(world, placed, decision.participant, verb, "unclear")
    raw = await store_raw(world, placed.arrival)
    try:
        await act(world, By(decision.participant, "mail", placed.arrival.id, raw), wish)
    except CannotAct as reason:
        return await _help(world, placed, decision.participant, verb, reason.word)
    return kept(placed.arrival.id)


async def _document(world: World, placed: Placed, writer: Known) -> Reply:
    """Send the documents of a mail, its words with them; where one may not be sent, its writer is told why."""
    mail = placed.understood.mail
    if any(leaf.content is None for leaf in mail.files):
        mail = await asyncio.to_thread(lambda: read(placed.arrival.data))
    leaves = [leaf for leaf in mail.files if is_document(leaf.type, leaf.inline)]
    try:
        await may_send(world, [File(leaf.name, leaf.type, leaf.data) for leaf in leaves])
    except NoDocument as reason:
        return await _help(world, placed, writer.participant, "document", reason.word, reason.about)
    return await record_message(world, placed, writer)


async def _asking(world: World, placed: Placed, participant: int, verb: str, detail: str) -> Asking:
    person = await world.store.read(lambda connection: inquiries.participant(connection, participant))
    language = world.settings.place(placed.inquiry.marketplace).language
    domains = {place.reply_domain for place in world.settings.marketplace}
    others = tuple(
        address
        for address in copied(placed.understood)
        if address.domain not in domains and address.key != person.email_key
    )
    return Asking(verb, detail, placed.understood.split.text, others, words_for(person.language, language))


async def _help(
    world: World, placed: Placed, participant: int, verb: str, why: str, about: Mapping[str, str] | None = None
) -> Reply:
    """Keep the mail, and tell its writer why nothing was done and how it is done."""
    raw = await store_raw(world, placed.arrival)
    cause = Cause(placed.arrival.id, placed.arrival.at)

    def unit(connection: Connection) -> None:
        blobs.record(connection, [raw])
        person = inquiries.participant(connection, participant)
        proof = {"action": verb, "why": why, **(about or {})}
        event = add_event(connection, person.inquiry, cause.at, _HELP_FOR_MAIL, participant, proof=proof, raw=raw.hash)
        queue_delivery(connection, cause, "help", person, None, Notice(why, event=event))

    await world.store.write(unit, of=[placed.inquiry.seq])
    world.journal.cannot_act(id=placed.arrival.id, inquiry=placed.inquiry.id, action=verb, why=why)
    return kept(placed.arrival.id)

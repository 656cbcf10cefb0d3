"""Mails about what somebody did: done, told to the others, declined, handed over, the number, the history, help.

Each is a lead, a few sentences, and what belongs to it; one template (`deed`) lays out all of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from markupsafe import Markup

from ..mail.html import from_text
from ..mail.masks import action_address
from ..mail.names import visible
from ..mail.write import File, Letter, Mailbox
from .deed_words import Doing, done_lead, help_lines, news_lead
from .frame import Fact, Head, Scene, from_mask, from_place, scene_for, write_up
from .i18n import Words
from .letters import Ids, Person, Place, Request, To
from .reasons import kindly, reason_lines
from .spoken import MOST_HTML, listed

_FRAME = 1500  # octets of HTML around one entry
_MOST_WORDS = 10_000  # characters of one message in a history; the rest is on the page


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of a history, as its reader may see it."""

    writer: Person
    at: datetime
    text: str
    files: tuple[str, ...]  # their names


@dataclass(frozen=True, slots=True)
class Line:
    """An entry in the reader's words, for the template."""

    who: str
    moment: str
    text: str
    html: Markup
    files: str


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose by a mail without words to an address of its own."""

    label: str
    address: str
    link: str


@dataclass(frozen=True, slots=True)
class Told:
    """What one mail says, in the order it says it."""

    lead: str
    lines: tuple[str, ...] = ()
    quoted: str = ""  # a person's own words
    facts: tuple[Fact, ...] = ()
    choices: tuple[Choice, ...] = ()
    after: str = ""
    undo: str = ""  # until when it can be taken back
    undo_address: str = ""  # where a mail without words takes it back
    entries: tuple[Entry, ...] = ()
    files: tuple[File, ...] = ()


def done_notice(place: Place, request: Request, to: To, ids: Ids, doing: Doing, at: datetime) -> Letter:
    """To who did it: that it is done, and until when it can be taken back."""
    scene = scene_for(place, request, to)
    lead = done_lead(scene, doing)
    undo = address = ""
    if doing.until is not None:
        # Who has handed over takes no part by mail any more: he takes it back on the page.
        address = action_address("undo", to.mask) if doing.kind == "inquiry.declined" else ""
        undo = scene.words.gettext(
            "You can take it back until %(moment)s, in the conversation:", moment=scene.words.moment(doing.until)
        )
    return _deed(scene, ids, at, from_place(place), Told(lead, undo=undo, undo_address=address))


def news_notice(place: Place, request: Request, to: To, ids: Ids, doing: Doing, at: datetime) -> Letter:
    """To the others whom it concerns: who did what. To the other side it comes from the mask, so a reply goes there."""
    scene = scene_for(place, request, to)
    sender = from_place(place) if doing.own_side else from_mask(scene, scene.naming.called(doing.actor))
    return _deed(scene, ids, at, sender, Told(news_lead(scene, doing)))


def declined_mail(place: Place, request: Request, to: To, ids: Ids, doing: Doing, at: datetime) -> Letter:
    """To the buyer, kindly: no offer will come, why, and that he may still answer (R31)."""
    scene = scene_for(place, request, to)
    say, company = scene.words.gettext, scene.naming.called(doing.actor)
    lead = say("Thank you for your request. %(company)s cannot make you an offer this time.", company=company)
    lines = (kindly(scene.words, doing.reason, scene.naming.company() or company),)
    after = say("You can still answer this mail if something can be changed.")
    sender = from_mask(scene, company)
    return _deed(scene, ids, at, sender, Told(lead, lines, doing.text, after=after))


def handed_mail(
    place: Place,
    request: Request,
    to: To,
    ids: Ids,
    doing: Doing,
    entries: tuple[Entry, ...],
    files: tuple[File, ...],
    at: datetime,
) -> Letter:
    """To the successor: the whole inquiry, from the mask of the other side, so that he just replies (R29)."""
    scene = scene_for(place, request, to)
    say = scene.words.gettext
    name = visible(doing.actor.name) or doing.actor.address
    lead = say("%(name)s has handed this request over to you.", name=name)
    lines = (say("You answer for your side from now on: just reply to this mail."),)
    sender = from_mask(scene, scene.naming.all_called(doing.others))
    return _deed(scene, ids, at, sender, Told(lead, lines, doing.text, entries=entries, files=files))


def history_mail(
    place: Place, request: Request, to: To, ids: Ids, entries: tuple[Entry, ...], files: tuple[File, ...], at: datetime
) -> Letter:
    """To who asked for it: everything that was said, oldest first, with the documents."""
    scene = scene_for(place, request, to)
    lead = scene.words.gettext("Everything that was said in this conversation, oldest first.")
    return _deed(scene, ids, at, from_place(place), Told(lead, entries=entries, files=files))


def phone_mail(
    place: Place, request: Request, to: To, ids: Ids, numbers: tuple[tuple[Person, str], ...], at: datetime
) -> Letter:
    """To who asked for it: the number; without numbers, where it is shown."""
    scene = scene_for(place, request, to)
    say = scene.words.gettext
    facts = tuple(Fact(scene.naming.called(person), visible(number)) for person, number in numbers)
    if facts:
        lead = say("Here is the telephone number you asked for. The history says that you have seen it.")
    else:
        lead = say("The telephone number you asked for is shown in the conversation.")
    return _deed(scene, ids, at, from_place(place), Told(lead, facts=facts))


def help_mail(
    place: Place, request: Request, to: To, ids: Ids, verb: str, why: str, about: Mapping[str, str], at: datetime
) -> Letter:
    """To the writer of a mail to an action address that could not be followed: why, and how it is done.

    `about`: what the reason names, as a CannotAct has it.
    """
    scene = scene_for(place, request, to)
    lead, lines = help_lines(scene.words, verb, why, about)
    choices = _reasons(scene.words, to.mask) if verb == "decline" and why in ("unclear", "reason_missing") else ()
    return _deed(scene, ids, at, from_place(place), Told(lead, lines, choices=choices))


def spam_note(place: Place, request: Request, operator: Mailbox, ids: Ids, inquiry: str, at: datetime) -> Letter:
    """To the operator: a seller says that a request is not an honest one."""
    reader = Person("", operator.address, place.language, "seller", "")
    scene = scene_for(place, request, To(reader, "", ""))
    say = scene.words.gettext
    lead = say("A seller declined request %(reference)s as not honest.", reference=visible(request.reference))
    lines = (say("Its id in the log is %(id)s. The buyer was told nothing.", id=inquiry),)
    return _deed(scene, ids, at, from_place(place), Told(lead, lines))


def _reasons(words: Words, mask: str) -> tuple[Choice, ...]:
    """The reasons, each with the address at which a mail without words declines for it."""
    lines = enumerate(reason_lines(words), 1)
    return tuple(
        Choice(f"{number}. {label}", address, f"mailto:{address}?subject={quote(label)}")
        for number, (reason, label) in lines
        if (address := action_address("decline", mask, reason)) and reason != "other"
    )


def _deed(scene: Scene, ids: Ids, at: datetime, sender: Mailbox, told: Told) -> Letter:
    text = visible_lines(told.quoted)
    entries = [_line(scene, entry) for entry in told.entries]
    shown = _newest(entries)
    return write_up(
        scene,
        Head(ids, at, scene.request.subject, "auto-generated"),
        sender,
        "deed",
        preview=told.lead,
        files=told.files,
        told=told,
        lines=[line for line in told.lines if line],
        said=text,
        said_html=Markup(from_text(text)),  # noqa: S704 (escaped by from_text)
        facts=told.facts,
        choices=told.choices,
        entries=entries,
        shown=shown,
        earlier=len(entries) - len(shown),
        automatic=sender.address != scene.to.mask,
        conversation=bool(scene.to.link),
    )


def _newest(entries: list[Line]) -> list[Line]:
    """The last entries, as many as may stand in the HTML of one mail; the text has all of them."""
    left = MOST_HTML
    for number, entry in enumerate(reversed(entries)):
        left -= len(entry.html.encode("utf-8", "replace")) + _FRAME
        if left < 0:
            return entries[len(entries) - number :]
    return entries


def _line(scene: Scene, entry: Entry) -> Line:
    own = entry.writer.side == scene.to.reader.side
    who = (visible(entry.writer.name) or entry.writer.address) if own else scene.naming.called(entry.writer)
    text = visible_lines(entry.text[:_MOST_WORDS])
    if len(entry.text) > _MOST_WORDS:
        text += " …"
    files = listed(scene.words, [visible(name) or scene.words.gettext("a file") for name in entry.files])
    return Line(who, scene.words.moment(entry.at), text, Markup(from_text(text)), files)  # noqa: S704 (escaped)


def visible_lines(text: str) -> str:
    """Return a text of several lines without what cannot be seen."""
    return "\n".join(map(visible, text.splitlines())).strip()

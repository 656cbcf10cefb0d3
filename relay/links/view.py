"""What the page shows, as values for the templates: made from what is recorded, for one reader. Pure."""

from dataclasses import dataclass

from markupsafe import Markup

from ...store.links import Cut, Pane
from ...store.values import AttachmentRow, InquiryRow, MessageRow, ParticipantRow
from ...threading.subjects import base_subject
from ..clock import iso
from ..compose.frame import wish
from ..compose.i18n import Words
from ..mail.html import from_text
from ..mail.names import visible
from ..settings import Marketplace
from ..veil import OPEN, Seen, Veil
from .colleagues import OwnSide, own_side
from .history import HistoryLine, history
from .people import People, PersonView, initials
from .states import StateLine, state_lines
from .waiting import HeldView, Waiting, held_views

LONG = 20_000  # characters of one text on the page; the rest is one click away
_SUBJECT = 300
_SHOWN = ("application/pdf", "image/png", "image/jpeg")
_SHOWN_ENDINGS = ("pdf", "png", "jpg", "jpeg")
_PICTURES, _PICTURE_ENDINGS = ("image/png", "image/jpeg"), ("png", "jpg", "jpeg")
_MOST_PICTURE = 5_000_000  # bytes of one that is shown small
_WEB = ("https://", "http://")
_LINE_HEIGHT, _MARGINS, _MOST_HEIGHT = 26, 40, 640  # of the frame with a mail's own HTML, in pixels
_WITH_PICTURES = 320  # pixels at least
_LINE_LENGTH = 80


@dataclass(frozen=True, slots=True)
class FileView:
    """One document. That it is what its name says is seen when it is asked for, not before."""

    id: str
    name: str
    size: str
    ending: str  # up to four letters that say what it is
    shown: bool  # it may be one that a browser can show
    picture: bool  # it may be one to be shown small beside its name


@dataclass(frozen=True, slots=True)
class Fold:
    """What came along with a message, folded away."""

    label: str
    body: Markup
    files: tuple[FileView, ...] = ()


@dataclass(frozen=True, slots=True)
class MessageView:
    """One message."""

    id: str
    anchor: str
    writer: PersonView
    at: str
    moment: str
    subject: str  # "" where it is the inquiry's
    body: Markup
    cut: bool  # there is more text than the page shows
    frame: int  # height of the frame for the writer's own HTML, 0 where there is none
    rich: bool  # the HTML holds what text cannot: show it first
    folds: tuple[Fold, ...]
    files: tuple[FileView, ...]
    states: tuple[StateLine, ...]
    raw: bool  # there is a mail that the reader may have: as it was sent, or as he got it
    first: bool  # the request itself
    unread: bool  # written by the other side, and not yet seen by the reader, as far as we know


@dataclass(frozen=True, slots=True)
class Topic:
    """What an inquiry is about, as its pages are headed."""

    reference: str
    title: str
    subject: str  # "" where it says the same as the title


@dataclass(frozen=True, slots=True)
class RequestView:
    """The request itself."""

    topic: Topic
    url: str
    company: str  # that was asked
    wishes: str
    message: Markup
    writer: PersonView
    at: str
    moment: str
    closed: bool
    counterpart: str
    initials: str  # of the counterpart
    language: str  # that the counterpart writes in, "" where it is the reader's own


@dataclass(frozen=True, slots=True)
class PageView:
    """The whole page of a party."""

    place: Marketplace
    request: RequestView
    held: tuple[HeldView, ...]  # what waits for the reader's yes
    side: OwnSide
    messages: tuple[MessageView, ...]
    oldest_first: bool
    further: str  # what asks for the next page, "" where there is none
    history: tuple[HistoryLine, ...]
    anchors: dict[int, str]  # of the messages shown, by sequence number
    more_history: bool
    version: int

    @property
    def unread(self) -> str:
        """The messages that a form on this page shows to be read: their ids, a blank between them."""
        return " ".join(message.id for message in self.messages if message.unread)


def page_view(
    pane: Pane,
    waiting: Waiting,
    veil: Veil,
    reader: ParticipantRow,
    place: Marketplace,
    words: Words,
    cut: Cut,
) -> PageView:
    """Return what `reader`, a buyer or seller, sees of a pane and of what waits for his yes."""
    people = People(pane.people, reader, pane.inquiry, place, words)
    messages = tuple(_message(pane, index, veil, people, words) for index in range(len(pane.messages)))
    return PageView(
        place=place,
        request=_request(pane, veil, people, words),
        held=held_views(waiting, words),
        side=own_side(pane.people, people, words),
        messages=messages,
        oldest_first=cut.oldest_first,
        further=_further(pane, cut),
        history=history(pane.events, pane.sides, people, words),
        anchors={row.seq: view.anchor for row, view in zip(pane.messages, messages, strict=True)},
        more_history=len(pane.events) == cut.most_events,
        version=pane.version,
    )


def _further(pane: Pane, cut: Cut) -> str:
    if not pane.more:
        return ""
    return f"{'order=oldest&after' if cut.oldest_first else 'before'}={pane.messages[-1].id}"


def topic_of(inquiry: InquiryRow) -> Topic:
    """Return what an inquiry is about."""
    subject, product = visible(inquiry.subject[:_SUBJECT]), visible(inquiry.product_name)
    return Topic(visible(inquiry.reference), product or subject, subject if product and subject != product else "")


def _request(pane: Pane, veil: Veil, people: People, words: Words) -> RequestView:
    inquiry, first, counterpart = pane.inquiry, pane.request, people.counterpart()
    return RequestView(
        topic=topic_of(inquiry),
        url=inquiry.product_url if inquiry.product_url.startswith(_WEB) else "",
        company=visible(inquiry.company_name),
        wishes=words.listed([wish(words, one) for one in inquiry.wishes]),
        message=Markup(from_text(_seen(first, veil, people).said(first.text[:LONG]))),  # noqa: S704 (escaped by from_text)
        writer=_writer(first, people),
        at=iso(first.dated),
        moment=words.moment(first.dated),
        closed=inquiry.state != "open",
        counterpart=counterpart,
        initials=initials(counterpart),
        language=people.language(),
    )


def _message(pane: Pane, index: int, veil: Veil, people: People, words: Words) -> MessageView:
    message = pane.messages[index]
    own = message.side == people.reader.side
    seen = _seen(message, veil, people)
    files = [file for file in pane.attachments if file.message == message.seq]
    deliveries = [delivery for delivery in pane.deliveries if delivery.message == message.seq]
    reads = [event for event in pane.reads if event.message == message.seq]
    return MessageView(
        id=message.id,
        anchor=f"m-{message.id}",
        writer=_writer(message, people),
        at=iso(message.dated),
        moment=words.moment(message.dated),
        subject=_subject(pane, index, seen),
        body=Markup(from_text(seen.said(message.text[:LONG]))),  # noqa: S704 (escaped by from_text)
        cut=len(message.text) > LONG,
        frame=_frame_height(message),
        rich="<table" in message.html or "cid:" in message.html,
        folds=_folds(message, files, seen, words),
        files=tuple(_file(file, seen, words) for file in files if file.kind != "earlier"),
        states=state_lines(message, deliveries, reads, people, words) if own else (),
        raw=not own or message.raw is not None,
        first=message.seq == pane.request.seq,
        unread=not own and all(event.actor != people.reader.seq for event in reads),
    )


def _subject(pane: Pane, index: int, seen: Seen) -> str:
    """Return the subject of a message where it says something new: else it stands over the page or its neighbour."""
    shown = visible(seen.said(pane.messages[index].subject[:_SUBJECT]))
    base = base_subject(shown)
    known = [pane.inquiry.subject, *(row.subject for row in pane.messages[index + 1 : index + 2])]
    return "" if base in {base_subject(one[:_SUBJECT]) for one in known} else shown


def _seen(message: MessageRow, veil: Veil, people: People) -> Seen:
    """Return how the reader sees a message: his own side's as it is."""
    return OPEN if message.side == people.reader.side else veil.over(message)


def _writer(message: MessageRow, people: People) -> PersonView:
    """The writer as a participant; of a held mail, what the mail itself says (his own side alone sees it)."""
    person = people.find(message.author)
    if person is not None:
        return people.view(person)
    name = visible(message.from_name) or message.from_email
    return PersonView(name, "", message.from_email, "?", own=True, you=False, known=False)


def _folds(message: MessageRow, files: list[AttachmentRow], seen: Seen, words: Words) -> tuple[Fold, ...]:
    """What was trimmed off the new text: nothing of it is lost (R19)."""
    say = words.gettext
    earlier = tuple(_file(file, seen, words) for file in files if file.kind == "earlier")
    parts = (
        (say("Signature"), message.signature, ()),
        (say("Quoted text"), message.quoted, earlier),
        (say("Disclaimer"), message.disclaimer, ()),
    )
    return tuple(
        Fold(label, Markup(from_text(seen.carried(text[:LONG]))), some)  # noqa: S704 (escaped by from_text)
        for label, text, some in parts
        if text.strip() or some
    )


def _file(file: AttachmentRow, seen: Seen, words: Words) -> FileView:
    name = seen.file_name(file.name) or words.gettext("a file")
    stem, _, ending = name.rpartition(".")
    known = stem and 0 < len(ending) <= 4 and ending.isalnum()
    shown = file.type in _SHOWN or ending.lower() in _SHOWN_ENDINGS
    picture = shown and file.bytes <= _MOST_PICTURE and (file.type in _PICTURES or ending.lower() in _PICTURE_ENDINGS)
    return FileView(file.id, name, words.size(file.bytes), ending.upper() if known else "", shown, picture)


def _frame_height(message: MessageRow) -> int:
    """About the height that the text takes; the frame can be scrolled, and nobody may look into it to measure."""
    if not message.html:
        return 0
    lines = sum(1 + len(line) // _LINE_LENGTH for line in message.text[:LONG].split("\n"))
    least = _WITH_PICTURES if "cid:" in message.html else 0
    return min(_MOST_HEIGHT, max(least, lines * _LINE_HEIGHT + _MARGINS))

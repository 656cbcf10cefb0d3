"""What all mails share: in whose language, from which mask, with which link, and why one gets it.

A `Scene` is one reader of one inquiry. `write_up` fills a template for him and makes the letter; nobody else does.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from urllib.parse import quote

from ..mail.addresses import parse_address
from ..mail.masks import action_address
from ..mail.names import visible
from ..mail.sealed import Sealed
from ..mail.write import File, Letter, Mailbox
from .fonts import fonts, office_font
from .i18n import Words, words_for
from .letters import Ids, Person, Place, Request, To
from .names import Naming
from .palette import palette
from .render import render

_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")  # bidi controls that can show a subject as what it is not
_PREVIEW = 140  # characters that inboxes show beside the subject
_ABOUT_HIS_OWN = ("copy", "confirmation")  # templates of mails that show a writer his own words
_TITLE = 300  # characters of a subject that a mail program's window shows
_WEB = ("https://", "http://")


@dataclass(frozen=True, slots=True)
class Scene:
    """One reader of one inquiry: his words, and how people are called before him."""

    place: Place
    request: Request
    to: To
    words: Words
    naming: Naming


@dataclass(frozen=True, slots=True)
class Head:
    """What a mail's header says beside its addresses."""

    ids: Ids
    date: datetime
    subject: str
    auto_submitted: str = ""  # RFC 3834; "" for a person's words


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of what was asked for."""

    name: str
    value: str
    link: str = ""


def scene_for(place: Place, request: Request, to: To) -> Scene:
    """Return the scene of one reader, in his language where it is spoken here, else in the marketplace's."""
    words = words_for(to.reader.language, place.language, zone=to.reader.timezone or place.timezone)
    return Scene(place, request, to, words, Naming(words, place, request))


def from_mask(scene: Scene, name: str) -> Mailbox:
    """Return the other side's mask under `name`, so that a plain Reply goes there (R3)."""
    return Mailbox(scene.naming.via(name), scene.to.mask)


def from_place(place: Place) -> Mailbox:
    """Return the address of ours that people read: for mails that no side of an inquiry wrote."""
    return Mailbox(visible(place.name), f"postmaster@{place.reply_domain}")


def marker(words: Words) -> str:
    """Return the line that parts a reply from what it quotes; the splitter of replies knows it in each language."""
    line = words.gettext("Please write your reply above this line")
    return f"— {line} —"


@dataclass(frozen=True, slots=True)
class Way:
    """Something that can be done by a mail to an address of its own, or on the page."""

    label: str
    address: str
    link: str
    page: str


def ways(scene: Scene) -> tuple[Way, ...]:
    """Return what the reader can do by mail besides answering."""
    found: list[Way] = []
    subject = quote(f": {visible(scene.request.subject)[:_PREVIEW]}")
    for verb in scene.to.verbs:
        label, address = _verb(scene.words, verb), action_address(verb, scene.to.mask)
        link = f"mailto:{address}?subject={_quoted(label)}{subject}"
        found.append(Way(label, address, link, f"{scene.to.link}#{verb}"))
    return tuple(found)


_quoted = cache(quote)  # of words of ours


def button(scene: Scene, *, answers: bool) -> str:
    """Return what the button to the page says: to reply, where a plain Reply `answers` the other side."""
    say, company = scene.words.gettext, scene.naming.company()
    if not answers:
        return say("Open the conversation")
    if scene.to.reader.side == "seller":
        return say("Reply to the buyer")
    return say("Reply to %(name)s", name=company) if company else say("Reply to the seller")


def _verb(words: Words, verb: str) -> str:
    say = words.gettext
    match verb:
        case "decline":
            return say("Decline")
        case "transfer":
            return say("Hand over to a colleague")
        case "phone":
            return say("Ask for the telephone number")
        case "history":
            return say("Send me everything by mail")
        case "close":
            return say("Close the conversation")
        case "undo":
            return say("Take it back")
        case _:
            return say("Open the conversation again")


def facts(scene: Scene, buyer: Person) -> tuple[Fact, ...]:
    """Return what the buyer asks for, line by line."""
    say, request = scene.words.gettext, scene.request
    url = request.product_url if request.product_url.startswith(_WEB) else ""
    lines = (
        Fact(say("Product"), visible(request.product_name), url),
        Fact(say("Asks for"), scene.words.listed([wish(scene.words, one) for one in request.wishes])),
        Fact(say("From"), scene.naming.called(buyer)),
        Fact(say("Reference"), visible(request.reference)),
    )
    return tuple(line for line in lines if line.value)


def wish(words: Words, wish: str) -> str:
    """Return a wish in the reader's words; a marketplace's own word as it is."""
    match wish:
        case "quote":
            return words.gettext("a quote")
        case "price_list":
            return words.gettext("a price list")
        case "documentation":
            return words.gettext("documentation")
        case "call_back":
            return words.gettext("a call back")
        case _:
            return visible(wish)


def write_up(
    scene: Scene,
    head: Head,
    sender: Mailbox,
    template: str,
    *,
    preview: str,
    files: tuple[File, ...] = (),
    sealed: Sealed | None = None,
    unsubscribe: str = "",
    **own: object,
) -> Letter:
    """Fill templates/mail/`template` and return the letter. `own`: what this template uses beside the shared values."""
    place, reader = scene.place, scene.to.reader
    body = render(
        template,
        scene.words,
        language=scene.words.language,
        subject=visible(head.subject[:_TITLE]),
        preview=visible(preview[: 2 * _PREVIEW])[:_PREVIEW],
        marker=marker(scene.words) if sender.address == scene.to.mask else "",
        place=visible(place.name),
        palette=palette(place.colour),
        fonts=fonts(scene.words.language),
        office_font=office_font(scene.words.language),
        link=scene.to.link,
        ways=ways(scene),
        button=button(scene, answers=sender.address == scene.to.mask and template not in _ABOUT_HIS_OWN),
        request_line=request_line(scene),
        reason=_reason(scene),
        help=visible(place.help),
        help_link=_help_link(place.help),
        **own,
    )
    return Letter(
        from_=sender,
        to=(Mailbox(reader.name, reader.address),),
        subject=_TURNING.sub("", head.subject),
        date=head.date,
        message_id=head.ids.message_id,
        text=body.text,
        html=body.html,
        in_reply_to=head.ids.in_reply_to,
        references=head.ids.references,
        auto_submitted=head.auto_submitted,
        list_unsubscribe=unsubscribe,
        loop=place.reply_domain,
        sealed=sealed,
        files=files,
        language=scene.words.language,
    )


def _help_link(where: str) -> str:
    """Where the marketplace's help is, "" where it is neither an address nor a page."""
    if parse_address(where):
        return f"mailto:{where}"
    return where if where.startswith(_WEB) else ""


def request_line(scene: Scene) -> str:
    """Return which inquiry a mail is about."""
    reference, product = visible(scene.request.reference), visible(scene.request.product_name)
    if product:
        return scene.words.gettext("Request %(reference)s: %(product)s", reference=reference, product=product)
    return scene.words.gettext("Request %(reference)s", reference=reference)


def _reason(scene: Scene) -> str:
    """Why the reader gets this mail, and what it keeps from the other side."""
    say, place, company = scene.words.gettext, visible(scene.place.name), scene.naming.company()
    if scene.to.reader.side == "buyer" and company:
        why = say(
            "You get this mail because you sent a request to %(company)s on %(place)s.", company=company, place=place
        )
    elif scene.to.reader.side == "buyer":
        why = say("You get this mail because you sent a request on %(place)s.", place=place)
    elif company:
        why = say("You get this mail because you answer for %(company)s on %(place)s.", company=company, place=place)
    else:
        why = say("You get this mail because a request was sent to you on %(place)s.", place=place)
    hidden = say("Your mail address is not shown to the other side.")
    return scene.words.together(why, hidden)

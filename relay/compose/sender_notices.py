"""The sender field's mails: whose is a mail that waits, who has joined, and what became of a stranger's mail.

None of them decides anything: a yes or no is a button on the reader's own page. What they show of a mail that waits
is hostile until proved: a short beginning, quoted, without anything that can be clicked.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from ..mail.html import from_text
from ..mail.names import clean_name, visible
from ..mail.write import Letter, Mailbox
from .frame import Fact, Head, Scene, from_place, scene_for, write_up
from .i18n import Words
from .letters import Asked, Ids, JoinedWord, Person, Place, Request, Said, To, ToldWord
from .plain import wrap

_BEGINNING = 600  # characters that are shown of a mail that waits
_EXAMINED = 4000  # characters looked at to find them
_QUOTE = "> "
_EMPTY_LINES = re.compile(r"\n{3,}")

# Mail programs make links of what looks like one: "//" and "\\", a colon after a word, a dot before a letter or
# between a letter and a digit. A blank behind each ends that. Numbers and times of day stay as they are.
_LINKING = re.compile(r"(?:(?<=[^\W\d_]):|//|\\\\|[.．。｡](?=[^\W\d_])|(?<=[^\W\d_])\.(?=\d))(?=\S)")


@dataclass(frozen=True, slots=True)
class Quoted:
    """The beginning of a mail as it is shown, "" where it has no words."""

    text: str
    html: Markup


def asked_notice(place: Place, request: Request, to: To, ids: Ids, said: Said, asked: Asked, at: datetime) -> Letter:
    """To a participant who must decide: is this mail his, or is its writer with him? `at` is the notice's own date."""
    scene = scene_for(place, request, to)
    say, about = scene.words.gettext, visible(request.subject)
    lead = question(scene.words, asked)
    if asked.word == "was_it_you":
        subject = say("Was this you? %(subject)s", subject=about)
    else:
        subject = say("Somebody wants to answer: %(subject)s", subject=about)
    return write_up(
        scene,
        Head(ids, at, subject, "auto-generated"),
        from_place(place),
        "asked",
        preview=lead,
        lead=lead,
        choice=_choice(scene.words, asked),
        facts=_facts(scene, said, asked),
        quoted=quoted(said.text),
    )


def joined_notice(
    place: Place, request: Request, to: To, ids: Ids, newcomer: Person, how: JoinedWord, at: datetime
) -> Letter:
    """To the first participant of a side: `newcomer` takes part on it now, why, and where to take him out again."""
    scene = scene_for(place, request, to)
    subject = scene.words.gettext("Somebody new takes part: %(subject)s", subject=visible(request.subject))
    lead = _joined(scene, who(newcomer.name, newcomer.address), how)
    head = Head(ids, at, subject, "auto-generated")
    return write_up(scene, head, from_place(place), "joined", preview=lead, lead=lead)


def told_notice(
    place: Place,
    request: Request,
    stranger: Mailbox,
    language: str,
    ids: Ids,
    said: Said,
    word: ToldWord,
    at: datetime,
) -> Letter:
    """To the writer of a mail that waits, who takes part in nothing: what became of it. It holds no link of ours."""
    # He is on neither side: his mail has no link, no mask, and its own reason.
    reader = Person(stranger.name, stranger.address, language, "buyer", "")
    scene = scene_for(place, request, To(reader, "", ""))
    say = scene.words.gettext
    lead, explained, subject = _told(scene.words, word, visible(said.subject))
    return write_up(
        scene,
        Head(ids, at, subject, "auto-replied"),
        from_place(place),
        "told",
        preview=lead,
        lead=lead,
        explained=explained,
        quoted=quoted(said.text),
        about=say("Request: %(subject)s", subject=unlinked(visible(request.subject))),
        why=say("You get this mail because a mail from your address came to %(place)s.", place=visible(place.name)),
    )


def prove_notice(
    place: Place,
    request: Request,
    stranger: Mailbox,
    language: str,
    ids: Ids,
    said: Said,
    link: str,
    at: datetime,
) -> Letter:
    """To an address that was typed on the page: the link whose opening shows that it is its owner's. It goes to
    somebody who may never have heard of us, so it says nothing of who takes part."""
    reader = Person(stranger.name, stranger.address, language, "buyer", "")
    scene = scene_for(place, request, To(reader, link, ""))
    say, about = scene.words.gettext, unlinked(visible(request.subject))
    lead = say(
        "Somebody – probably you – wrote this in the conversation about “%(subject)s” and gave this address as theirs.",
        subject=about,
    )
    return write_up(
        scene,
        Head(ids, at, say("Is this your address? %(subject)s", subject=visible(request.subject)), "auto-generated"),
        from_place(place),
        "prove",
        preview=lead,
        lead=lead,
        explained=say("Press the link to send it. If it was not you, do nothing: then it is sent to nobody."),
        quoted=quoted(said.text),
        about=say("Request: %(subject)s", subject=about),
        why=say("You get this mail because your address was typed on a page of %(place)s.", place=visible(place.name)),
    )


def quoted(text: str) -> Quoted:
    """Return the first words of a stranger's mail: at most 600 characters, nothing unseen, nothing to click."""
    examined = text.lstrip()[:_EXAMINED]
    lines = map(visible, examined.splitlines())
    begun = _EMPTY_LINES.sub("\n\n", unlinked("\n".join(lines))).strip()
    if len(begun) > _BEGINNING:
        begun = begun[: _BEGINNING - 2].rsplit(maxsplit=1)[0] + " …"
    marked = "\n".join((_QUOTE + line).rstrip() for line in wrap(begun).split("\n")) if begun else ""
    return Quoted(marked, Markup(from_text(begun)))  # noqa: S704 (escaped by from_text)


def unlinked(text: str) -> str:
    """Return `text` so that no mail program makes a link of it; people can still read what it was."""
    return _LINKING.sub(r"\g<0> ", text)


def question(words: Words, asked: Asked) -> str:
    """Return what a participant is asked about a mail that waits."""
    say, address = words.gettext, visible(asked.address)
    if asked.word == "is_he_with_you":
        return say("%(address)s wants to answer in this request. Is this somebody on your side?", address=address)
    match asked.why:
        case "unproved":
            return say(
                "A mail that says it is from you came in, but your mail server could not confirm it. Was this you?"
            )
        case "other mailbox":
            return say(
                "A mail from %(address)s answers one that was sent to you. Is this you, writing from another mailbox?",
                address=address,
            )
        case "like a program":
            return say(
                "Many mails that answer ours came from your address within an hour, as a program would send them. "
                "Was this you?"
            )
        case _:
            return say("A mail that says it is from you came in, but we cannot be sure. Was this you?")


def needs_its_own_yes(why: str) -> bool:
    """True where a yes is about one mail alone: the next one may be somebody else's, or a program's."""
    return why in ("unproved", "odd header", "like a program")


def _choice(words: Words, asked: Asked) -> str:
    """What the reader can do; a mail that may be forged is about itself alone, so it has no yes for always."""
    kept = words.gettext("The mail is kept, and nobody on the other side has it yet.")
    if needs_its_own_yes(asked.why) and asked.word == "is_he_with_you":
        choice = words.gettext("You can say yes for this time only, or no.")
    elif needs_its_own_yes(asked.why):
        choice = words.gettext("If it is yours, say yes, and it is passed on as it is. If not, say no.")
    else:
        choice = words.gettext("You can say yes for always, yes for this time only, or no.")
    return words.together(kept, choice)


def _facts(scene: Scene, said: Said, asked: Asked) -> tuple[Fact, ...]:
    """Return what is known of the mail that waits, line by line."""
    say = scene.words.gettext
    lines = (
        Fact(say("From"), who(asked.name, asked.address)),
        Fact(say("Date"), scene.words.moment(said.at)),
        Fact(say("Subject"), unlinked(visible(said.subject))),
        Fact(say("Checked"), checked(scene.words, asked)),
    )
    return tuple(line for line in lines if line.value)


def checked(words: Words, asked: Asked) -> str:
    """Return in plain words what was proved of a mail that waits."""
    say = words.gettext
    if asked.why == "odd header":
        return say("The sender of this mail is not written as usual, so somebody else may have written it.")
    if asked.proved:
        return say("The mail service of this address confirms that it sent this mail.")
    return say(
        "The mail service of this address does not confirm that it sent this mail, "
        "so somebody else may have written it."
    )


def who(name: str, address: str) -> str:
    """Return "Tom Baker (tom@werk.example)" for people of the same side, who may see the address."""
    name, address = clean_name(name), visible(address)
    return f"{name} ({address})" if name and address else name or address


def _joined(scene: Scene, who: str, how: JoinedWord) -> str:
    say = scene.words.gettext
    match how:
        case "domain":
            return say("%(who)s takes part in this request now, because the address is at your company.", who=who)
        case "cc":
            return say(
                "%(who)s takes part in this request now, because somebody on your side put this address in Cc.", who=who
            )
        case "approved":
            return say("%(who)s takes part in this request now, because somebody on your side said yes.", who=who)
        case _:
            return say("%(who)s takes part in this request now, because a mail came to its address.", who=who)


def _told(words: Words, word: ToldWord, about: str) -> tuple[str, str, str]:
    """What became of the mail, what it means for its writer, and the subject."""
    say = words.gettext
    if word == "not_released":
        return (
            say("Your mail was not passed on."),
            say("If you work with somebody who takes part in this request, please ask to be put in Cc."),
            say("Not passed on: %(subject)s", subject=about),
        )
    if word == "unreadable":
        return (
            say("Your mail could not be shown, so it was not passed on. It is kept, and the operator looks at it."),
            say("Please send it once more as plain text, or with its documents one by one."),
            say("Not passed on: %(subject)s", subject=about),
        )
    return (
        say("Your mail is kept; it waits for a yes by somebody who takes part in this request."),
        say("You need not send it again."),
        say("Waits for a yes: %(subject)s", subject=about),
    )

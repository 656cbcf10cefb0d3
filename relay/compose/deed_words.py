"""What was done, in one sentence: to who did it, to the others, and why something could not be done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from babel.lists import format_list

from ..mail.names import visible
from .frame import Scene
from .i18n import Words
from .letters import Person
from .reasons import reason_label, reason_named

# Why something cannot be done, however it is asked for.
_AS_IT_STANDS = frozenset(
    {"closed", "not_any_more", "sellers_only", "declined_before", "too_often", "no_number", "last_one"}
)
_FILE_NAME = 100  # characters of a file's name that a sentence shows


@dataclass(frozen=True, slots=True)
class Doing:
    """Something that was done. What the reader may not see of it is "" here already."""

    kind: str  # the event's
    actor: Person
    own_side: bool  # the reader is of the actor's side
    of: str = ""  # of an undo: the kind of what was undone
    reason: str = ""  # of a decline
    text: str = ""  # the actor's words, masked for the reader
    address: str = ""  # of a transfer: the successor's, told to his own side only
    until: datetime | None = None  # until when it can be undone
    others: tuple[Person, ...] = ()  # the other side's active people


def done_lead(scene: Scene, doing: Doing) -> str:
    """Return what the actor did, as it is confirmed to him."""
    say = scene.words.gettext
    match doing.kind:
        case "inquiry.declined":
            reason = reason_named(doing.reason) or "other"
            label = reason_label(scene.words, reason)
            if reason == "spam":
                return say("You declined this request (%(reason)s). Only the operator was told.", reason=label)
            return say("You declined this request (%(reason)s). The other side was told kindly.", reason=label)
        case "inquiry.transferred":
            return say("You handed this request over to %(address)s.", address=visible(doing.address))
        case "inquiry.closed":
            return say("You closed this conversation. Nobody can write in it any more.")
        case "inquiry.reopened":
            return say("You opened this conversation again.")
        case "link.rotated":
            return say("You have a new link to this conversation. The old one no longer opens it.")
        case "participant.left":
            return say("You have left this conversation. You get no more mails about it.")
        case _:
            return say("What you did was taken back. The conversation goes on as before.")


def news_lead(scene: Scene, doing: Doing) -> str:
    """Return what somebody did, as it is told to the others."""
    say = scene.words.gettext
    name = scene.naming.colleague(doing.actor) if doing.own_side else scene.naming.called(doing.actor)
    match doing.kind:
        case "inquiry.declined":
            return say("%(name)s has declined this request.", name=name)
        case "inquiry.transferred" if doing.address:
            address = visible(doing.address)
            return say("%(name)s has handed this request over to %(address)s.", name=name, address=address)
        case "inquiry.transferred":
            return say("%(name)s has handed this request over to a colleague, who goes on with it.", name=name)
        case "inquiry.closed":
            return say("%(name)s has closed this conversation.", name=name)
        case "inquiry.reopened":
            return say("%(name)s has opened this conversation again.", name=name)
        case "phone.shown":
            return say("%(name)s asked for your telephone number, and has seen it. You may be called.", name=name)
        case _ if doing.of == "inquiry.declined":
            return say("%(name)s has taken the refusal back. The request is answered after all.", name=name)
        case _:
            return say("%(name)s goes on with this request after all.", name=name)


def help_lines(words: Words, verb: str, why: str, about: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """Return why nothing was done, and, where writing it better would help, how it is done."""
    say = words.gettext
    lead = say("Nothing was done with your mail.")
    reason = document_line(words, why, about) or cannot_line(words, why)
    return lead, (reason,) if why in _AS_IT_STANDS else (reason, _how(words, verb))


def cannot_line(words: Words, why: str) -> str:
    """Return why something could not be done; `why` is the word of a CannotAct."""
    say = words.gettext
    match why:
        case "closed":
            return say("This conversation is closed.")
        case "not_any_more":
            return say("You no longer take part in this conversation.")
        case "sellers_only":
            return say("Only the side that was asked can decline. You can close the conversation instead.")
        case "reason_missing":
            return say("A reason is missing.")
        case "declined_before":
            return say("The request has been declined already.")
        case "address_of_ours" | "address_unusable":
            return say("It cannot be handed over to this address.")
        case "to_oneself":
            return say("It is with you already.")
        case "too_often":
            return say("This was asked for too often. Please wait a little.")
        case "no_number":
            return say("The other side has given no telephone number.")
        case "no_address":
            return say("This is not a mail address.")
        case "last_one":
            return say("Nobody else on your side takes part, and somebody must be there to answer.")
        case "nothing_to_undo":
            return say("There is nothing that can still be taken back.")
        case _:
            return say("We could not find in it what we need.")


def document_line(words: Words, why: str, about: Mapping[str, str]) -> str:
    """Return why a file may not be sent as a document, naming it and the mend; "" where `why` is none of that."""
    say = words.gettext
    name = visible(about.get("name", ""))[:_FILE_NAME] or say("a file")
    types = format_list([one.upper() for one in about.get("types", "").split()], "or", words.locale)
    most = words.size(int(about.get("most") or 0))
    match why:
        case "no_file":
            return say(
                "No document is attached. Please choose a file: %(types)s, up to %(most)s.", types=types, most=most
            )
        case "type_not_taken":
            return say("%(name)s cannot be sent as a document. Please send %(types)s instead.", name=name, types=types)
        case "empty_file":
            return say("%(name)s is empty. Please choose the file again.", name=name)
        case "file_too_big":
            return say(
                "%(name)s is larger than %(most)s. Please make it smaller or send it in parts.", name=name, most=most
            )
        case "not_what_it_says":
            return say(
                "%(name)s is not what its name says: it is damaged or of another kind. Please export it again.",
                name=name,
            )
        case _:
            return ""


def _how(words: Words, verb: str) -> str:
    say = words.gettext
    match verb:
        case "decline":
            return say("To decline, send the number of a reason or your own words, or choose an address:")
        case "transfer":
            return say("To hand the request over, write your colleague's mail address in the first line.")
        case "document":
            return say("To send a document, attach it to a mail to this address. Your words go along with it.")
        case _:
            return say("You can do everything in the conversation as well.")

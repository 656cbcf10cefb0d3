"""What the other side does not see of a message, told to its writer in his words."""

from .i18n import Words
from .masking import Hidden, Note
from .parts_kinds import PartKind


def hidden_lines(hidden: Hidden, words: Words) -> tuple[str, ...]:
    """Return what was hidden, a sentence each; nothing where all of it went through as it was."""
    if hidden.seal:
        return (_sealed(hidden, words),) if hidden.names_writer else ()
    addresses = max(hidden.words, hidden.html) + sum(note.hidden for note in hidden.notes)
    count = words.counted(
        addresses,
        "%(number)s mail address was hidden from the other side.",
        "%(number)s mail addresses were hidden from the other side.",
    )
    lines = [count] if addresses else []
    return (*lines, *filter(None, (_line(note, words) for note in hidden.notes)))


def _sealed(hidden: Hidden, words: Words) -> str:
    """A warning: what is sealed names him, and could not be changed."""
    if hidden.seal == "signed":
        return words.gettext(
            "Your message is signed, so it was passed on exactly as it is, and it names your mail address: in its text "
            "or in the certificate of your signature. Switch signing off for this conversation to keep it hidden."
        )
    return words.gettext("Your message is encrypted, so it was passed on exactly as it is, and it names your address.")


def _line(note: Note, words: Words) -> str:
    say, name = words.gettext, note.name or words.gettext("a file")
    if note.done == "dropped":
        return say("%(name)s was not passed on, because %(why)s.", name=name, why=_why(note.kind, words))
    if note.uncleaned:
        return say("%(name)s was passed on as it is: who made it could not be taken out.", name=name)
    if note.names_somebody:
        return say("%(name)s was passed on as it is, though it holds a mail address of this request.", name=name)
    return ""


def _why(kind: PartKind, words: Words) -> str:
    say = words.gettext
    match kind:
        case "key" | "certificate":
            return say("it says who you are")
        case "tnef" | "outlook":
            return say("only Outlook can read it, and it names you")
        case "pointer":
            return say("it only points to a place elsewhere")
        case _:
            return say("it would have told your address")

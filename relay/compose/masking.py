"""Takes real addresses out of what one side said, before the other side gets it (R2). Pure, never raising.

`clean_said` is all that who sends needs. What a mail program wrote (quotes, attributions, forwarded headers, links,
enclosed mails, calendars, cards, reports) is masked in any case; of what a person typed only his own address stays,
and only while `Names.typed` is "keep". `Hidden` tells the writer what was taken out.
"""

from dataclasses import dataclass, replace
from re import compile as pattern
from typing import Literal

from ..mail.write import File
from .documents import Cleaned, clean
from .letters import Said
from .masking_find import Masked, Names, Reach, mask_text
from .masking_html import mask_html, mask_said_html
from .masking_typed import mask_said
from .parts_kinds import PartKind, kind_of
from .parts_lines import mask_calendar, mask_card
from .parts_message import mask_headers, mask_message, mask_report

__all__ = ["Hidden", "Masked", "Names", "Note", "Reach", "clean_said", "mask_file", "mask_html", "mask_text"]

_DEPTH = 8  # of mails in mails; what is deeper is dropped
_DROPPED: tuple[PartKind, ...] = ("tnef", "outlook", "key", "certificate", "twin", "pointer")
_HIDDEN_NAME = "hidden"  # for an address in a file's name, where a mask could not be written to
_ADDRESS_IN_NAME = pattern(r"[^\s@]{1,100}[@\uff20\ufe6b](?:[\w-]+\.)*[\w-]+")


@dataclass(frozen=True, slots=True)
class Note:
    """What became of one file."""

    name: str  # as the writer knows it
    done: Literal["kept", "cleaned", "dropped"]
    kind: PartKind
    hidden: int = 0  # addresses and hosts taken out of it
    names_somebody: bool = False  # left as it is, though its bytes hold a known address
    uncleaned: bool = False  # a document that should have been cleaned and could not be


@dataclass(frozen=True, slots=True)
class Hidden:
    """What the other side does not see of a message, for the writer's copy."""

    words: int = 0  # addresses masked in subject and text
    html: int = 0  # the same in the HTML, with those in places that are not seen
    notes: tuple[Note, ...] = ()  # files that were changed or dropped, or name somebody
    seal: str = ""  # "signed" or "encrypted": nothing could be hidden
    names_writer: bool = False  # what is sealed holds the writer's address, where it can be read

    def __bool__(self) -> bool:
        return bool(self.words or self.html or self.notes)


def clean_said(said: Said, names: Names) -> tuple[Said, Hidden]:
    """Return what was said as the other side may see it, and what was hidden.

    `names.writer` is set here. HTML that cannot be made safe is left out, so that the text is shown instead.
    """
    names = replace(names, writer=said.writer.address)
    subject, text = mask_said(said.subject, names), mask_said(said.text, names)
    html = mask_said_html(said.html, names) if said.html else Masked("")
    files: list[File] = []
    notes: list[Note] = []
    for file in said.files:
        cleaned, note = mask_file(file, names)
        files += [cleaned] if cleaned else []
        notes += [note] if note.done != "kept" or note.names_somebody or note.uncleaned else []
    clean = replace(said, subject=subject.text, text=text.text, html=html.text, files=tuple(files))
    return clean, Hidden(subject.hidden + text.hidden, html.hidden, tuple(notes))


def mask_file(file: File, names: Names, depth: int = 0) -> tuple[File | None, Note]:
    """Return a part as the other side may get it, None where it may not, and what was done.

    Documents are left as they are but for their names, and for who made them where `names.documents` says so.
    `depth`: how many mails the part is enclosed in.
    """
    kind = kind_of(file)
    if kind in _DROPPED or depth >= _DEPTH:
        return None, Note(file.name, "dropped", kind)
    name = mask_file_name(file.name, names)
    data, hidden = _content(file, kind, names, depth)
    done = replace(file, name=name, data=data, type=_type(file, kind))
    if kind == "other":
        cleaned = clean(data) if names.documents else Cleaned(data)
        done = replace(done, data=cleaned.data)
        kept = name == file.name and cleaned.data == data
        somebody = _names_somebody(cleaned.data, names)
        note = Note(file.name, "kept" if kept else "cleaned", kind, 0, somebody, cleaned.failed)
    else:
        note = Note(file.name, "cleaned", kind, hidden)
    return done, note


def mask_file_name(name: str, names: Names) -> str:
    """Return a file's name without addresses and hosts; its ending stays."""
    stem, dot, ending = name.rpartition(".")
    if not dot:
        stem, ending = name, ""
    without = mask_text(name, replace(names, addresses=_nameless(names))).text
    if without != name:
        stem, dot, ending = without.rpartition(".") if "." in without else (without, "", "")
    stem = _ADDRESS_IN_NAME.sub(_HIDDEN_NAME, stem)
    return f"{stem}{dot}{ending}".replace("***", _HIDDEN_NAME)


def _nameless(names: Names) -> tuple[tuple[str, str], ...]:
    """The same addresses, with the word for something hidden in place of each mask."""
    return tuple((real, _HIDDEN_NAME) for real, _ in names.addresses)


def _content(file: File, kind: PartKind, names: Names, depth: int) -> tuple[bytes, int]:
    match kind:
        case "message":
            return mask_message(file.data, names, lambda inner: mask_file(inner, names, depth + 1)[0])
        case "headers":
            return mask_headers(file.data, names), 0
        case "report":
            return mask_report(file.data, names)
        case "calendar" | "card":
            done = mask_calendar(file.data, names) if kind == "calendar" else mask_card(file.data, names)
            return done.data, done.hidden
        case _:
            return file.data, 0


def _type(file: File, kind: PartKind) -> str:
    """What the new content is: reports are no reports any more that a program may act on."""
    types: dict[PartKind, str] = {
        "message": "message/rfc822",
        "headers": "text/plain",
        "report": "text/plain",
        "calendar": "text/calendar",
        "card": "text/vcard",
    }
    return types.get(kind, file.type)


def _names_somebody(data: bytes, names: Names) -> bool:
    """Whether a known address stands in a document as it is; packed ones are not opened."""
    lower = data.lower()
    if b"@" not in lower and b"@\0" not in lower:
        return False
    known = [real.lower() for real, _ in names.addresses if real]
    return any(
        real.encode("utf-8", "replace") in lower or real.encode("utf-16-le", "replace") in lower for real in known
    )

"""Calendars (RFC 5545) and vCards (RFC 6350, 2426): lines of "name;parameters:value", people in them by their masks.

An invitation still works: its organizer and guests are masks, which lead to the people they stand for, and the one who
reads it finds himself among them. Only lines that hold something real are changed or left out.
"""

import re
from binascii import a2b_qp
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from html import unescape
from urllib.parse import unquote

from ..mail.charsets import clean_text, decode
from ..mail.names import clean_name
from .masking_find import Names, find, mask_text

_FOLD = re.compile(r"\r?\n[ \t]")
_COLON = re.compile(r'"[^"]*"?|:')
_PARAMETER = re.compile(r';([^=;:"]+)=((?:"[^"]*"|[^;"])*)')
_NAME = re.compile(r"(?:[A-Za-z0-9-]+\.)?([A-Za-z0-9-]+)")
_MARKUP = re.compile(r"<[^<>]*>")
_PERSON_PARAMETERS = ("CUTYPE", "ROLE", "PARTSTAT", "RSVP")
_PICTURES = ("PHOTO", "LOGO", "SOUND")
_WIDTH = 73  # octets of a line (RFC 5545 section 3.1), less room for the blank that a line goes on with


@dataclass(frozen=True, slots=True)
class _Line:
    """One content line, unfolded."""

    name: str  # upper case, without group
    head: str  # all before the colon, as written
    parameters: tuple[tuple[str, str], ...]  # names in upper case, values without quotes
    value: str


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The new content, and how many addresses and names of hosts are gone from it."""

    data: bytes
    hidden: int


def mask_calendar(data: bytes, names: Names) -> Rewritten:
    """A calendar without real addresses, in UTF-8."""
    return _rewritten(data, names, _calendar_line)


def mask_card(data: bytes, names: Names) -> Rewritten:
    """A vCard without real addresses, keys and unreadable fields, in UTF-8."""
    return _rewritten(data, names, _card_line)


def calendar_uids(data: bytes) -> tuple[str, ...]:
    """The UIDs of a calendar as its writer knows them: see `Names.uids`."""
    return tuple(line.value.strip() for line in _lines(data) if line.name == "UID")


def own_uid(uid: str, names: Names) -> str:
    """What stands for a UID that names a host: the same each time, so that a change finds the event it changes."""
    return f"{sha256(uid.encode('utf-8', 'replace')).hexdigest()[:32]}@{names.domain}"


def _rewritten(data: bytes, names: Names, rewrite: Callable[[_Line, Names], tuple[str, int]]) -> Rewritten:
    done: list[bytes] = []
    guests: set[str] = set()
    hidden = 0
    for line in _lines(data):
        new, count = rewrite(line, names)
        hidden += count
        if line.name.startswith("BEGIN"):
            guests.clear()
        if new and new not in guests:
            done.append(_folded_line(new))
        if line.name == "ATTENDEE":
            guests.add(new)
    return Rewritten(b"".join(done), hidden)


def _lines(data: bytes) -> Iterator[_Line]:
    for raw in _unfolded(decode(data)[0]):
        colon = next((match.start() for match in _COLON.finditer(raw) if match[0] == ":"), -1)
        name = _NAME.match(raw)
        if colon >= 0 and name:
            head = raw[:colon]
            found = tuple((one[1].strip().upper(), one[2].replace('"', "")) for one in _PARAMETER.finditer(head))
            yield _Line(name[1].upper(), head, found, raw[colon + 1 :])


def _unfolded(text: str) -> Iterator[str]:
    """The lines, each whole: folded ones joined, and quoted-printable ones of vCard 2.1, which end with "="."""
    begun: list[str] = []
    for raw in clean_text(_FOLD.sub("", text)).split("\n"):
        soft = raw.endswith("=") and (bool(begun) or "QUOTED-PRINTABLE" in raw.partition(":")[0].upper())
        begun.append(raw[:-1] if soft else raw)
        if not soft:
            yield "".join(begun)
            begun = []
    yield "".join(begun)


def _calendar_line(line: _Line, names: Names) -> tuple[str, int]:
    """The line as it may be seen, "" for none, and what was hidden in it."""
    if line.name in ("ORGANIZER", "ATTENDEE"):
        return _person(line, names)
    if line.name == "UID":
        return _uid(line.value.strip(), names)
    if line.name == "ATTACH" and _is_binary(line):
        return "", 0
    return _other(line, names)


def _person(line: _Line, names: Names) -> tuple[str, int]:
    """An organizer or guest by his mask. Who is not of this inquiry stays away, but there must be an organizer."""
    address = unquote(line.value.strip().partition(":")[2] or line.value.strip())
    mask = names.mask_of(address)
    if address.lower().endswith(f"@{names.domain}"):
        mask = address
    elif not mask and line.name == "ORGANIZER":
        mask = names.mask_of(names.writer)
    if not mask:
        return "", 1
    hidden = int(mask != address)
    if names.reader and mask.lower() == names.mask_of(names.reader).lower():
        mask = names.reader
    told = dict(line.parameters)
    kept = [f"{name}={told[name]}" for name in _PERSON_PARAMETERS if re.fullmatch(r"[\w-]{1,40}", told.get(name, ""))]
    shown = clean_name(told.get("CN", ""))
    if shown:
        kept.insert(0, f'CN="{shown}"')
    return ";".join([line.name, *kept]) + f":mailto:{mask}", hidden


def _uid(uid: str, names: Names) -> tuple[str, int]:
    """RFC 5545 section 3.8.4.7 advises a host on the right side; our own UID goes back to the one it stands for."""
    original = next((one for one in names.uids if own_uid(one, names) == uid), "")
    if original:
        return f"UID:{original}", 0
    if uid.endswith(f"@{names.domain}"):
        return f"UID:{uid}", 0
    if "@" in uid or find(uid, names):
        return f"UID:{own_uid(uid, names)}", 1
    return f"UID:{uid}", 0


def _card_line(line: _Line, names: Names) -> tuple[str, int]:
    if line.name == "EMAIL":
        mask = names.mask_of(line.value.strip().removeprefix("mailto:"))
        return (f"EMAIL:{mask}" if mask else ""), 1
    if line.name == "KEY" or (_is_binary(line) and line.name not in _PICTURES):
        return "", 1
    if line.name in _PICTURES:
        return (f"{line.head}:{line.value}" if _is_binary(line) else ""), 0
    if "QUOTED-PRINTABLE" in line.head.upper():
        text = decode(a2b_qp(line.value.encode("utf-8", "replace")))[0]
        return ("", 1) if find(text, names, "all") else (f"{line.head}:{line.value}", 0)
    return _other(line, names)


def _is_binary(line: _Line) -> bool:
    told = {name: value.upper() for name, value in line.parameters}
    bare = "BASE64" in line.head.upper()  # vCard 2.1 leaves the name of the parameter out
    return told.get("ENCODING", "") in ("B", "BASE64") or bare or line.value[:5].lower() == "data:"


def _other(line: _Line, names: Names) -> tuple[str, int]:
    """Any other line; an extension of some program goes where it names somebody, for nobody knows its form."""
    if line.name.startswith("X-") and find(unescape(_MARKUP.sub("", line.value)), names, "all"):
        return "", 1
    head = mask_text(line.head, names, "all")
    value = mask_text(line.value.replace("\\n", "\n").replace("\\N", "\n"), names, "all")
    return f"{head.text}:{value.text}".replace("\n", "\\n"), head.hidden + value.hidden


def _folded_line(line: str) -> bytes:
    """A content line with CRLF, folded between characters (RFC 5545 section 3.1)."""
    data = line.encode()
    pieces: list[bytes] = []
    place = 0
    while len(data) - place > _WIDTH:
        cut = place + _WIDTH
        while data[cut] & 0xC0 == 0x80:
            cut -= 1
        pieces.append(data[place:cut])
        place = cut
    return b"\r\n ".join([*pieces, data[place:]]) + b"\r\n"

"""Bounces that are written for people: the systems that send no machine report (RFC 3464).

What they share is read, not their names: a notice, then a copy of the returned mail; in the notice the dead
address at the start of a line or after "to", and the remote's answer beside it.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from ..relay.mail.model import Mail
from .bounce_reasons import says_something
from .robot_subjects import is_absence, is_bounce, is_daemon

_NOTICE_CHARACTERS = 16 * 1024
_SEARCHED_CHARACTERS = 64 * 1024
_MOST = 200  # recipients of one notice

_ADDRESS = r"[^\s<>,;:\"()\[\]'|*=\\]{1,128}@[^\s<>,;:\"()\[\]'|*\\]{1,255}"
_HEADER = re.compile(
    r"^(?:received|return-path|dkim-signature|message-id|x-[a-z0-9-]+|from|to|subject|date|mime-version|"
    r"reply-to)[ \t]*:",
    re.IGNORECASE,
)
_COPY = re.compile(
    r"^(?:received|return-path|dkim-signature|message-id|x-received|delivered-to|from)[ \t]*:", re.IGNORECASE
)
_ORIGINAL = re.compile(
    r"^[\W_]*(?:(?:below|this) .{0,40}copy of|the header of|original message|original mail|unsent message|"
    r"(?:message|mail) headers? follow|returned message|текст письма|原文|元のメール)",
    re.IGNORECASE,
)
# The address of the recipient, from the surest place to the least sure.
_LINE = re.compile(
    rf"^[\s>*\"'-]*(?:(?:final |original )?recipient\s*:\s*)?(?:rfc822;\s*)?[<\"']*({_ADDRESS})", re.IGNORECASE
)
_AFTER_TO = re.compile(
    rf"(?:rcpt(?: to)?|recipient|deliver\w*(?: \w+){{0,6}} to|user(?:id)?|address|mailbox|account|send \w+ to|sent to)"
    rf"[\s:=<\"'(]{{1,6}}({_ADDRESS})",
    re.IGNORECASE,
)
_REPLIED = re.compile(rf"[45]\d\d[ -][^<\n]{{0,80}}<({_ADDRESS})>")
_ANY = re.compile(rf"({_ADDRESS})")
_NOT_ABOUT = re.compile(
    r"contact|assistance|postmaster|help|support|mail from|from\s*:|generated from|expanded from|sender", re.I
)
_TO_FIELD = re.compile(
    rf"^(?:x-[a-z-]{{0,30}}recipient|(?:x-)?(?:original-)?to)[ \t]*:[^@\n]{{0,200}}?({_ADDRESS})",
    re.IGNORECASE | re.MULTILINE,
)
_DECODER = json.JSONDecoder(strict=False)  # seen in practice: lines wrapped inside the strings
_DELIVERY = re.compile(
    r"deliver|undeliver|not reach|failed|returned|rejected|unknown user|user unknown|"
    r"not (?:a )?member|permanent|recipient|"
    r"zugestellt|zustell|unzustellbar|remis|distribu|entreg|consegn|recapit|доставлен|配信|送信|宛先|退信|投递|投遞|mailbox",
    re.IGNORECASE,
)
_DELAY = re.compile(
    r"delay|warning|will be retried|not yet been delivered|still being retried|verzög|temporar", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Returned:
    """A recipient that a notice names and what it says of him."""

    recipient: str
    words: str
    delayed: bool
    delivered: bool = False


def read_text(mail: Mail) -> list[Returned]:
    """The recipients a textual bounce names, [] where it names none."""
    if mail.text.lstrip()[:1] == "{":
        found = list(_from_json(mail.text))
        if found:
            return found
    if not _is_notice(mail):
        return []
    notice, copy = _cut(mail.text)
    notice = notice[:_NOTICE_CHARACTERS]
    delayed = bool(_DELAY.search(mail.first("Subject")) or _DELAY.search(notice[:600]))
    known = _own_addresses(mail)
    header = [one for value in mail.all("X-Failed-Recipients") for one in _ANY.findall(value)][:_MOST]
    places = _places(notice, known, header)
    if places:
        return [Returned(address, words, delayed) for address, words in places]
    return [Returned(address, notice, delayed) for address in (header or copied_to(mail, copy))[:1]]


def _is_notice(mail: Mail) -> bool:
    """A machine speaks of a delivery: absences come back to the return path too and name colleagues."""
    subject = mail.first("Subject")
    if mail.first("X-Failed-Recipients") or is_bounce(subject):
        return True
    if is_absence(subject):
        return False
    machine = is_daemon(mail.first("From")) or "".join(mail.first("Return-Path").split()) == "<>"
    return machine and bool(_DELIVERY.search(mail.text[:_NOTICE_CHARACTERS]) or _DELIVERY.search(subject))


def _own_addresses(mail: Mail) -> frozenset[str]:
    """Whom the bounce is to and from: never the ones it speaks of."""
    values = (*mail.all("To"), *mail.all("From"), *mail.all("Delivered-To"), *mail.all("Return-Path"))
    return frozenset(_clean(one).lower() for value in values for one in _ANY.findall(value[:4096]))


def notice_of(mail: Mail) -> str:
    """What a bounce says to people, without the copy of the returned mail."""
    return _cut(mail.text)[0][:_NOTICE_CHARACTERS]


def _cut(text: str) -> tuple[str, str]:
    """The notice and the copy of the returned mail."""
    place = 0
    run = 0
    for line in text[:_SEARCHED_CHARACTERS].splitlines(keepends=True):
        run = run + 1 if _HEADER.match(line) else run if run and line[:1] in (" ", "\t") else 0
        if _ORIGINAL.match(line) or (run >= 2 and _COPY.match(line)):
            return text[:place], text[place:]
        place += len(line)
    return text, ""


def _places(notice: str, own: frozenset[str], header: list[str]) -> list[tuple[str, str]]:
    """The recipients with the words that follow each."""
    wanted = {address.lower() for address in header}
    lines = [line[:2000] for line in notice.split("\n")]
    sure = _found(_LINE, lines, own, wanted)
    said = [_found(pattern, lines, own, wanted) for pattern in (_AFTER_TO, _REPLIED)]
    found = sure or max(said, key=len) or _found(_ANY, lines, own, wanted)
    return list(_with_words(list(found.items())[:_MOST], lines, notice))


def _found(pattern: re.Pattern[str], lines: list[str], own: frozenset[str], wanted: set[str]) -> dict[str, int]:
    """The addresses the pattern finds, with the number of the line; only the wanted ones where some are."""
    found: dict[str, int] = {}
    for number, line in enumerate(lines):
        match = pattern.search(line)
        if not match or (pattern in (_LINE, _ANY) and _NOT_ABOUT.search(line[: match.start(1)])):
            continue
        address = _clean(match[1])
        if address.lower() in wanted or not (wanted or address.lower() in own):
            found.setdefault(address, number)
    return found


def _with_words(found: list[tuple[str, int]], lines: list[str], notice: str) -> Iterator[tuple[str, str]]:
    ends = [*(number for _, number in found[1:]), len(lines)]
    for (address, start), end in zip(found, ends, strict=False):
        words = "\n".join(lines[start:end]).replace(address, "")
        yield address, words if says_something(words) else notice.replace(address, "")


def copied_to(mail: Mail, copy: str = "") -> list[str]:
    """To whom the returned mail was, where the notice does not say."""
    texts = [copy[:20000]] + [
        one.data[:20000].decode("utf-8", "replace")
        for one in mail.attachments
        if one.type in ("message/rfc822", "text/rfc822-headers", "text/plain")
    ]
    return [_clean(match[1]) for text in texts if (match := _TO_FIELD.search(text.replace("\r\n", "\n")))]


def _clean(address: str) -> str:
    return address.strip(".'\"")


def _from_json(text: str) -> Iterator[Returned]:
    """A notification of Amazon's as it comes by mail: bounce, complaint or delivery in JSON."""
    try:
        outer: object = _DECODER.raw_decode(text[: 256 * 1024].lstrip())[0]
        inner = _get(outer, "Message")
        content: object = _DECODER.raw_decode(inner)[0] if isinstance(inner, str) else outer
    except (ValueError, RecursionError):
        return
    bounce = _get(content, "bounce")
    for one in _list(_get(bounce, "bouncedRecipients")):
        words = f"{_get(one, 'status') or ''} {_get(one, 'diagnosticCode') or ''}"
        yield Returned(str(_get(one, "emailAddress") or ""), words, _get(bounce, "bounceType") == "Transient")
    for one in _list(_get(_get(content, "complaint"), "complainedRecipients")):
        yield Returned(str(_get(one, "emailAddress") or ""), "", delayed=False, delivered=True)
    for one in _list(_get(_get(content, "delivery"), "recipients")):
        yield Returned(
            str(one), str(_get(_get(content, "delivery"), "smtpResponse") or ""), delayed=False, delivered=True
        )


def _get(value: object, key: str) -> object:
    return cast(dict[str, object], value).get(key) if isinstance(value, dict) else None


def _list(value: object) -> list[object]:
    return cast(list[object], value) if isinstance(value, list) else []

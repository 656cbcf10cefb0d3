"""How Gmail, Outlook and Apple Mail put the answered mail below the answer, each in its own way.

Written from what such mails look like on the wire, in words of ours. `threading/` must find the seam again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from babel.dates import format_datetime

from .mime import File, one_line
from .people import Client


@dataclass(frozen=True, slots=True)
class Original:
    """The mail that is answered or forwarded, as its reader's program sees it."""

    sender: str  # display name
    address: str
    to: str
    at: datetime | None
    subject: str
    text: str
    html: str  # the inside of its <body>, "" where it has none
    message_id: str = ""  # with angle brackets
    references: str = ""
    files: Sequence[File] = ()


@dataclass(frozen=True, slots=True)
class Body:
    """A mail's text, twice."""

    plain: str
    html: str


@dataclass(frozen=True, slots=True)
class _Words:
    """What a program says in the reader's language. Patterns are CLDR date patterns."""

    gmail: str
    gmail_date: str
    gmail_forward: str
    apple: str
    apple_date: str
    apple_forward: str
    outlook_date: str
    fields: tuple[str, str, str, str]  # From, Date (Outlook: Sent), To, Subject, with their colon
    sent: str


_WORDS = {
    "en": _Words(
        "On {at} {who} wrote:",
        "EEE, MMM d, y 'at' h:mm a",
        "---------- Forwarded message ---------",
        "On {at}, {who} wrote:",
        "MMM d, y, 'at' h:mm a",
        "Begin forwarded message:",
        "EEEE, MMMM d, y h:mm a",
        ("From:", "Date:", "To:", "Subject:"),
        "Sent:",
    ),
    "fr": _Words(
        "Le {at}, {who} a écrit :",
        "EEE d MMM y 'à' HH:mm",
        "---------- Message transféré ---------",
        "Le {at}, {who} a écrit :",
        "d MMM y 'à' HH:mm",
        "Début du message transféré :",
        "EEEE d MMMM y HH:mm",
        ("De :", "Date :", "À :", "Objet :"),
        "Envoyé :",
    ),
}


def body(client: Client, language: str, text: str, original: Original | None, *, forward: bool) -> Body:
    """Return `text` with the original below it, as this program writes it."""
    text = text.strip("\n")
    new = _NEW[client]
    if original is None:
        return Body(text + "\n", new(text))
    return _QUOTES[client](language if language in _WORDS else "en", text, original, forward)


def _gmail(language: str, text: str, original: Original, forward: bool) -> Body:
    words, new = _WORDS[language], _gmail_lines(text)
    opening = '<br><div class="gmail_quote gmail_quote_container">'
    if forward:
        lines = _fields(words, language, words.gmail_date, original)
        head = "\n".join((words.gmail_forward, *(f"{name} {value}" for name, value in lines)))
        told = "<br>".join(f"{name} {escape(value)}" for name, value in lines)
        html = (
            f'{new}{opening}<div dir="ltr" class="gmail_attr">{words.gmail_forward}<br>{told}<br></div>'
            f"<br><br>{_inside(original)}</div>"
        )
        return Body(f"{text}\n\n{head}\n\n\n{original.text}\n", html)
    line = words.gmail.format(at=_at(original, words.gmail_date, language), who=_who(original))
    html = (
        f'{new}{opening}<div dir="ltr" class="gmail_attr">{escape(line)}<br></div>'
        '<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;'
        f'border-left:1px solid rgb(204,204,204);padding-left:1ex">{_inside(original)}</blockquote></div>\n'
    )
    return Body(f"{text}\n\n{line}\n\n{_marked(original.text)}\n", html)


def _outlook(language: str, text: str, original: Original, forward: bool) -> Body:  # noqa: ARG001 (both look alike)
    words = _WORDS[language]
    lines = _fields(words, language, words.outlook_date, original)
    lines[1] = (words.sent, lines[1][1])
    head = "\n".join(f"{name} {value}" for name, value in lines)
    told = "<br>\n".join(f"<b>{name}</b> {escape(value)}" for name, value in lines)
    html = _outlook_page(
        f"{_outlook_lines(text)}\n"
        '<div id="appendonsend"></div>\n<hr style="display:inline-block;width:98%" tabindex="-1">\n'
        '<div id="divRplyFwdMsg" dir="ltr"><font face="Calibri, sans-serif" style="font-size:11pt" color="#000000">'
        f"{told}</font>\n<div>&nbsp;</div>\n</div>\n<div>{_inside(original)}</div>"
    )
    return Body(f"{text}\n\n{'_' * 32}\n{head}\n\n{original.text}\n", html)


def _apple(language: str, text: str, original: Original, forward: bool) -> Body:
    words = _WORDS[language]
    if forward:
        lines = _fields(words, language, words.apple_date, original)
        order = (lines[0], lines[3], lines[1], lines[2])
        head = [words.apple_forward, "", *(f"{name} {value}" for name, value in order)]
        told = "".join(f"<div><b>{name} </b>{escape(value)}<br></div>" for name, value in order)
        line = f"<div>{words.apple_forward}</div><br>{told}"
    else:
        head = [words.apple.format(at=_at(original, words.apple_date, language), who=_who(original))]
        line = f"<div>{escape(head[0])}</div>"
    html = _apple_page(
        f"{_apple_lines(text)}<div><br>"
        f'<blockquote type="cite">{line}<br class="Apple-interchange-newline">'
        f"<div>{_inside(original)}</div></blockquote></div><br>"
    )
    return Body(f"{text}\n\n{_marked(chr(10).join((*head, '', original.text)))}\n", html)


def _fields(words: _Words, language: str, pattern: str, original: Original) -> list[tuple[str, str]]:
    values = (_who(original), _at(original, pattern, language), original.to, original.subject)
    return [(name, one_line(value)) for name, value in zip(words.fields, values, strict=True)]


def _who(original: Original) -> str:
    return one_line(f"{original.sender} <{original.address}>" if original.sender else original.address)


def _at(original: Original, pattern: str, language: str) -> str:
    return format_datetime(original.at.astimezone(), pattern, locale=language) if original.at else ""


def _marked(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() if not line.startswith(">") else f">{line}" for line in text.split("\n"))


def _inside(original: Original) -> str:
    return original.html or escape(original.text).replace("\n", "<br>\n")


def _lines(text: str, opening: str) -> str:
    return "".join(f"{opening}{escape(line) or '<br>'}</div>\n" for line in text.split("\n"))


def _gmail_lines(text: str) -> str:
    return f'<div dir="ltr">{_lines(text, "<div>")}</div>'


def _outlook_lines(text: str) -> str:
    font = "font-family: Aptos, Calibri, Helvetica, sans-serif; font-size: 12pt; color: rgb(0, 0, 0);"
    return _lines(text, f'<div class="elementToProof" style="{font}">')


def _outlook_page(inside: str) -> str:
    head = (
        '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">\n'
        '<style type="text/css" style="display:none;"> P {margin-top:0;margin-bottom:0;} </style>'
    )
    return f'<html>\n<head>\n{head}\n</head>\n<body dir="ltr">\n{inside}\n</body>\n</html>\n'


def _apple_lines(text: str) -> str:
    return _lines(text, "<div>")


def _apple_page(inside: str) -> str:
    head = '<meta http-equiv="content-type" content="text/html; charset=utf-8">'
    style = "overflow-wrap: break-word; -webkit-nbsp-mode: space; line-break: after-white-space;"
    return f'<html><head>{head}</head><body style="{style}">{inside}</body></html>\n'


_NEW: dict[Client, Callable[[str], str]] = {
    Client.GMAIL: _gmail_lines,
    Client.OUTLOOK: lambda text: _outlook_page(_outlook_lines(text)),
    Client.APPLE: lambda text: _apple_page(_apple_lines(text)),
}
_QUOTES: dict[Client, Callable[[str, str, Original, bool], Body]] = {
    Client.GMAIL: _gmail,
    Client.OUTLOOK: _outlook,
    Client.APPLE: _apple,
}

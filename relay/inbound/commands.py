"""Reading SMTP command lines (RFC 5321 4.1). Pure: bytes in, a command or the reply that refuses it out."""

import re
from dataclasses import dataclass

from ..errors import (
    BAD_ARGUMENT,
    BAD_COMMAND,
    BAD_PARAMETER,
    BAD_RECIPIENT,
    BAD_SENDER,
    BARE_LINE_END,
    TOO_BIG,
    Reply,
)
from ..mail.addresses import Address, Path, parse_path

_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_VERB = re.compile(r"[A-Za-z]*")  # an empty line is a wrong command, but an innocent one
_UNREADABLE = "\N{REPLACEMENT CHARACTER}"  # stands where the line was not UTF-8


@dataclass(frozen=True, slots=True)
class Command:
    """One command: the verb in upper case, and the rest of the line without blanks around it."""

    verb: str
    argument: str


@dataclass(frozen=True, slots=True)
class Sender:
    """What MAIL says. `address` is "" for the null sender."""

    address: str
    smtputf8: bool = False
    size: int = 0  # octets that are announced (RFC 1870), 0: not told


def parse_command(line: bytes) -> Command | Reply:
    """Read one line with its line end. BARE_LINE_END and BAD_COMMAND: no mail client ever writes such a line."""
    if not line.endswith(b"\r\n"):
        return BARE_LINE_END
    if _CONTROL.search(line, 0, len(line) - 2):
        return BAD_COMMAND
    # Seen in practice: EHLO with a machine's name in the local 8-bit charset. Paths are checked below.
    verb, _, argument = line[:-2].decode("utf-8", "replace").partition(" ")
    if not _VERB.fullmatch(verb):
        return BAD_COMMAND
    return Command(verb.upper(), argument.strip(" "))


def parse_mail(argument: str, limit: int) -> Sender | Reply:
    """Read the argument of MAIL (RFC 5321, SIZE of RFC 1870, BODY of RFC 6152, SMTPUTF8 of RFC 6531).

    `limit` is in octets; a mail that is announced as larger is refused here, before it is sent.
    """
    path = _path(argument, "FROM:", literals=True)
    if path is None:
        return BAD_SENDER
    if isinstance(path, Reply):
        return path
    parameters = _parameters(path.parameters)
    if isinstance(parameters, Reply):
        return parameters
    wrong = next(filter(None, (_check(key, value, limit) for key, value in parameters.items())), None)
    if wrong:
        return wrong
    address = path.address.text if path.address else ""
    smtputf8 = "SMTPUTF8" in parameters
    if not address.isascii() and not smtputf8:
        return BAD_SENDER  # RFC 6531 3.4
    return Sender(address, smtputf8, int(parameters.get("SIZE", "0")))


def parse_rcpt(argument: str) -> Address | Reply:
    """Read the argument of RCPT. No parameter is offered for it."""
    path = _path(argument, "TO:")
    if isinstance(path, Reply):
        return path
    if path is None or path.address is None:
        return BAD_RECIPIENT
    return BAD_PARAMETER if path.parameters else path.address


def _path(argument: str, keyword: str, *, literals: bool = False) -> Path | Reply | None:
    """Return the path after `keyword`, None when it is not one."""
    if argument[: len(keyword)].upper() != keyword:
        return BAD_ARGUMENT
    text = argument[len(keyword) :]
    return None if _UNREADABLE in text else parse_path(text, literals)


def _parameters(text: str) -> dict[str, str] | Reply:
    """Return KEYWORD → value; a keyword that comes twice is refused."""
    pairs = [word.partition("=") for word in text.split()]
    parameters = {key.upper(): value for key, _, value in pairs}
    return parameters if len(parameters) == len(pairs) else BAD_ARGUMENT


def _check(key: str, value: str, limit: int) -> Reply | None:
    """Return what is wrong with one parameter of MAIL."""
    if key == "SIZE":
        if not (value.isascii() and value.isdigit() and len(value) <= 20):
            return BAD_ARGUMENT
        return TOO_BIG.with_values(limit=limit) if int(value) > limit else None
    if key == "BODY":
        return None if value.upper() in ("7BIT", "8BITMIME") else BAD_PARAMETER
    if key == "SMTPUTF8":
        return BAD_ARGUMENT if value else None
    return BAD_PARAMETER

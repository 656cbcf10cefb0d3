"""The one strict reader of addresses: SMTP paths (RFC 5321) and From (RFC 5322).

Identity, DMARC and display all use what is read here. Parsers disagree on odd headers, and whoever can make
two of them disagree can pose as somebody else; so anything but one clean address is no address.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Literal

import idna

from .charsets import decode_header
from .headers import decoded
from .names import clean_name, visible
from .tokens import Token, tokenize

__all__ = [
    "Address",
    "FromReading",
    "Path",
    "address_list",
    "clean_name",
    "parse_address",
    "parse_path",
    "read_from",
]

LOCAL_OCTETS = 64
ADDRESS_OCTETS = 254  # RFC 5321 section 4.5.3.1.3: a path of 256 less its brackets
_PATH_CHARACTERS = 2000
_FROM_BYTES = 4096
_LIST_BYTES = 64 * 1024
_LIST_LENGTH = 100

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]"
_DOT_STRING = re.compile(rf"{_ATEXT}+(?:\.{_ATEXT}+)*")
_QUOTED_STRING = re.compile(r'"((?:[ !#-\[\]-~\u0080-\U0010ffff]|\\[ -~])*)"')
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_ROUTE = r"@[^\s<>@,:\"]+(?:,@[^\s<>@,:\"]+)*:"  # RFC 5321 section 4.1.1.3: accepted and ignored
_PATH = re.compile(rf' *<(?:{_ROUTE})?((?:"(?:[^"\\]|\\.)*"|[^"<>\s\\])*)>(?: +(.*))?')
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_AT_SIGN = re.compile(r"\S\s*@\s*\S")

Problem = Literal["", "missing", "several-headers", "several-addresses", "unreadable", "group"]


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox as `parse_address` gives it: `local` unquoted where it can be, `domain` in lower-case A-labels."""

    local: str
    domain: str  # "" only for the bare <postmaster> of SMTP

    @property
    def text(self) -> str:
        """`local@domain`."""
        return f"{self.local}@{self.domain}" if self.domain else self.local

    @property
    def key(self) -> str:
        """What two spellings of one mailbox have in common: compare and store by it."""
        local = unicodedata.normalize("NFC", unicodedata.normalize("NFC", self.local).casefold())
        return f"{local}@{self.domain}"


@dataclass(frozen=True, slots=True)
class Path:
    """The argument of MAIL FROM or RCPT TO: `address` None is the null path `<>`."""

    address: Address | None
    parameters: str = ""


@dataclass(frozen=True, slots=True)
class FromReading:
    """What the From of a mail says. `address` is set exactly when `problem` is ""."""

    address: Address | None
    name: str = ""  # decoded display name on one line, no unseen characters
    problem: Problem = ""
    name_is_address: bool = False  # the name poses as an address: never show it


def parse_address(text: str, literals: bool = False) -> Address | None:
    """A Mailbox of RFC 5321 section 4.1.2 (with RFC 6531), None for anything else.

    `literals` True: an address literal such as `[192.0.2.1]` is a domain too.
    """
    if len(text) > ADDRESS_OCTETS + 2:
        return None
    local, at, domain = text.rpartition("@")
    plain = _local_part(local)
    if not at or plain is None:
        return None
    name = _literal(domain) if literals and domain.startswith("[") else _domain(domain)
    if name is None or len(plain.encode()) + 1 + len(name) > ADDRESS_OCTETS:
        return None
    return Address(plain, name)


def parse_path(text: str, literals: bool = False) -> Path | None:
    """What follows `MAIL FROM:` or `RCPT TO:`, None where it is no path in brackets."""
    if len(text) > _PATH_CHARACTERS or _CONTROL.search(text):
        return None
    match = _PATH.fullmatch(text)
    if not match:
        return None
    inner, parameters = match[1], (match[2] or "").strip(" ")
    if not inner:
        return Path(None, parameters) if text.lstrip(" ").startswith("<>") else None
    if inner.lower() == "postmaster":
        return Path(Address(inner, ""), parameters)
    address = parse_address(inner, literals)
    return Path(address, parameters) if address else None


def read_from(values: Sequence[bytes]) -> FromReading:
    """The one address in all raw From values of a mail, or why there is none that everybody would read alike."""
    if not values:
        return FromReading(None, problem="missing")
    if len(values) > 1:
        return FromReading(None, problem="several-headers")
    text = decode_header(values[0]) if len(values[0]) <= _FROM_BYTES else ""
    tokens = tokenize(text.strip(" \t"))
    if problem := _problem(text, tokens):
        return FromReading(None, problem=problem)
    phrase, spec = _mailbox([token for token in tokens if token.kind != "comment"])
    address = parse_address(spec)
    if not address or not _plain(spec, values[0]):
        return FromReading(None, problem="unreadable")
    name = visible(decoded(phrase.encode()))
    posing = bool(_AT_SIGN.search(unicodedata.normalize("NFKC", name)))
    return FromReading(address, name, "", posing)


def address_list(values: Sequence[bytes]) -> tuple[Address, ...]:
    """The addresses of To or Cc values in order, each once, the first hundred; what is none is passed over."""
    found: dict[str, Address] = {}
    for value in values:
        for spec in _specs(tokenize(decode_header(value[:_LIST_BYTES]))):
            if address := parse_address(spec):
                found.setdefault(address.key, address)
            if len(found) == _LIST_LENGTH:
                return tuple(found.values())
    return tuple(found.values())


def _local_part(text: str) -> str | None:
    """The local part in its one spelling: quoted only where it must be."""
    if match := _QUOTED_STRING.fullmatch(text):
        content = re.sub(r"\\(.)", r"\1", match[1])
        text = content if _DOT_STRING.fullmatch(content) else _quoted(content)
    elif not _DOT_STRING.fullmatch(text):
        return None
    if len(text.encode("utf-8", "replace")) > LOCAL_OCTETS:
        return None
    return text if text.isascii() or _honest(text) else None


def _quoted(content: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", content) + '"'


def _honest(text: str) -> bool:
    """Nothing unseen in it, and no look-alike of "@" or another special (compatibility forms, UAX 15)."""
    unseen = any(unicodedata.category(char)[0] in "CZ" for char in text if char > "\x7f")
    return not unseen and bool(_DOT_STRING.fullmatch(unicodedata.normalize("NFKC", text.strip('"'))))


def _domain(text: str) -> str | None:
    """A domain in A-labels and lower case, None where it is none (RFC 5321 section 4.1.2, UTS 46)."""
    if not text.isascii():
        if not _honest(text):
            return None
        try:
            text = idna.encode(text, uts46=True, std3_rules=True).decode("ascii")
        except UnicodeError:
            return None
    text = text.lower()
    return text if all(map(_LABEL.fullmatch, text.split("."))) else None


def _literal(text: str) -> str | None:
    """An address literal (RFC 5321 section 4.1.3)."""
    inner = text[1:-1] if text.endswith("]") else ""
    try:
        if inner[:5].lower() == "ipv6:":
            return f"[IPv6:{IPv6Address(inner[5:])}]"
        return f"[{IPv4Address(inner)}]"
    except ValueError:
        return None


def _problem(text: str, tokens: list[Token]) -> Problem:
    """Why the tokens of a From are not one mailbox, "" where they may be."""
    specials = [token.text for token in tokens if token.kind == "special"]
    comments = "".join(token.raw for token in tokens if token.kind == "comment")
    if not tokens or _CONTROL.search(text) or any(token.kind == "broken" for token in tokens):
        return "unreadable"
    if set(comments) & set('\\"<>@,;:'):
        return "unreadable"  # readers that do not know comments would take the address from there
    if ":" in specials:
        return "group"
    if "," in specials:
        return "several-addresses"
    return "unreadable" if "\\" in specials or ";" in specials else ""


def _mailbox(tokens: list[Token]) -> tuple[str, str]:
    """Display name and address text of one mailbox; the address is "" where the order of tokens is wrong."""
    raws = [token.raw for token in tokens]
    if "<" not in raws and ">" not in raws:
        return "", "".join(raws).strip(" \t")
    opening = raws.index("<") if "<" in raws else len(raws)
    phrase, rest = tokens[:opening], "".join(raws[opening:]).strip(" \t")
    ambiguous = any("@" in token.text for token in phrase if token.kind == "atom")
    tricky = any("\\" in token.raw and re.search("[<>@]", token.text) for token in phrase)
    if ambiguous or tricky or not rest.endswith(">") or ">" in raws[:opening]:
        return "", ""
    return "".join(token.text for token in phrase), rest[1:-1].strip(" \t")


def _plain(spec: str, raw: bytes) -> bool:
    """True when every reader takes `spec` for the same address: as it stands in `raw`, without quoted specials."""
    quoted = spec.startswith('"') and not re.fullmatch(rf"(?:{_ATEXT}|\.)+", spec[1 : spec.rindex('"')])
    return "=?" not in spec and not quoted and spec.encode("utf-8", "replace") in raw


def _specs(tokens: list[Token]) -> Iterator[str]:
    """The address texts of a list: what stands in brackets, else the last word with an "@" between two commas."""
    bare, open_at, seen = "", -1, False
    for index, token in enumerate([*tokens, Token("special", ",", ",")]):
        if token.kind == "special" and token.text == "<":
            open_at = index
        elif token.kind == "special" and token.text == ">" and open_at >= 0:
            yield "".join(inner.raw for inner in tokens[open_at + 1 : index]).strip().rpartition(":")[2]
            open_at, seen = -1, True
        elif token.kind == "special" and token.text in ",;:":
            if bare and not seen:
                yield bare
            bare, seen = "", False
        elif token.kind == "atom" and "@" in token.text and open_at < 0:
            bare = token.text

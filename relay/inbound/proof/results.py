"""Authentication-Results (RFC 8601): our own is written here, and those of a trusted MTA or sealer are read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast, get_args

from ...mail.tokens import tokenize
from .keys import is_domain
from .values import Arc, Dkim, DkimResult, Dmarc, Spf, SpfResult

_MOST_OCTETS = 8192
_TOLD = "told by somebody we trust"
_PLAIN = re.compile(r"[A-Za-z0-9!#$&'*+.^_`{|}~@/-]+")


@dataclass(frozen=True, slots=True)
class Told:
    """One result somebody else stated: `properties` as (`header.d`, value), lower case."""

    method: str
    result: str
    properties: tuple[tuple[str, str], ...]

    def value(self, name: str) -> str:
        """The first property of that name, "" where there is none."""
        return next((value for key, value in self.properties if key == name), "")


def write(authserv_id: str, spf: Spf, dkim: Sequence[Dkim], arc: Arc, dmarc: Dmarc, author: str) -> str:
    """Return the value of our own field on one line, safe to put into a header."""
    sender = "smtp.helo" if spf.identity == "helo" else "smtp.mailfrom"
    parts = [_method("spf", spf.result, (sender, spf.domain))]
    parts += [_method("dkim", one.result, ("header.d", one.domain), ("header.s", one.selector)) for one in dkim]
    if not dkim:
        parts.append("dkim=none")
    if arc.result != "none":
        parts.append(_method("arc", arc.result))
    parts.append(_method("dmarc", dmarc.result, ("policy.dmarc", dmarc.policy), ("header.from", author)))
    return "; ".join((_quoted(authserv_id), *parts))


def read(value: str) -> tuple[str, tuple[Told, ...]]:
    """Return the authserv-id (lower case) and the results of a field's value; ("", ()) where it cannot be read."""
    name, _, rest = (value if len(value) <= _MOST_OCTETS else "").partition(";")
    return _without_comments(name).split(" ")[0].lower(), read_results(rest)


def read_results(value: str) -> tuple[Told, ...]:
    """The results in `method=result ptype.property=value …; …`. What cannot be read is left out."""
    pieces = _without_comments(value).split(";") if len(value) <= _MOST_OCTETS else []
    return tuple(told for piece in pieces if (told := _told(piece)))


def spf_of(told: Sequence[Told]) -> Spf | None:
    """The SPF result among `told`, None where there is none."""
    for one in told:
        mailfrom, helo = one.value("smtp.mailfrom"), one.value("smtp.helo")
        domain = (mailfrom or helo).rpartition("@")[2]
        if one.method == "spf" and one.result in get_args(SpfResult) and is_domain(domain):
            return Spf(cast(SpfResult, one.result), domain, "mailfrom" if mailfrom else "helo", _TOLD)
    return None


def dkim_of(told: Sequence[Told]) -> tuple[Dkim, ...]:
    """The DKIM results among `told`."""
    found: list[Dkim] = []
    for one in told:
        domain = one.value("header.d") or one.value("header.i").rpartition("@")[2]
        selector = one.value("header.s") if is_domain(one.value("header.s")) else ""
        if one.method == "dkim" and one.result in get_args(DkimResult) and is_domain(domain):
            found.append(Dkim(domain, selector, cast(DkimResult, one.result), _TOLD))
    return tuple(found)


def dmarc_of(told: Sequence[Told], author: str) -> str:
    """The DMARC result among `told` for the From domain `author`, "" where there is none."""
    found = [one.result for one in told if one.method == "dmarc" and one.value("header.from") == author]
    return found[0] if found else ""


def _method(method: str, result: str, *properties: tuple[str, str]) -> str:
    stated = (f"{name}={_quoted(value)}" for name, value in properties if value)
    return " ".join((f"{method}={result}", *stated))


def _quoted(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    clean = "".join(char for char in value if " " <= char <= "~" and char not in '"\\')
    return f'"{clean}"'


def _without_comments(value: str) -> str:
    """The value without comments; quoted strings without their quotes, and with no `;` or blank in them."""
    out: list[str] = []
    for token in tokenize(value):
        if token.kind == "broken":
            return ""
        if token.kind == "quoted":
            out.append(re.sub(r"[;=\s]", "", token.text))
        else:
            out.append(" " if token.kind == "comment" else token.raw)
    return " ".join("".join(out).split())


def _told(piece: str) -> Told | None:
    words = re.sub(r" ?= ?", "=", piece.strip()).lower().split(" ")
    method, equals, result = words[0].partition("=")
    if not equals or not result:
        return None
    properties = tuple((name, value) for word in words[1:] for name, _, value in [word.partition("=")] if value)
    return Told(method.partition("/")[0], result, properties)

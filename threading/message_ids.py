"""Message-IDs out of References and In-Reply-To, whatever stands around them, and which of them are ours.

Ids are given and taken without angle brackets. Pure, never raises, linear.
"""

import re
from collections.abc import Collection

from ..relay.mail.headers import decoded
from ..relay.mail.masks import ALPHABET, TOKEN_LENGTH

MOST_CHARACTERS = 64 * 1024  # of one header: References of a thousand answers
MOST_IDS = 1000

# Up to the next bracket of either kind: seen in practice are "<<a@b>>", "<a@b <c@d>" and ids folded inside.
_BRACKETED = re.compile(r"<([^<>]+)(>?)")
_BARE = re.compile(r"[^\s,;<>()@\"]+@[^\s,;<>()@\"]+")
_SEPARATORS = re.compile(r"[\s,;]+")
_COMMENT = re.compile(r"\([^()<>]*\)")

# How an "@" looks after another system has packed the id into one of its own.
_AT = r"(?:@|=40|%40|_at_|=|_)"
_OURS = re.compile(rf"(?<![a-z0-9])m\.([{ALPHABET}]{{{TOKEN_LENGTH}}}){_AT}([a-z0-9._-]+)", re.ASCII)


def read_ids(value: str) -> tuple[str, ...]:
    """Every id in the value of References or In-Reply-To, in order, each once (RFC 5322 section 3.6.4).

    Words, comments, commas, folding inside an id and RFC 2047 encoding are seen in practice and do no harm.
    Ids without brackets count only where the value holds nothing else.
    """
    value = value[:MOST_CHARACTERS]
    if "=?" in value:
        value = decoded(value.encode("utf-8", "replace"))
    found = [_joined(match[1], match[2] == ">") for match in _BRACKETED.finditer(value)]
    if not found:
        found = _bare(value)
    ids = [id for id in dict.fromkeys(found) if id]
    return tuple(ids if len(ids) <= MOST_IDS else ids[:1] + ids[1 - MOST_IDS :])


def read_id(value: str) -> str:
    """The id in the value of Message-ID, "" where there is none."""
    ids = read_ids(value)
    if ids:
        return ids[0]
    word = _SEPARATORS.sub("", value[:998])
    return word.strip("<>")


def has_token(id: str) -> bool:
    """Something in an id has the form of ours, of whatever domain."""
    return _OURS.search(id[:998].lower()) is not None


def ours(id: str, domains: Collection[str]) -> str | None:
    """The delivery token in an id of ours, `m.<token>@<one of domains>`, else None.

    Case is of no matter, and neither is what a server on the way has put around it, as long as the whole of
    our id stands in the new one.
    """
    for match in _OURS.finditer(id[:998].lower()):
        rest = match[2]
        if any(_starts_with_domain(rest, domain.lower()) for domain in domains if domain):
            return match[1]
    return None


def _starts_with_domain(rest: str, domain: str) -> bool:
    """`rest` is the domain, or begins with it and goes on with what belongs to no domain name."""
    if not rest.startswith(domain):
        return False
    after = rest[len(domain) : len(domain) + 1]
    return after in ("", "_") or (after == "." and len(rest) == len(domain) + 1)


def _joined(text: str, closed: bool) -> str:
    """The id in brackets; blanks inside come from folding. One without an end is its first word."""
    words = text.split()
    if not words:
        return ""
    return "".join(words) if closed else words[0].rstrip(",;")


def _bare(value: str) -> list[str]:
    words = [word for word in _SEPARATORS.split(_COMMENT.sub(" ", value)) if word]
    return words if all(_BARE.fullmatch(word) for word in words) else []

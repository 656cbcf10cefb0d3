"""Masked addresses: `buyer-<token>@reply-domain` and what else may stand before the token.

A token is 16 characters of an alphabet without look-alikes: 77 random bits, so it is found by its exact text
or not at all; a near miss is never guessed. Case does not matter. What stands after a `+` changes nothing of where
a mail goes; at an action address it may say more, as in `decline-<token>+discontinued@`.
"""

import re
import secrets
from dataclasses import dataclass

ALPHABET = "abcdefghkmnprstuvwxyz2345689"
TOKEN_LENGTH = 16
_TOKENS = len(ALPHABET) ** TOKEN_LENGTH

# What can be done by a mail to an address of its own: the verb, then the token of the mask one writes to.
VERBS = ("decline", "transfer", "phone", "history", "document", "leave", "close", "reopen", "undo")

_LOCAL = re.compile(
    rf"(buyer|seller|bounce|{'|'.join(VERBS)})-([{ALPHABET}]{{{TOKEN_LENGTH}}})(?:\+(.*))?", re.ASCII | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class MaskName:
    """The local part of an address of ours, taken apart."""

    word: str  # buyer | seller: the side it stands for; bounce: a return path; one of VERBS
    token: str
    detail: str = ""  # what stands after the "+"


def new_token() -> str:
    """Return a token that nobody can guess."""
    number = secrets.randbelow(_TOKENS)  # one question to the system, not one for each character
    characters: list[str] = []
    for _ in range(TOKEN_LENGTH):
        number, place = divmod(number, len(ALPHABET))
        characters.append(ALPHABET[place])
    return "".join(characters)


def read_local(local: str) -> MaskName | None:
    """Take a local part apart, None when it does not have the form of one of ours."""
    match = _LOCAL.fullmatch(local.lower())
    return MaskName(match[1], match[2], match[3] or "") if match else None


def mask_address(side: str, token: str, domain: str) -> str:
    """Return the mask that stands for `side`."""
    return f"{side}-{token}@{domain}"


def action_address(verb: str, mask: str, detail: str = "") -> str:
    """Return the address at which somebody who writes to `mask` does what `verb` says."""
    token = mask.partition("-")[2]
    return f"{verb}-{token}" if not detail else f"{verb}-{token.replace('@', f'+{detail}@', 1)}"


def return_path(delivery_token: str, domain: str) -> str:
    """Return the envelope sender of one delivery (VERP), so that a bounce names what bounced."""
    return f"bounce-{delivery_token}@{domain}"


def message_id(delivery_token: str, domain: str) -> str:
    """Return our Message-ID of one delivery, without angle brackets."""
    return f"m.{delivery_token}@{domain}"

"""What a mail to an action address asks for, read from its words. Pure.

Little is asked of the writer: for most actions any mail will do. A reason may be given by what stands after the "+"
of the address, by its number in the list, or in one's own words.
"""

from dataclasses import dataclass

from ..compose.i18n import Words
from ..compose.reasons import Reason, reason_lines, reason_named
from ..mail.addresses import Address, parse_address
from .act import Wish
from .close import Close
from .decline import Decline
from .history import History
from .leave import Leave
from .phone import Phone
from .reopen import Reopen
from .transfer import Transfer
from .undo import Undo

_AROUND = "<>()[]\"',;:.!?"  # what people write around an address
_LONGEST_LINE = 1000


@dataclass(frozen=True, slots=True)
class Asking:
    """What is known of a mail to an action address."""

    verb: str
    detail: str  # what stood after the "+"
    text: str  # its new words
    copied: tuple[Address, ...]  # who else is in To and Cc
    words: Words  # the writer's language


def wish_of(asking: Asking) -> Wish | None:
    """Return what is wanted, None where the mail does not say it."""
    match asking.verb:
        case "decline":
            return _decline(asking)
        case "transfer":
            return _transfer(asking)
        case "phone":
            return Phone()
        case "history":
            return History()
        case "leave":
            return Leave()
        case "close":
            return Close()
        case "reopen":
            return Reopen()
        case "undo":
            return Undo()
        case _:
            return None


def _decline(asking: Asking) -> Decline | None:
    text = asking.text.strip()
    by_address = reason_named(asking.detail.lower())
    if by_address and (by_address != "other" or text):
        return Decline(by_address, text)
    first, _, rest = text.partition("\n")
    chosen = _reason(first, asking.words)
    if chosen and (chosen != "other" or rest.strip()):
        return Decline(chosen, rest.strip())
    return Decline("other", text) if text else None


def _reason(line: str, words: Words) -> Reason | None:
    """Return the reason that a line names by its number or its words."""
    said = line.strip().rstrip(".").casefold()
    for number, (reason, label) in enumerate(reason_lines(words), 1):
        if said in (str(number), label.casefold().rstrip("."), f"{number}. {label}".casefold()):
            return reason
    return None


def _transfer(asking: Asking) -> Transfer | None:
    """The address in the first line, else the one person in Cc; what else is written is the note."""
    text = asking.text.strip()
    first, _, rest = text.partition("\n")
    named = _addresses(first)
    if len(named) == 1:
        return Transfer(named[0], _name(first), rest.strip())
    if not named and len(asking.copied) == 1:
        return Transfer(asking.copied[0], "", text)
    return None


def _addresses(line: str) -> list[Address]:
    """Return the mail addresses among the words of a line."""
    found = (parse_address(word.strip(_AROUND).removeprefix("mailto:")) for word in line[:_LONGEST_LINE].split())
    return list({address.key: address for address in found if address is not None}.values())


def _name(line: str) -> str:
    """Return the name of `Ben Weber <ben@werk.example>`, "" for any other form."""
    name, bracket, _ = line.partition("<")
    return name.strip().strip('"') if bracket else ""

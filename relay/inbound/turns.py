"""What the door says: one turn of the conversation, and the replies that are a plain yes (refusals: errors.py)."""

from dataclasses import dataclass
from enum import Enum, auto

from ..errors import Reply


class Then(Enum):
    """What happens after a reply is written."""

    NEXT_COMMAND = auto()
    READ_MAIL = auto()  # the content of a mail follows
    START_TLS = auto()
    CLOSE = auto()


@dataclass(frozen=True, slots=True)
class Turn:
    """The lines of one reply, without line ends, and what happens then. `why` is for the journal, if that is CLOSE."""

    lines: tuple[str, ...]
    then: Then = Then.NEXT_COMMAND
    why: str = ""


def say(reply: Reply) -> Turn:
    """Return the turn that is this reply and nothing more."""
    return Turn((reply.line,))


def close(reply: Reply, why: str = "") -> Turn:
    """Return the turn that is this reply and the end of the connection."""
    return Turn((reply.line,), Then.CLOSE, why or reply.reason)


SENDER_OK = say(Reply(250, "2.1.0", "", "Ok"))
RECIPIENT_OK = say(Reply(250, "2.1.5", "", "Ok"))
OK = say(Reply(250, "2.0.0", "", "Ok"))
HELP = say(Reply(214, "2.0.0", "", "This server takes mail as RFC 5321 tells"))
BYE = close(Reply(221, "2.0.0", "", "Bye"), "quit")
GO_AHEAD = Turn((Reply(354, "", "", "End the mail with <CR><LF>.<CR><LF>").line,), Then.READ_MAIL)
READY_FOR_TLS = Turn((Reply(220, "2.0.0", "", "Ready to start TLS").line,), Then.START_TLS)


def banner(hostname: str) -> Turn:
    """Return the greeting. It names no program and no version: they help nobody but an attacker."""
    return Turn((f"220 {hostname} ESMTP",))


def ehlo(hostname: str, max_octets: int, *, tls_offered: bool) -> Turn:
    """Return the answer to EHLO with everything that is offered (RFC 5321 4.1.1.1)."""
    offers = [f"SIZE {max_octets}", "8BITMIME", "SMTPUTF8", "PIPELINING", "ENHANCEDSTATUSCODES"]
    if tls_offered:
        offers.append("STARTTLS")
    return Turn((f"250-{hostname}", *(f"250-{offer}" for offer in offers[:-1]), f"250 {offers[-1]}"))

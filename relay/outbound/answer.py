"""What came of one attempt to hand a mail to another server, in words that can be kept and logged.

Nothing here comes from a mail, but the other server's text does come from a stranger: it is cleaned and cut, it is
for ops only, and no decision is made on it beyond the codes of RFC 5321 and RFC 3463.
"""

import re
import ssl
import traceback
from dataclasses import dataclass
from typing import Literal, Self

from aiosmtplib import SMTPException, SMTPResponseException

from ...store.blobs import BlobMissing

State = Literal["sent", "deferred", "failed"]
Stage = Literal["connect", "tls", "mail", "rcpt", "data", "dot"]

_LONGEST_TEXT = 500
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?=\s|$)")  # RFC 2034 4: first in the text of each line


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one attempt came to. Only "sent" means that the mail is the remote's now."""

    state: State
    code: int = 0  # the remote's reply code, 0 where it did not answer or was not asked
    enhanced: str = ""  # RFC 3463: the remote's, "" if it gave none; ours where `code` is 0
    text: str = ""  # the remote's words or ours, one clean line, for ops
    host: str = ""  # who was spoken to
    stage: Stage | Literal[""] = ""  # how far it came
    uncertain: bool = False  # the whole mail was written and no answer came: it may have been delivered
    cause: str = ""  # traceback of a fault of ours, "" where there was none
    lost: bool = False  # what the mail is made from is not there: no later attempt will find it

    @classmethod
    def deferred(cls, text: str, enhanced: str = "", host: str = "", stage: Stage | Literal[""] = "") -> Self:
        """Not now, for a reason the remote did not state itself."""
        return cls("deferred", 0, enhanced, clean(text), host, stage, uncertain=stage == "dot")

    @classmethod
    def failed(cls, text: str, enhanced: str, host: str = "", stage: Stage | Literal[""] = "") -> Self:
        """Never, for a reason we found ourselves."""
        return cls("failed", 0, enhanced, clean(text), host, stage)

    @property
    def remote(self) -> str:
        """The answer as one line for the log: `mx.example said 550 5.1.1 no such user`."""
        said = " ".join(part for part in (str(self.code or ""), self.enhanced, self.text) if part)
        return f"{self.host} said {said}" if self.code else f"{self.host} {said}".strip()


class NotSent(Exception):
    """The mail cannot be handed over; `outcome` says why. Never leaves `Transport.send`."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.remote)
        self.outcome = outcome


def from_reply(code: int, text: str, host: str, stage: Stage) -> Outcome:
    """Return what a reply of the remote means at `stage` (RFC 5321 4.2.1).

    A refusal before MAIL speaks about the connection and our place in the world, not about this mail, so 5yz is only
    "deferred" there: a wrong password or a block list must not send a whole queue back. An answer that is no
    SMTP reply to the step (1yz, 3yz, garbage) is "deferred"; after the dot nobody knows what it stood for.
    """
    states: dict[int, State] = {2: "sent", 4: "deferred", 5: "deferred" if stage in ("connect", "tls") else "failed"}
    state = states.get(code // 100)
    if state is None or (state == "sent" and stage != "dot"):
        return Outcome.deferred(f"not an answer to this step: {code} {text}", "4.5.0", host, stage)
    found = _ENHANCED.match(text)
    enhanced = found[1] if found and found[1][0] == str(code // 100) else ""
    words = "\n".join(_ENHANCED.sub("", line, count=1) if enhanced else line for line in text.splitlines())
    return Outcome(state, code, enhanced, clean(words), host, stage)


def from_error(error: Exception, host: str, stage: Stage) -> Outcome:
    """Return what an exception of the connection means at `stage`; one that was not foreseen comes with its cause."""
    if isinstance(error, SMTPResponseException):
        return from_reply(error.code, error.message, host, stage)
    match error:
        case TimeoutError():
            text, enhanced = "no answer in time", "4.4.1" if stage == "connect" else "4.4.2"
        case ssl.SSLError():
            text, enhanced = f"TLS: {error}", "4.7.5"
        case OSError() if stage == "connect":
            text, enhanced = f"no connection: {error}", "4.4.1"
        case OSError():
            text, enhanced = f"the connection was lost: {error}", "4.4.2"
        case SMTPException():
            text, enhanced = error.message, "4.5.0"
        case _:
            return unforeseen(error, host, stage)
    return Outcome.deferred(text, enhanced, host, stage)


def unforeseen(error: Exception, host: str = "", stage: Stage | Literal[""] = "") -> Outcome:
    """Return the outcome of a fault of ours: "deferred", with the traceback for the journal."""
    cause, lost = "".join(traceback.format_exception(error)), isinstance(error, BlobMissing)
    text = f"a fault of ours: {error}" if lost else "a fault of ours"
    return Outcome("deferred", 0, "4.3.0", text, host, stage, uncertain=stage == "dot", cause=cause, lost=lost)


def clean(text: str) -> str:
    """Return `text` as one line of at most 500 printable characters; runs of others become one blank."""
    shown = text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)
    return " ".join(shown.split())[:_LONGEST_TEXT]

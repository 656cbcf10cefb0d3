"""Every answer the gateway gives that is not a plain yes, in one table.

A `Reply` is what an SMTP client is told: the code (RFC 5321), the enhanced code (RFC 3463), our own stable
reason, and a sentence for the person who will read it in a bounce. Our own faults are always 451 or 421:
the other server keeps the mail and tries again, and nothing of the fault's text is shown (docs/smtp-replies.md).
"""

import errno
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Reply:
    """One SMTP answer. `reason` is stable and documented; `{…}` in `text` is filled in by `with_values`."""

    code: int
    enhanced: str
    reason: str
    text: str

    @property
    def accepted(self) -> bool:
        """True for a yes (2yz)."""
        return 200 <= self.code < 300

    @property
    def temporary(self) -> bool:
        """True when the sending server is to try again (4yz)."""
        return 400 <= self.code < 500

    @property
    def line(self) -> str:
        """The answer as one line without the line end: `550 5.1.1 R101 There is no …`; a yes has no reason."""
        return " ".join(part for part in (str(self.code), self.enhanced, self.reason, self.text) if part)

    def with_values(self, **values: object) -> "Reply":
        """Return the reply with its `{name}` places filled in. The values must be our own, never the mail's."""
        return replace(self, text=self.text.format(**values))


def kept(id: str) -> Reply:
    """Return the yes to a whole mail: it is on disk, and `id` is what to ask the operator for."""
    return Reply(250, "2.0.0", "", f"Ok: kept as {id}")


class Refused(Exception):
    """A person's mail or request cannot be taken as it is; `reply` says why, in words for that person."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.line)
        self.reply = reply


class StoreUnavailable(Exception):
    """The store could not take a unit of work now (disk full, locked, shutting down); nothing was written."""


class StoreFull(StoreUnavailable):
    """There is no room to store this; nothing was written."""


def unstored(error: Exception) -> StoreUnavailable:
    """Return what to raise of something that could not be written: for want of room on a disk, or otherwise."""
    return (StoreFull if is_full(error) else StoreUnavailable)(str(error))


def is_full(error: Exception) -> bool:
    """True when it was for want of room on a disk that something could not be written."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return any(words in str(error) for words in ("disk is full", "No space left on device"))


# Recipients
NO_SUCH_ADDRESS = Reply(
    550, "5.1.1", "R101", "There is no such address here; please copy it from the mail you are answering"
)
CLOSED = Reply(
    550,
    "5.1.6",
    "R102",
    "This conversation is closed; the marketplace's help page tells how to reach the company",
)
NOT_ANY_MORE = Reply(
    550,
    "5.7.1",
    "R103",
    "You have left this conversation or it was handed to a colleague, so this was not passed on",
)
BAD_RECIPIENT = Reply(
    501, "5.1.3", "R104", "This is not a mail address; please check it for blanks and stray characters"
)
TOO_MANY_RECIPIENTS = Reply(452, "4.5.3", "R105", "Too many recipients in one mail; please send the rest separately")
BAD_SENDER = Reply(501, "5.1.7", "R106", "The sender's address of this mail is not an address")
NOT_FOR_PEOPLE = Reply(
    550,
    "5.7.1",
    "R107",
    "This address only takes reports of mail servers; please answer to the address in From of the mail you got",
)

# The mail itself
TOO_BIG = Reply(552, "5.3.4", "R201", "The mail is larger than {limit} bytes; please send big files in several mails")
HEADERS_TOO_BIG = Reply(
    550, "5.6.0", "R202", "The mail's header is larger than any honest mail needs, so it was not read"
)
NO_FROM = Reply(
    550,
    "5.6.0",
    "R203",
    "The mail says nowhere who wrote it (no From); please send it again from your mail program",
)
SEVERAL_FROM = Reply(
    550, "5.6.0", "R204", "The mail names more than one writer (From); please send it again from one address"
)
UNREADABLE_FROM = Reply(
    550,
    "5.6.0",
    "R205",
    "The mail's From is not a mail address that can be read; please check your mail program's account",
)
LOOP = Reply(554, "5.4.6", "R206", "This mail has already been through here, so it was stopped to end a loop")
OWN_SIDE = Reply(
    550,
    "5.7.1",
    "R207",
    "You wrote to the address that stands for yourself; please answer the mail you were sent",
)
OUR_OWN = Reply(550, "5.7.1", "R209", "Addresses of this service pass mail on for people; they do not write themselves")
ONLY_BY_SOMEBODY_KNOWN = Reply(
    550,
    "5.7.1",
    "R210",
    "It is not sure that you take part in this conversation, so nothing was done; "
    "please write from the address you were written to, or use the link in our mail",
)
EMPTY = Reply(550, "5.6.0", "R208", "The mail holds neither words nor a file, so there is nothing to pass on")

# The session
TOO_MANY_FROM_YOU = Reply(
    421, "4.7.0", "R301", "Too many connections from your address at once; please try again later"
)
TOO_BUSY = Reply(421, "4.3.2", "R302", "Too many connections at once; please try again later")
TOO_SLOW = Reply(421, "4.4.2", "R303", "Nothing was heard for too long; closing the connection")
TOO_MANY_COMMANDS = Reply(421, "4.7.0", "R304", "Too many commands without a mail; closing the connection")
TOO_MANY_ERRORS = Reply(421, "4.7.0", "R305", "Too many wrong commands; closing the connection")
LINE_TOO_LONG = Reply(500, "5.5.2", "R306", "The command line is too long")
BAD_COMMAND = Reply(500, "5.5.2", "R307", "This is not an SMTP command")
BAD_ORDER = Reply(503, "5.5.1", "R308", "This command does not fit here")
BAD_ARGUMENT = Reply(501, "5.5.4", "R309", "The command's argument cannot be read")
EARLY_TALKER = Reply(554, "5.5.0", "R310", "Data was sent before it was asked for; closing the connection")
NOT_OFFERED = Reply(502, "5.5.1", "R311", "This command is not offered here")
NEED_TLS = Reply(530, "5.7.0", "R312", "Please start TLS first")
BARE_LINE_END = Reply(500, "5.5.2", "R313", "Every command line must end with CR LF; closing the connection")
BAD_PARAMETER = Reply(555, "5.5.4", "R314", "This parameter is not offered here")

# Our own side
OUR_FAULT = Reply(451, "4.3.0", "R901", "A fault of ours stopped this mail; please try again. Reference {reference}")
STORE_BUSY = Reply(
    451, "4.3.1", "R902", "The mail could not be stored just now; please try again. Reference {reference}"
)
STOPPING = Reply(421, "4.3.2", "R903", "The service is restarting; please try again in a minute")
TOO_MUCH_AT_ONCE = Reply(452, "4.3.1", "R905", "Too much mail is coming in at once; please try again later")
TOO_MUCH_FROM_YOU = Reply(
    452, "4.7.0", "R906", "Too much mail is coming in from your address at once; please try again later"
)
DISK_FULL = Reply(452, "4.3.1", "R904", "There is not enough room to store this mail just now; please try again later")


def reply_to_fault(error: Exception) -> Reply:
    """Return what a client is told of an exception of ours: to try again, and nothing of what happened."""
    if isinstance(error, StoreFull):
        return DISK_FULL
    return STORE_BUSY if isinstance(error, StoreUnavailable) else OUR_FAULT


REPLIES: tuple[Reply, ...] = tuple(value for value in list(globals().values()) if isinstance(value, Reply))

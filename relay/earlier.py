"""What a participant's earlier mails tell about the end of this one: lines that end all of them are his signature.

Costs a look-up where he has written before, and the mail is split once more, from its outline, only where it ends as
one of those did.
"""

from dataclasses import replace

from sqlalchemy import Connection

from ..store import messages
from ..threading.reply import Writer, split_outline
from .parents import Candidates
from .understand import Understood

_LOOKED_AT = 3  # earlier mails


def endings(connection: Connection, inquiry: int, understood: Understood, among: Candidates) -> tuple[str, ...]:
    """The words of his last mails in this inquiry with their signatures, newest first; none before his first."""
    writer = understood.writer.address
    if writer is None or not any(one.author == writer.text for one in among.known):
        return ()
    said = messages.last_said(connection, inquiry, writer.text, _LOOKED_AT)
    return tuple(f"{one.text}\n{one.signature}".rstrip() for one in said)


def with_signature_known(understood: Understood, earlier: tuple[str, ...]) -> Understood:
    """The same mail, its signature told from its words by what ended his earlier ones."""
    last = _last_line(understood.split.text)
    if understood.outline is None or not last or all(_last_line(one) != last for one in earlier):
        return understood
    return replace(understood, split=split_outline(understood.outline, Writer(understood.writer.name, earlier)))


def _last_line(text: str) -> str:
    return " ".join(text.rstrip().rpartition("\n")[2].split())

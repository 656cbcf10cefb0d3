"""What a participant's earlier mails tell about the end of this one: lines that end all of them are his signature.

Costs a look-up where he has written before, and the mail is split once more, from its outline, only where it ends as
one of those did.
"""

from collections.abc import Sequence
from dataclasses import replace

from ..store.messages import Worded
from ..threading.reply import Writer, split_outline
from .understand import Understood

LOOKED_AT = 3  # earlier mails


def with_signature_known(understood: Understood, said: Sequence[Worded]) -> Understood:
    """The same mail, its signature told from its words by what ended the writer's earlier mails, newest first."""
    last = _last_line(understood.split.text)
    earlier = tuple([f"{one.text}\n{one.signature}".rstrip() for one in said[:LOOKED_AT]])
    if understood.outline is None or not last or all(_last_line(one) != last for one in earlier):
        return understood
    return replace(understood, split=split_outline(understood.outline, Writer(understood.writer.name, earlier)))


def _last_line(text: str) -> str:
    return " ".join(text.rstrip().rpartition("\n")[2].split())

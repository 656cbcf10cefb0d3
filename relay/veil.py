"""What of one side's words and files the other side may see (R2): the same in mails and on the page.

Made of what is recorded: who takes part, the masks, and whether an order stands. docs/masking.md has the rules.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from ..store import events, inquiries
from ..store.tables import Side
from ..store.values import MessageRow, ParticipantRow
from .compose.masking import Names, mask_file, mask_file_name, mask_text
from .compose.masking_html import mask_said_html
from .compose.masking_typed import mask_said
from .mail.domains import is_public_provider
from .mail.html import sanitise
from .mail.masks import mask_address
from .mail.write import File
from .world import World

ORDERED = ("quote.accepted", "order.paid")  # events from which on the parties may know each other
_GAP = r"[\s().\-/]{0,3}"  # what may stand between the digits of a telephone number
_FEWEST_DIGITS = 7


class Seen(Protocol):
    """How a reader sees the parts of one message."""

    def said(self, text: str) -> str: ...  # noqa: D102
    def said_html(self, html: str) -> str: ...  # noqa: D102
    def carried(self, text: str) -> str: ...  # noqa: D102
    def file_name(self, name: str) -> str: ...  # noqa: D102
    def file(self, file: File) -> File | None: ...  # noqa: D102


class Open:
    """Nothing is hidden: one's own side's messages."""

    def said(self, text: str) -> str:
        """As it is."""
        return text

    def said_html(self, html: str) -> str:
        """Made safe."""
        return sanitise(html)

    def carried(self, text: str) -> str:
        """As it is."""
        return text

    def file_name(self, name: str) -> str:
        """As it is."""
        return name

    def file(self, file: File) -> File | None:
        """As it is."""
        return file


OPEN = Open()


@dataclass(frozen=True, slots=True)
class Veil:
    """What hides the people of an inquiry from one reader; `keep_typed` until an order where the setting says so."""

    names: Names
    phones: re.Pattern[str] | None  # numbers of the other side, however they are grouped
    keep_typed: bool

    def over(self, message: MessageRow) -> "Veil":
        """Return the veil of one message: whose words they are, and whether they came in a form that hides some."""
        typed = "keep" if self.keep_typed and not message.disguised else "mask"
        return replace(self, names=replace(self.names, writer=message.from_email, typed=typed))

    def said(self, text: str) -> str:
        """What a person wrote, his own address in words that he typed left where it may stay."""
        return mask_said(text, self.names).text

    def said_html(self, html: str) -> str:
        """The same in HTML, made safe; "" where it cannot be shown."""
        return mask_said_html(html, self.names).text

    def carried(self, text: str) -> str:
        """What a mail carries along without its writer's doing: quotations, signatures."""
        masked = mask_text(text, self.names).text
        return self.phones.sub("***", masked) if self.phones else masked

    def file_name(self, name: str) -> str:
        """The name of a file."""
        return mask_file_name(name, self.names)

    def file(self, file: File) -> File | None:
        """A file as the mail carries it: enclosed mails, cards and calendars hold addresses too. None: left out."""
        return mask_file(file, self.names)[0]


def load_veil(connection: Connection, world: World, inquiry: int, reader: ParticipantRow, at: datetime) -> Veil:
    """Read what hides the people of an inquiry from `reader`, as it stood at `at`."""
    people = inquiries.participants(connection, inquiry)
    place = world.settings.place(inquiries.get(connection, inquiry).marketplace)
    keep_typed = may_keep_typed(connection, world, inquiry, at)
    masks = inquiries.masks_of(connection, inquiry)
    return make_veil(world, people, masks, place.reply_domain, reader, keep_typed=keep_typed)


def make_veil(
    world: World,
    people: Sequence[ParticipantRow],
    masks: dict[str, str],
    domain: str,
    reader: ParticipantRow,
    *,
    keep_typed: bool,
) -> Veil:
    """Return what hides `people` from `reader`; `masks`: the tokens by side."""
    names = replace(names_for(people, masks, domain, reader.email), documents=world.settings.masking.documents)
    return Veil(names, phones(people, reader), keep_typed)


def may_keep_typed(connection: Connection, world: World, inquiry: int, at: datetime) -> bool:
    """Return whether words that somebody typed about himself stay: always, or once an order stands at `at`."""
    if world.settings.masking.typed == "keep":
        return True
    return any(event.at <= at for event in events.of_kinds(connection, inquiry, ORDERED))


def names_for(people: Sequence[ParticipantRow], tokens: dict[str, str], domain: str, reader: str) -> Names:
    """Return the real addresses and company hosts of an inquiry, and the masks that stand for them."""
    masks = {side: mask_address(side, token, domain) for side, token in tokens.items()}
    parties = [one for one in people if one.side in masks]
    hosts = {one.email_key.rpartition("@")[2] for one in parties}
    companies = tuple(sorted(host for host in hosts if host and not is_public_provider(host)))
    return Names(tuple((one.email, masks[one.side]) for one in parties), companies, reader=reader)


def phones(people: Sequence[ParticipantRow], reader: ParticipantRow) -> re.Pattern[str] | None:
    """A pattern for the other side's telephone numbers, None where it gave none."""
    others = [one for one in people if one.side not in (reader.side, Side.OBSERVER)]
    loose = [pattern for one in others if (pattern := _loose(one.phone))]
    return re.compile("|".join(loose)) if loose else None


def _loose(phone: str) -> str:
    """A pattern for a telephone number however its digits are grouped."""
    digits = re.findall(r"\d", phone)
    return r"\+?" + _GAP.join(digits) if len(digits) >= _FEWEST_DIGITS else ""

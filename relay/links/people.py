"""How people are called on one reader's page: his own side by full name and address, the other side as in mails."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ...store.tables import Side
from ...store.values import InquiryRow, ParticipantRow
from ..compose.i18n import Words
from ..compose.names import Naming, short
from ..job import person_of, place_of, request_of
from ..mail.names import clean_name, visible
from ..settings import Marketplace

_NAME_SHOWN = 200


@dataclass(frozen=True, slots=True)
class PersonView:
    """One person as the reader may see him. `address` is "" for the other side."""

    name: str
    company: str
    address: str
    initials: str
    own: bool
    you: bool
    known: bool  # False for the writer of a held mail


class People:
    """Everybody of an inquiry, seen by one reader."""

    def __init__(
        self,
        people: tuple[ParticipantRow, ...],
        reader: ParticipantRow,
        inquiry: InquiryRow,
        place: Marketplace,
        words: Words,
    ) -> None:
        self._by_seq = {person.seq: person for person in people}
        self.reader = reader
        self._naming = Naming(words, place_of(place), request_of(inquiry))

    def find(self, seq: int | None) -> ParticipantRow | None:
        """Return a participant, None for nobody or one whom the page does not name."""
        person = self._by_seq.get(seq) if seq is not None else None
        return person if person is not None and person.side != Side.OBSERVER else None

    def is_observer(self, seq: int | None) -> bool:
        """True for somebody whom the parties do not see."""
        person = self._by_seq.get(seq) if seq is not None else None
        return person is not None and person.side == Side.OBSERVER

    def called(self, person: ParticipantRow) -> str:
        """Return what a person is called before this reader."""
        if person.side != self.reader.side:
            return self._naming.called(person_of(person))
        return visible(person.name[:_NAME_SHOWN]) or person.email

    def listed(self, people: Iterable[ParticipantRow]) -> str:
        """Return several people as a list in words, each once; what is one company's is named once."""
        people = list(dict.fromkeys(people))
        listed = self._naming.words.listed
        names = [short(clean_name(one.name), self._naming.place.names) for one in people]
        companies = {self._company(one) for one in people}
        if len(people) > 1 and all(names) and len(companies) == 1 and people[0].side != self.reader.side:
            company = companies.pop()
            return f"{listed(list(dict.fromkeys(names)))} ({company})" if company else listed(names)
        return listed(list(dict.fromkeys(map(self.called, people))))

    def _company(self, person: ParticipantRow) -> str:
        return clean_name(person.company) or (self._naming.company() if person.side == Side.SELLER else "")

    def view(self, person: ParticipantRow) -> PersonView:
        """Return one person for the template."""
        own = person.side == self.reader.side
        name = self.called(person)
        return PersonView(
            name=name,
            company=visible(person.company[:_NAME_SHOWN]) if own else "",
            address=person.email if own and name != person.email else "",
            initials=initials(name),
            own=own,
            you=person.seq == self.reader.seq,
            known=True,
        )

    def counterpart(self) -> str:
        """Return the other side in words."""
        return self.listed(self._others())

    def language(self) -> str:
        """Return what language the other side writes in; "" where it is the reader's or there are more."""
        spoken = {one.language for one in self._others()}
        words = self._naming.words
        return words.language_name(spoken.pop()) if len(spoken) == 1 and spoken != {self.reader.language} else ""

    def _others(self) -> list[ParticipantRow]:
        other = Side(self.reader.side).other
        return [one for one in self._by_seq.values() if one.side == other and one.state == "active"]


def initials(name: str) -> str:
    """Return one or two letters that stand for a person."""
    words = [word for word in re.split(r"[\s.@_()-]+", name.partition(" (")[0]) if word and word[0].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "·"

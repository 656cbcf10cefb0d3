"""How a person is called before the other side (R3): his name and company, never what leads around the gateway."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..mail.names import clean_name
from .i18n import Words
from .letters import NameStyle, Person, Place, Request


@dataclass(frozen=True, slots=True)
class Naming:
    """The rules of one mail: whose words, which marketplace, which company was asked."""

    words: Words
    place: Place
    request: Request

    def called(self, person: Person) -> str:
        """Return "Jean D. (ACME)", his company alone where he gave no name, or his side where there is neither."""
        name, company = self._name(person), self._company(person)
        if name and company and name.casefold() != company.casefold():
            return f"{name} ({company})"
        return name or company or self._side(person)

    def colleague(self, person: Person) -> str:
        """Return "Jean D. (your colleague)": somebody of the reader's own side."""
        return self.words.gettext("%(name)s (your colleague)", name=self._name(person) or self.called(person))

    def all_called(self, people: Sequence[Person]) -> str:
        """Return several of one side as a list in words, each once."""
        return self.words.listed(list(dict.fromkeys(map(self.called, people))))

    def via(self, name: str) -> str:
        """Return what stands in From before a mask."""
        return self.words.gettext("%(name)s via %(place)s", name=name, place=clean_name(self.place.name))

    def company(self) -> str:
        """Return the company that was asked, "" where the inquiry does not name it."""
        return clean_name(self.request.company_name)

    def _name(self, person: Person) -> str:
        return short(clean_name(person.name), self.place.names)

    def _company(self, person: Person) -> str:
        return clean_name(person.company) or (self.company() if person.side == "seller" else "")

    def _side(self, person: Person) -> str:
        return self.words.gettext("A buyer") if person.side == "buyer" else self.words.gettext("A seller")


def short(name: str, style: NameStyle = "short") -> str:
    """Return "Jean D." for "Jean Dupont" and for "Dupont, Jean"; a name of one word as it is."""
    if style == "full":
        return name
    last, comma, first = name.partition(", ")
    words = f"{first} {last}".split() if comma and "," not in first else name.split()
    if len(words) < 2:
        return " ".join(words)
    *given, family = words
    cut = family[0].upper() + "." if family[0].isalpha() and len(family) > 1 else family
    return " ".join([*given, cut])

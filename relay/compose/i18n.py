"""Our words in the reader's language: gettext catalogues, dates, lists and durations.

The English words in code and templates are the keys. Catalogues are read as text (`templates/strings/*/parley.po`)
when a language is first used; none is compiled beforehand. `scripts/strings` keeps them in step with the sources.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.dates import format_date, format_time, format_timedelta
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

FOLDER = Path(__file__).parents[2] / "templates" / "strings"
SOURCE = "en"  # the language of the keys
DOMAIN = "parley"

# English of no one country: day before month, 24 hours.
_LOCALES = {"en": "en_GB"}


_DOTS = re.compile(r"(?<!\.)\.\.$")  # "Jean D." at the end of a sentence brings its own full stop


@dataclass(frozen=True, slots=True)
class Words:
    """One language. `catalogue` is what templates translate by."""

    language: str
    locale: Locale
    catalogue: NullTranslations

    def gettext(self, text: str, **values: str) -> str:
        """Return `text` in this language, its `%(name)s` places filled with `values`."""
        return _DOTS.sub(".", self.catalogue.gettext(text) % values)

    def counted(self, number: int, one: str, many: str) -> str:
        """Return the form of a sentence for `number`, which stands at its `%(number)s`."""
        return self.catalogue.ngettext(one, many, number) % {"number": format_decimal(number, locale=self.locale)}

    def moment(self, at: datetime) -> str:
        """Return a date and time to the minute, in UTC and saying so: nobody knows the reader's zone."""
        at = at.astimezone(UTC)
        date = format_date(at, "long", locale=self.locale)
        return f"{date}, {format_time(at, 'HH:mm', tzinfo=UTC, locale=self.locale)} UTC"

    def length(self, time: timedelta) -> str:
        """Return a duration in its one most fitting unit: "5 days"."""
        return format_timedelta(time, threshold=1.5, locale=self.locale)

    def size(self, octets: int) -> str:
        """Return the size of a file in kB or MB, which are thousands."""
        if octets < 1_000_000:
            return self.gettext("%(number)s kB", number=format_decimal(max(octets / 1e3, 0.1), "#,##0.#", self.locale))
        return self.gettext("%(number)s MB", number=format_decimal(octets / 1e6, "#,##0.#", self.locale))

    def listed(self, items: Sequence[str]) -> str:
        """Return "a, b and c"."""
        return format_list(items, "standard", self.locale)


@cache
def languages() -> tuple[str, ...]:
    """The languages there are catalogues for, with that of the keys."""
    return tuple(sorted({SOURCE, *(file.parent.name for file in FOLDER.glob(f"*/{DOMAIN}.po"))}))


def words_for(*wanted: str) -> Words:
    """Return the first wanted language that is spoken here, else English. Only the part before "-" counts."""
    for tag in wanted:
        language = tag.partition("-")[0].partition("_")[0].lower()
        if language in languages():
            return _words(language)
    return _words(SOURCE)


@cache
def _words(language: str) -> Words:
    """Read one language from its catalogue. Raises OSError, ValueError for a broken installation."""
    locale = Locale.parse(_LOCALES.get(language, language))
    if language == SOURCE:
        return Words(language, locale, NullTranslations())
    with (FOLDER / language / f"{DOMAIN}.po").open("rb") as file:
        catalogue = read_po(file, locale=language, abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Words(language, locale, GNUTranslations(compiled))

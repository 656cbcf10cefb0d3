"""Our words in the reader's language: gettext catalogues, dates in his time zone, lists and durations.

The English words in code and templates are the keys. Catalogues are read as text (`templates/strings/*/parley.po`)
when a language is first used; none is compiled beforehand. `scripts/strings` keeps them in step with the sources
(docs/languages.md).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from operator import itemgetter
from pathlib import Path
from unicodedata import east_asian_width
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_date, format_time, format_timedelta, get_timezone_name
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

FOLDER = Path(__file__).parents[2] / "templates" / "strings"
SOURCE = "en"  # the language of the keys
DOMAIN = "parley"

# English of no one country: day before month, 24 hours.
_LOCALES = {"en": "en_GB"}

_HEADER = 200  # characters of Accept-Language that are looked at
_TAG = re.compile(r"[-_.@]")
_ZONE_NAME = re.compile(r"[A-Z]{3,5}")  # CET, JST: what a language has no such name for is told as UTC+9
_DOTS = re.compile(r"(?<!\.)\.\.$")  # "Jean D." at the end of a sentence brings its own full stop


@dataclass(frozen=True, slots=True)
class Words:
    """One language and time zone. `catalogue` is what templates translate by."""

    language: str
    locale: Locale
    catalogue: NullTranslations
    zone: tzinfo = UTC

    def gettext(self, text: str, **values: str) -> str:
        """Return `text` in this language, its `%(name)s` places filled with `values`."""
        return _DOTS.sub(".", self.catalogue.gettext(text) % values)

    def counted(self, number: int, one: str, many: str) -> str:
        """Return the form of a sentence for `number`, which stands at its `%(number)s`."""
        return self.catalogue.ngettext(one, many, number) % {"number": format_decimal(number, locale=self.locale)}

    def moment(self, at: datetime) -> str:
        """Return a date and time to the minute in this zone, and its name: "25 November 2026, 14:05 CET"."""
        at = at.astimezone(self.zone)
        date, time = format_date(at, "long", locale=self.locale), format_time(at, "HH:mm", self.zone, self.locale)
        between = " " if wide(date) else ", "
        return f"{date}{between}{time} {_zone_name(at, self.locale)}"

    def together(self, *sentences: str) -> str:
        """Return sentences as one text; a wide full stop brings its own blank."""
        return "".join(one if wide(one) else f"{one} " for one in filter(None, sentences)).rstrip(" ")

    def length(self, time: timedelta) -> str:
        """Return a duration in its one most fitting unit: "5 days"."""
        return format_timedelta(time, threshold=1.5, locale=self.locale)

    def size(self, octets: int) -> str:
        """Return the size of a file in kB or MB, which are thousands."""
        if octets < 1_000_000:
            return self.gettext("%(number)s kB", number=format_decimal(max(octets / 1e3, 0.1), "#,##0.#", self.locale))
        return self.gettext("%(number)s MB", number=format_decimal(octets / 1e6, "#,##0.#", self.locale))

    def language_name(self, tag: str) -> str:
        """Return what a language is called, by its tag; "" for one that is not known."""
        try:
            return Locale.parse(tag.replace("-", "_")).get_language_name(self.locale) or ""
        except (ValueError, UnknownLocaleError):
            return ""

    def listed(self, items: Sequence[str]) -> str:
        """Return "a, b and c"."""
        return format_list(items, "standard", self.locale)


@cache
def languages() -> tuple[str, ...]:
    """The languages there are catalogues for, with that of the keys."""
    return tuple(sorted({SOURCE, *(file.parent.name for file in FOLDER.glob(f"*/{DOMAIN}.po"))}))


def words_for(*wanted: str, zone: str = "UTC") -> Words:
    """Return the first wanted language that is spoken here, else English. `zone`: an IANA time zone.

    Wanted are tags as people and programs write them (BCP 47, POSIX): of pt-BR, de_AT, zh-Hant-TW and `deu` the
    language counts, since there is one catalogue for each. Raises zoneinfo.ZoneInfoNotFoundError.
    """
    language = next((found for tag in wanted if (found := _language(tag)) in languages()), SOURCE)
    return _words_in(language, zone)


def wide(text: str) -> bool:
    """Return whether a text ends with a character as wide as it is high, as those of Chinese and Japanese are."""
    return east_asian_width(text[-1:] or " ") in "WF"


def accepted(header: str) -> tuple[str, ...]:
    """Return the tags of an Accept-Language header, the most wanted first (RFC 9110 section 12.5.4)."""
    wanted: list[tuple[float, str]] = []
    for item in header[:_HEADER].split(","):
        tag, _, weight = item.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=") or "1")
        except ValueError:
            quality = 0.0
        if 0 < quality <= 1:
            wanted.append((-quality, tag.strip()))
    return tuple(tag for _, tag in sorted(wanted, key=itemgetter(0)))


def _language(tag: str) -> str:
    name = _TAG.split(tag.strip().lower(), maxsplit=1)[0]
    return get_global("language_aliases").get(name, name)


def _zone_name(at: datetime, locale: Locale) -> str:
    """What a zone is called at a time: by its short name where the language has one, else by its distance from UTC."""
    name = get_timezone_name(at, "short", locale=locale)
    if _ZONE_NAME.fullmatch(name):
        return name
    minutes = round((at.utcoffset() or timedelta()).total_seconds() / 60)
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '−'}{hours}" + (f":{rest:02}" if rest else "")


@lru_cache(maxsize=200)
def _words_in(language: str, zone: str) -> Words:
    return replace(_words(language), zone=UTC if zone == "UTC" else ZoneInfo(zone))


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

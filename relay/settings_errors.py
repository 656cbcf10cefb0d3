"""Tells a person which key of `relay.toml` is wrong, on which line, and what would be right."""

import re
from dataclasses import dataclass

from pydantic import ValidationError

_HEADER = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_.-]+)\s*\]\]?")
_KEY = re.compile(r"^\s*([A-Za-z0-9_-]+)\s*=")


@dataclass(frozen=True, slots=True)
class Wrong:
    """One wrong setting. `line` is 0 where the file has no line for it."""

    file: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        """Return `relay.toml:12: smtp.listen must …`."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.key} {self.message}".replace(":  ", ": ")


class SettingsError(Exception):
    """The settings cannot be used; `wrongs` says every reason."""

    def __init__(self, wrongs: tuple[Wrong, ...]) -> None:
        super().__init__("\n".join(str(wrong) for wrong in wrongs))
        self.wrongs = wrongs


def from_validation(
    error: ValidationError, name: str, text: str, overridden: set[tuple[str, str]]
) -> tuple[Wrong, ...]:
    """Turn pydantic's findings into `Wrong`s with lines. `overridden` are keys that the environment set."""
    return tuple(_wrong(item["loc"], item["type"], item["msg"], name, text, overridden) for item in error.errors())


def _wrong(
    where: tuple[int | str, ...],
    kind: str,
    message: str,
    name: str,
    text: str,
    overridden: set[tuple[str, str]],
) -> Wrong:
    words = {"extra_forbidden": "there is no such setting", "missing": "is missing"}
    said = words.get(kind, message.removeprefix("Value error, "))
    key = ".".join(str(part) for part in where)
    keys = tuple(str(part) for part in where)
    if keys[:2] in overridden:
        variable = f"PARLEY_{keys[0].upper()}__{keys[1].upper()}"
        return Wrong("environment", 0, variable, said)
    return Wrong(name, line_of(text, where), key, said)


def line_of(text: str, where: tuple[int | str, ...]) -> int:
    """Return the line (from 1) of the key at `where` in TOML text, its section's line, or 0.

    Reads headers and keys line by line, which is all that settings of two levels need.
    """
    section, index = "", -1
    section_line = 0
    counts: dict[str, int] = {}
    wanted = str(where[0]) if where else ""
    wanted_index = where[1] if len(where) > 1 and isinstance(where[1], int) else None
    wanted_key = next((part for part in where[1:] if isinstance(part, str)), None)
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            section = header[2]
            counts[section] = index = counts.get(section, -1) + 1
            if section == wanted and wanted_index in (None, index):
                section_line = number
        elif (key := _KEY.match(line)) and wanted_index in (None, index):
            if section == wanted and key[1] == wanted_key:
                return number
            if not section and key[1] == wanted and wanted_key is None:
                return number
    return section_line

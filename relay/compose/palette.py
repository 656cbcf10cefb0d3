"""The marketplace's one colour, made readable: as ground of words, and as ink on white and on dark.

A marketplace chooses any colour; ours is to see that words in it or on it reach the contrast of WCAG 2 AA (1.4.3).
"""

from dataclasses import dataclass
from functools import cache

WHITE, NIGHT = "#ffffff", "#17191c"  # the grounds of the light and of the dark scheme
BLACK = "#000000"  # it or white can be read on any colour
_CONTRAST = 4.5
_STEPS = 20

Rgb = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours as "#rrggbb"."""

    brand: str  # as the marketplace gave it
    on_brand: str  # words on it
    ink: str  # the brand as words on white
    night_ink: str  # the brand as words on dark


@cache
def palette(colour: str) -> Palette:
    """Return the palette of a marketplace's colour "#rrggbb"."""
    on_brand = max((WHITE, BLACK), key=lambda ground: contrast(colour, ground))
    return Palette(colour, on_brand, _readable(colour, WHITE, NIGHT), _readable(colour, NIGHT, WHITE))


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2, relative luminance)."""
    darker, lighter = sorted((_luminance(_rgb(one)), _luminance(_rgb(other))))
    return (lighter + 0.05) / (darker + 0.05)


def _readable(colour: str, ground: str, towards: str) -> str:
    """Return `colour`, mixed with as little of `towards` as makes it readable on `ground`."""
    start, end = _rgb(colour), _rgb(towards)
    for step in range(_STEPS + 1):
        part = step / _STEPS
        mixed = _text((_mix(start[0], end[0], part), _mix(start[1], end[1], part), _mix(start[2], end[2], part)))
        if contrast(mixed, ground) >= _CONTRAST:
            return mixed
    return towards


def _mix(start: float, end: float, part: float) -> float:
    return start + (end - start) * part


def _rgb(colour: str) -> Rgb:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def _text(rgb: Rgb) -> str:
    return "#" + "".join(f"{round(255 * part):02x}" for part in rgb)


def _luminance(rgb: Rgb) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue

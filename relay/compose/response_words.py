"""The response clock in the reader's words: how long it took, and which hours were counted."""

from datetime import time, timedelta

from babel.dates import format_time
from babel.lists import format_list
from babel.units import format_unit

from ..business_hours import Hours
from .i18n import Words


def length_of(words: Words, worked: timedelta) -> str:
    """Return hours and minutes: "3 hr, 20 min"; what is under a minute is said so."""
    hours, minutes = divmod(int(worked.total_seconds()) // 60, 60)
    parts = [(hours, "hour")] * bool(hours) + [(minutes, "minute")] * bool(minutes or not hours)
    texts = [format_unit(number, f"duration-{unit}", "short", locale=words.locale) for number, unit in parts]
    return format_list(texts, "unit", words.locale)


def response_line(words: Words, stopped_by: str | None, worked: timedelta) -> str:
    """Return how long the company took; `stopped_by` is message, phone, decline, or None while the clock runs."""
    say, time = words.gettext, length_of(words, worked)
    match stopped_by:
        case None:
            return say("Not answered yet, %(time)s so far.", time=time)
        case "phone":
            return say("The telephone number was asked for after %(time)s.", time=time)
        case "decline":
            return say("Declined after %(time)s.", time=time)
        case _:
            return say("Answered after %(time)s.", time=time)


def counted_line(words: Words, hours: Hours) -> str:
    """Return which hours the clock counts."""
    say = words.gettext
    spans = words.listed([f"{_clock(words, span.opens)}–{_clock(words, span.closes)}" for span in hours.spans])
    line = say(
        "Only business hours count: %(days)s, %(hours)s (%(zone)s).",
        days=_days(words, hours),
        hours=spans,
        zone=hours.zone,
    )
    left_out = say("Public holidays of the company are left out.") if hours.holidays else ""
    return words.together(line, left_out)


def _days(words: Words, hours: Hours) -> str:
    """Return "Mon–Fri" for days that follow one another, else each of them."""
    names = words.locale.days["format"]["abbreviated"]
    days = hours.days
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return f"{names[days[0]]}–{names[days[-1]]}"
    return words.listed([names[day] for day in days])


def _clock(words: Words, minutes: int) -> str:
    if minutes == 24 * 60:
        return "24:00"
    return format_time(time(minutes // 60, minutes % 60), "HH:mm", locale=words.locale)

"""Lengths of time as people write them in settings: 30s, 15m, 2h, 5d."""

import re
from datetime import timedelta

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}


def duration(value: object) -> timedelta:
    """Return the time that `value` says: "90s", "1.5h", or a number of seconds. Raises ValueError."""
    if isinstance(value, timedelta):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = float(value)
    else:
        match = re.fullmatch(r"(\d+(?:\.\d+)?) ?(ms|s|m|h|d)", value.strip()) if isinstance(value, str) else None
        if match is None:
            raise ValueError('must be a time such as "30s", "15m", "2h" or "5d"')
        seconds = float(match[1]) * _UNITS[match[2]]
    if not 0 <= seconds <= 10 * 366 * 86400:
        raise ValueError("must be between 0 and 10 years")
    return timedelta(seconds=seconds)

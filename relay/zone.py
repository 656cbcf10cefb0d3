"""Time zones in settings and orders: names of the IANA database, never an offset, which would be wrong in summer."""

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator


def time_zone(name: str) -> str:
    """Return `name` if it is an IANA time zone. Raises ValueError saying so if not."""
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # a folder of zones, a path, none at all (ZoneInfoNotFoundError)
        raise ValueError("must be a time zone as the IANA database names it, such as Europe/Paris or UTC") from None
    return name


TimeZone = Annotated[str, AfterValidator(time_zone)]

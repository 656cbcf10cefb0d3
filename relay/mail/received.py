"""Our own trace field (RFC 5321 section 4.4)."""

from datetime import datetime

from .dates import date_text
from .encode import fold


def received(host: str, id: str, at: datetime) -> bytes:
    """The field that says which host of ours made the mail, and under which id."""
    return fold("Received", [f"by {host}", f"(Parley) id {id};", date_text(at)])

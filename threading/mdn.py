"""Read receipts (RFC 8098): whether a mail asks for one, and which mail a receipt says was shown to a person.

Pure, never raises, linear.
"""

import re
from dataclasses import dataclass

from ..relay.mail.addresses import address_list
from ..relay.mail.model import Mail
from .message_ids import read_id

# RFC 8098 section 2.1, and the older field of that purpose: seen in practice.
_ASKING = ("disposition-notification-to", "return-receipt-to")
_PARTS = frozenset({"message/disposition-notification", "message/global-disposition-notification"})
_MOST = 64 * 1024  # bytes of a receipt that are looked at
_FIELD = re.compile(r"^([A-Za-z][A-Za-z0-9-]{1,60})[ \t]*:[ \t]*([^\n]*(?:\n[ \t]+[^\n]+)*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt says of one mail."""

    original: str  # the Message-ID of that mail without angle brackets, "" where it is not named
    disposition: str  # RFC 8098 3.2.6: displayed deleted dispatched processed; "" where it is not named
    mode: str  # how: "manual-action/mdn-sent-manually" and the like

    @property
    def displayed(self) -> bool:
        """True where it says that the mail was shown; only that is reading (RFC 8098 3.2.6.2)."""
        return self.disposition == "displayed"


def asks_for_receipt(mail: Mail) -> bool:
    """Return whether a mail asks for a receipt: a field of that purpose names an address, whichever it is."""
    return bool(address_list([value for name, value in mail.raw_headers if name.lower() in _ASKING]))


def read_receipt(mail: Mail) -> Receipt | None:
    """Return what a mail says as a receipt, None where it holds no machine-readable one."""
    part = next((one for one in mail.attachments if one.type in _PARTS), None)
    if part is None:
        return None
    text = part.data[:_MOST].decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    fields = {name.lower(): value for name, value in reversed(_FIELD.findall(text))}  # the first of a name counts
    mode, _, what = fields.get("disposition", "").partition(";")
    disposition = re.split(r"[/\s(]", what.strip(), maxsplit=1)[0].lower()
    return Receipt(read_id(fields.get("original-message-id", "")), disposition, "".join(mode.split()).lower()[:100])

"""Whether a mail's header has a shape worth reading, judged before anything parses it. Pure and bounded."""

import re

from ..errors import HEADERS_TOO_BIG, LOOP, Reply

HEADER_OCTETS = 65_536
HEADER_FIELDS = 500
HOPS = 100  # RFC 5321 6.3: at least 100 Received fields before a mail is taken to be looping

_FIELD = re.compile(rb"^[^ \t\r\n]", re.MULTILINE)
_RECEIVED = re.compile(rb"^received[ \t]*:", re.MULTILINE | re.IGNORECASE)
# Seen in practice: Exchange folds right after "Message-ID:".
_MESSAGE_ID = re.compile(rb"^message-id[ \t]*:[ \t]*(?:\r\n[ \t]+)?([^\r\n]{1,250})", re.MULTILINE | re.IGNORECASE)


def header_block(data: bytes) -> bytes:
    """Return the bytes before the first empty line (the whole mail if there is none), at most 64 kB and one."""
    if data.startswith(b"\r\n"):
        return b""
    end = data.find(b"\r\n\r\n", 0, HEADER_OCTETS + 2)
    return data[: end + 2] if end >= 0 else data[: HEADER_OCTETS + 1]


def refusal(block: bytes) -> Reply | None:
    """Return why a mail with this header block is not read, None when it may be."""
    if len(block) > HEADER_OCTETS or sum(1 for _ in _FIELD.finditer(block)) > HEADER_FIELDS:
        return HEADERS_TOO_BIG
    if sum(1 for _ in _RECEIVED.finditer(block)) > HOPS:
        return LOOP
    return None


def message_id(block: bytes) -> str:
    """Return the value of the first Message-ID for the journal, cut to 250 octets; "" where there is none."""
    found = _MESSAGE_ID.search(block)
    return found[1].decode("ascii", "replace").strip() if found else ""

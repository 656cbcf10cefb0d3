"""The header block that Outlook and others put above a quoted mail, and the dashed line above such a block.

From: …
Sent: …
To: …
Subject: …
"""

import re
from collections.abc import Sequence

from .tables import FORWARDED, LABELS, ORIGINAL

MOST_LINES = 24
_LABEL = re.compile(r"([^\W\d][^:：<>@\n]{0,28}?)\s?[:：]\s?(.*)")
_ADDRESS = re.compile(r"[^\s<>@]{1,100}@[^\s<>@]{1,100}")
_TIME = re.compile(r"(?<!\d)\d{1,2}\s?[:.h時时시]\s?\d{2}(?!\d)")
_RULE = re.compile(r"[\s*>|]{0,10}[_\-=—–]{5,200}[\s*]{0,10}")
_SHORT_RULE = re.compile(r"[\s*>|]{0,10}[_\-=*—–]{3,200}[\s*]{0,10}")
_DASHES = re.compile(r"[\s*_|>]*[-_=]{2,}[\s*>]*(\S.{2,70}?)[\s*<]*[-_=]{2,}[\s*]*")
_SEPARATOR_ENDS = "-_=*>|:："  # the last sign of a line of dashed words and of a line with a colon
_COLON_LINE = re.compile(r"(.{4,60}?)\s?[:：]")


def block_length(lines: Sequence[str], start: int, ruled: bool) -> int:
    """How many lines the header block that begins at `start` takes, 0 where there is none.

    `lines` have been made plain; `ruled`: a drawn line or a line of dashed words stands above.
    """
    if not (":" in lines[start] or "：" in lines[start]):
        return 0
    kinds: set[str] = set()
    addressed = False  # an address, or a time of day, which no person's list of a journey has beside all the rest
    unknown = 0
    place = last = start
    while place < min(len(lines), start + MOST_LINES):
        line = lines[place]
        match = _LABEL.match(line) if ":" in line or "：" in line else None
        kind = LABELS.get(match[1].strip("* ").lower(), "") if match else ""
        if kind == "from" and "from" in kinds:
            break
        if kind:
            kinds.add(kind)
            addressed = addressed or bool(kind in ("from", "to") and _ADDRESS.search(line))
            addressed = addressed or bool(kind == "sent" and _TIME.search(line))
            last = place
        elif match and ruled and not kinds:
            unknown += 1  # a language that nobody has listed
            addressed = addressed or bool(_ADDRESS.search(line))
            last = place
        elif line and (place == start or place - last > 2 or _enough(kinds, addressed, ruled)):
            break
        place += 1
    if _enough(kinds, addressed, ruled) or (ruled and unknown >= 3 and addressed):
        return last - start + 1
    return 0


def _enough(kinds: set[str], addressed: bool, ruled: bool) -> bool:
    """A sender and two more fields; without an address or a subject it may be a person's list of a journey."""
    if ruled:
        return "from" in kinds and len(kinds) >= 2
    return "from" in kinds and len(kinds - {"other"}) >= 3 and addressed


def is_rule(raw: str) -> bool:
    """A drawn line, as written."""
    return len(raw) <= 200 and bool(_RULE.fullmatch(raw))


def is_short_rule(raw: str) -> bool:
    """A drawn line of three signs or more, which says something only with words below it."""
    return len(raw) <= 200 and bool(_SHORT_RULE.fullmatch(raw))


def is_heading(raw: str) -> bool:
    """The words that stand between dashes elsewhere, alone on their line: "Previous replies" below a drawn line."""
    words = raw.strip(" \t*_#:>|")
    return 0 < len(words) <= 60 and bool(ORIGINAL.fullmatch(words))


def is_dashed(raw: str) -> bool:
    """Words between dashes, as written."""
    return len(raw) <= 200 and bool(_DASHES.fullmatch(raw))


def separator(raw: str) -> str:
    """What a line of dashed words introduces: "original", "forwarded", "" where it is none.

    Apple's and others' "Begin forwarded message:" counts too. `raw` is the line as written.
    """
    if len(raw) > 200 or raw.rstrip()[-1:] not in _SEPARATOR_ENDS:
        return ""
    dashed = _DASHES.fullmatch(raw)
    words = dashed[1].strip() if dashed else ""
    if not dashed:
        bare = raw.strip(" \t*_>|")
        colon = _COLON_LINE.fullmatch(bare) if bare.endswith((":", "：")) else None
        if not colon or not FORWARDED.fullmatch(colon[1].strip()):
            return ""
        return "forwarded"
    if FORWARDED.match(words):
        return "forwarded"
    return "original" if ORIGINAL.match(words) else ""

"""What a person said, taken out of what is recorded: his new files, and no personal link of anybody."""

import re
from dataclasses import replace

from ..store.values import AttachmentRow
from .compose.letters import Said
from .mail import Mail
from .mail.write import File


def without_links(said: Said, base_url: str) -> Said:
    """Take personal links out of what was quoted between the lines: whoever has one acts for its owner."""
    link = re.compile(re.escape(f"{base_url}/c/") + r"[A-Za-z0-9_-]+")
    in_bytes = re.compile(link.pattern.encode())
    files = tuple(
        replace(file, data=in_bytes.sub(base_url.encode(), file.data)) if file.type.startswith("message/") else file
        for file in said.files
    )
    return replace(said, text=link.sub(base_url, said.text), html=link.sub(base_url, said.html), files=files)


def files_of(rows: tuple[AttachmentRow, ...], mail: Mail) -> tuple[File, ...]:
    """Return the new files of a message, found in its raw mail by their hash."""
    leaves = {leaf.hash: leaf.data for leaf in mail.files}
    return tuple(
        File(row.name, row.type, leaves[row.hash], row.content_id, row.inline)
        for row in rows
        if row.kind != "earlier" and row.hash in leaves
    )

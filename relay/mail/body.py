"""Which leaves of a mail are its body and which are attachments.

The choice is that of JMAP (RFC 8621 section 4.1.4, textBody, htmlBody, attachments) with one difference:
only text is body here, so every other leaf is an attachment, shown inline or not. Where the mail breaks off inside its
last text, and another text stands above, that one is handed on as a file: nobody knows what is missing.
"""

from dataclasses import dataclass

from .mime import Part


@dataclass(frozen=True, slots=True)
class Choice:
    """Leaves by role. A text without an alternative is in both `plain` and `html`, whatever its type."""

    plain: list[Part]
    html: list[Part]
    attachments: list[Part]


def choose(root: Part) -> Choice:
    """The roles of all leaves under `root`."""
    attachments: list[Part] = []
    plain, html = _bodies(root, True, False, attachments)
    return Choice(plain, html, attachments)


def _bodies(part: Part, may_be: bool, inside: bool, attachments: list[Part]) -> tuple[list[Part], list[Part]]:
    """The plain and the HTML body under `part`.

    `may_be`: its place and its siblings allow a leaf to be body. `inside`: somewhere in a multipart/alternative,
    where a text serves only the readers of its own type.
    """
    if not part.children:
        if not (may_be and _is_text(part)):
            attachments.append(part)
            return [], []
        return ([], [part]) if inside and part.type == "text/html" else ([part], [] if inside else [part])
    alternative = part.type == "multipart/alternative"
    root = _root_index(part)
    pairs: list[tuple[list[Part], list[Part]]] = []
    for index, child in enumerate(part.children):
        may_be_body = _has_body_place(part, child, index == root) and not (child.cut and any(map(any, pairs)))
        pairs.append(_bodies(child, may_be_body or alternative, inside or alternative, attachments))
    plain = [leaf for pair in pairs for leaf in pair[0]]
    html = [leaf for pair in pairs for leaf in pair[1]]
    if alternative and not inside:
        return plain or html, html or plain
    if inside and not alternative and html:
        return [], [leaf for pair in pairs for leaf in pair[1] or pair[0]]
    return plain, html


def _is_text(part: Part) -> bool:
    return part.type in ("text/plain", "text/html") and part.disposition.value != "attachment"


def _has_body_place(parent: Part, child: Part, is_root: bool) -> bool:
    """RFC 8621: the first part may always be body, another only unnamed and outside multipart/related."""
    return is_root or (parent.type != "multipart/related" and not child.name())


def _root_index(parent: Part) -> int:
    """The place of the root part: the first, or what multipart/related names (RFC 2387 section 3.2)."""
    if parent.type == "multipart/related" and (start := parent.content.token("start").strip("<>")):
        for index, child in enumerate(parent.children):
            if child.content_id == start:
                return index
    return 0

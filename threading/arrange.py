"""A whole mailbox as a forest: RFC 5256, the REFERENCES algorithm, which is Jamie Zawinski's.

The outcome does not depend on the order in which mails came: they are linked in the order of their dates and
ids. Nothing recurses, so a chain of 100,000 answers is no danger.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from ..relay.mail import headers
from .message_ids import read_id, read_ids
from .subjects import base_subject, is_reply


@dataclass(slots=True)
class Node:
    """A message of the forest: its place in the mailbox, None for an ancestor that is not there."""

    index: int | None
    children: list["Node"] = field(default_factory=list["Node"])


@dataclass(frozen=True, slots=True)
class _Message:
    index: int
    id: str
    references: tuple[str, ...]
    subject: str
    date: datetime | None


@dataclass(slots=True, eq=False)
class _Box:
    """A container of the algorithm: a message or the lack of one, among its relations."""

    message: _Message | None = None
    parent: "_Box | None" = None
    children: list["_Box"] = field(default_factory=list["_Box"])


def arrange(mails: Sequence[bytes]) -> list[Node]:
    """The threads of a mailbox, oldest first (RFC 5256 section 3, REFERENCES).

    Mails without a date stand where they stand in `mails`.
    """
    messages = [_read(index, data) for index, data in enumerate(mails)]
    boxes = _linked(messages)
    roots = _pruned([box for box in boxes if box.parent is None])
    roots = _merged_by_subject(sorted(roots, key=_age))
    return _nodes(roots)


def _read(index: int, data: bytes) -> _Message:
    block = headers.split(data, 0, len(data))
    id = read_id(headers.decoded(block.get("message-id")))
    values = [headers.decoded(value) for name, value in block.fields if name.lower() == "references"]
    references = [id for value in values for id in read_ids(value)]
    if not references:
        # Section 3: only the first id of In-Reply-To, and only where there are no References.
        references = list(read_ids(headers.decoded(block.get("in-reply-to"))))[:1]
    wanted = tuple(reference for reference in references if reference != id)
    date = read_date(headers.decoded(block.get("date")))
    return _Message(index, id, wanted, headers.decoded(block.get("subject")), date)


def read_date(value: str) -> datetime | None:
    """The value of a Date header with its zone (RFC 5322 section 3.3), None where it is none."""
    try:
        date = parsedate_to_datetime(value[:200])
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date


def _linked(messages: list[_Message]) -> list[_Box]:
    """Step 1: every message and every ancestor it names, linked."""
    by_id: dict[str, _Box] = {}
    boxes: list[_Box] = []
    for message in sorted(messages, key=lambda one: (_when(one), one.id, one.index)):
        box = by_id.get(message.id) if message.id else None
        if box is None or box.message is not None:
            box = _Box()
            boxes.append(box)
            if message.id and message.id not in by_id:
                by_id[message.id] = box
        box.message = message
        previous: _Box | None = None
        for id in message.references:
            ancestor = by_id.get(id)
            if ancestor is None:
                ancestor = by_id[id] = _Box()
                boxes.append(ancestor)
            if previous is not None and ancestor.parent is None and not _is_above(ancestor, previous):
                _adopt(previous, ancestor)
            previous = ancestor
        _leave(box)
        if previous is not None and not _is_above(box, previous):
            _adopt(previous, box)
    return boxes


def _is_above(box: _Box, other: _Box) -> bool:
    """Would `other` as the parent of `box` make a circle?"""
    above: _Box | None = other if box.children or box is other else None
    while above is not None:
        if above is box:
            return True
        above = above.parent
    return False


def _adopt(parent: _Box, child: _Box) -> None:
    child.parent = parent
    parent.children.append(child)


def _leave(box: _Box) -> None:
    if box.parent is not None:
        box.parent.children.remove(box)
        box.parent = None


def _pruned(roots: list[_Box]) -> list[_Box]:
    """Step 3: ancestors that are not there go; their children move up, to the top only if there is but one."""
    top = _Box(children=roots)
    for box in reversed(list(_walk(top))):
        kept: list[_Box] = []
        for child in box.children:
            if child.message is not None or (box is top and len(child.children) > 1):
                kept.append(child)
            else:
                kept.extend(child.children)
        for child in kept:
            child.parent = box
        box.children = kept
    for root in top.children:
        root.parent = None
    return top.children


def _walk(top: _Box) -> Iterator[_Box]:
    """All boxes from the top down."""
    stack = [top]
    while stack:
        box = stack.pop()
        yield box
        stack.extend(box.children)


def _age(box: _Box) -> tuple[datetime, int]:
    """Section 2.2: by date, then by place; an ancestor that is not there is as old as its eldest child."""
    if box.message is not None:
        return _when(box.message), box.message.index
    return min((_age(child) for child in box.children), default=(datetime.max.replace(tzinfo=UTC), 0))


def _when(message: _Message) -> datetime:
    return message.date or datetime.max.replace(tzinfo=UTC)


def _merged_by_subject(roots: list[_Box]) -> list[_Box]:
    """Step 5: threads with one base subject become one."""
    table: dict[str, _Box] = {}
    for root in roots:
        base = _base(root)
        other = table.get(base)
        if base and (other is None or _is_better(root, other)):
            table[base] = root
    joined: set[int] = set()  # what is no root any more
    added: list[_Box] = []
    for root in roots:
        base = _base(root)
        other = table.get(base)
        if other is None or other is root:
            continue
        table[base] = merged = _merge(other, root)
        joined.add(id(root))
        if merged is not other:
            joined.add(id(other))
            added.append(merged)
    return sorted((box for box in [*roots, *added] if id(box) not in joined), key=_age)


def _first(box: _Box) -> _Message | None:
    return box.message or next((child.message for child in sorted(box.children, key=_age)), None)


def _base(box: _Box) -> str:
    first = _first(box)
    return base_subject(first.subject).casefold() if first else ""


def _is_better(box: _Box, other: _Box) -> bool:
    """Step 5.B.iv: an empty container stands for its subject before a message, the original before a reply."""
    if other.message is None:
        return False
    return box.message is None or (is_reply(other.message.subject) and not is_reply(box.message.subject))


def _merge(kept: _Box, box: _Box) -> _Box:
    """Step 5.C.iii: what stands for the subject after `box` has joined `kept`."""
    if kept.message is None:
        joining = box.children if box.message is None else [box]
        for child in joining:
            _adopt(kept, child)
        return kept
    if box.message is not None and is_reply(box.message.subject) and not is_reply(kept.message.subject):
        _adopt(kept, box)
        return kept
    both = _Box()
    _adopt(both, kept)
    _adopt(both, box)
    return both


def _nodes(roots: list[_Box]) -> list[Node]:
    """Step 6: everything in the order of age, as what the caller gets."""
    top = Node(None)
    stack = [(top, roots)]
    while stack:
        node, boxes = stack.pop()
        for box in sorted(boxes, key=_age):
            child = Node(box.message.index if box.message else None)
            node.children.append(child)
            stack.append((child, box.children))
    return top.children

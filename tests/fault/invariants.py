"""What must hold whatever has happened: compares the ledger, the store, and what arrived outside."""

import re
from collections import Counter
from dataclasses import asdict, dataclass

from parley.tests.fault.house import House
from parley.tests.fault.people import Ledger, Mark, Talk
from parley.tests.gateway import body, header
from parley.tests.peer import Got

_BEGIN = re.compile(r"\[b:(\d+):(buyer|seller):(\d+)\]")


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run came to."""

    kills: int
    answered: int  # mails that were answered 250
    arrived: int  # of them, at the other side
    lost: int
    duplicates: int  # copies beyond the first one
    most_copies: int  # of one mail
    disorder: int
    half: int

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


def mark_of(got: Got) -> Mark | None:
    """The mark of a relayed mail, None for other mails."""
    found = _BEGIN.search(body(got))
    return Mark(int(found[1]), found[2], int(found[3])) if found else None


def arrivals(mails: list[Got]) -> list[tuple[Mark, Got]]:
    """The relayed mails in the order they came."""
    return [(mark, got) for got in mails if (mark := mark_of(got))]


def figures(house: House, ledger: Ledger, mails: list[Got]) -> Figures:
    """Count; `hold` below judges."""
    came = arrivals(mails)
    copies = Counter(mark for mark, _ in came)
    return Figures(
        kills=house.kills,
        answered=len(ledger.taken),
        arrived=sum(mark in copies for mark in ledger.taken),
        lost=sum(mark not in copies for mark in ledger.taken),
        duplicates=sum(copies.values()) - len(copies),
        most_copies=max(copies.values(), default=0),
        disorder=_disorder([mark for mark, _ in came]),
        half=sum(mark.end not in body(got) for mark, got in came),
    )


def hold(house: House, ledger: Ledger, talks: list[Talk], mails: list[Got], *, in_flight: int = 10) -> Figures:
    """Assert every invariant and return the figures. The queue is empty and the gateway may be down.

    `in_flight`: deliveries that may be under way at a kill, each of which may arrive once more.
    """
    found = figures(house, ledger, mails)
    assert ledger.refused == []
    assert found.lost == 0, sorted(set(ledger.taken) - {mark for mark, _ in arrivals(mails)})[:5]
    assert found.duplicates <= house.kills * in_flight, found
    assert found.most_copies <= 1 + house.kills, found
    assert (found.disorder, found.half) == (0, 0), found
    came = arrivals(mails)
    _same_bytes(came)
    _to_the_right_one(came, talks)
    _told(house, ledger, talks)
    assert all(not got.violations for got in mails)
    return found


def _disorder(marks: list[Mark]) -> int:
    """Count the mails whose first copy came after that of a later mail of the same writer."""
    latest: dict[tuple[int, str], int] = {}
    seen: set[Mark] = set()
    wrong = 0
    for mark in marks:
        if mark in seen:
            continue
        seen.add(mark)
        leg = (mark.conversation, mark.side)
        wrong += mark.number < latest.get(leg, 0)
        latest[leg] = max(mark.number, latest.get(leg, 0))
    return wrong


def _same_bytes(came: list[tuple[Mark, Got]]) -> None:
    """A second copy is the first one again: same Message-ID, same bytes, same return path."""
    first: dict[Mark, Got] = {}
    for mark, got in came:
        before = first.setdefault(mark, got)
        assert header(before, "Message-ID") == header(got, "Message-ID")
        assert (before.data, before.mail_from, before.rcpt) == (got.data, got.mail_from, got.rcpt)


def _to_the_right_one(came: list[tuple[Mark, Got]], talks: list[Talk]) -> None:
    for mark, got in came:
        other = "seller" if mark.side == "buyer" else "buyer"
        assert got.rcpt == (talks[mark.conversation].address(other),)


def _told(house: House, ledger: Ledger, talks: list[Talk]) -> None:
    """Every mail answered 250 stands once in the history, whole, in a state that its author can see."""
    for talk in talks:
        shown = house.shown(talk.id)
        texts = [message["text"] for message in shown["messages"]]
        states = {message["text"].partition("\n")[0]: message["state"] for message in shown["messages"]}
        marks = [mark for mark in ledger.taken if mark.conversation == talk.number]
        for mark in marks:
            assert sum(mark.begin in text for text in texts) == 1, mark
            assert any(mark.begin in text and mark.end in text for text in texts), mark
            assert states[mark.begin] in ("delivered", "read", "answered", "failed"), (mark, states[mark.begin])
        known = {mark.begin for mark in marks}
        for text in texts[1:]:  # the first one is the inquiry itself
            assert text.partition("\n")[0] in known, text[:80]

"""The parent inside an inquiry, and the order of a whole mailbox."""

import base64
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from parley.relay.mail import read
from parley.threading.parent import Decision, Known, Node, arrange, find_parent

START = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
FIRST = "abcdefghkmnprstu"
SECOND = "utsrpnmkhgfedcba"
LATER = START + timedelta(hours=2)
KNOWN = (
    Known("1", (f"m.{FIRST}@reply.example", "own1@buyer.example"), "Pumps X-200", "marie@buyer.example", START),
    Known("2", (f"m.{SECOND}@reply.example", "own2@acme.example"), "Re: Pumps X-200", "tom@acme.example", LATER),
    Known("3", ("own3@buyer.example",), "Seals", "marie@buyer.example", START + timedelta(hours=4)),
)  # fmt: skip


def found(head: str, known: Sequence[Known] = KNOWN) -> Decision:
    return find_parent(read(f"From: Tom <tom@acme.example>\r\n{head}\r\n\r\nHello\r\n".encode()), known)


@pytest.mark.parametrize(
    ("head", "parent", "by"),
    [
        (f"In-Reply-To: <m.{FIRST}@reply.example>", "1", "own-id"),
        (f"References: <m.{FIRST}@reply.example>\r\n <m.{SECOND}@reply.example>", "2", "own-id"),
        (f"References: <own3@buyer.example> <m.{FIRST}@reply.example>", "1", "own-id"),
        (f"In-Reply-To: <M.{SECOND.upper()}=40reply.example@exchange.example>", "2", "own-id"),
        ("References: <own1@buyer.example> <own2@acme.example>", "2", "references"),
        ("References: <own1@buyer.example> <unknown@x.example>", "1", "references"),
        ("In-Reply-To: <own3@buyer.example>", "3", "in-reply-to"),
        ("In-Reply-To: your mail of yesterday <own3@buyer.example> (Marie)", "3", "in-reply-to"),
        ("In-Reply-To: <nothing@x.example>\r\nReferences: <own1@buyer.example>", "1", "references"),
        ("Subject: AW: Pumps X-200", "1", "subject"),
        ("Subject: re: seals", "3", "subject"),
        ("Subject: Something else", None, "none"),
        ("Subject: Re:", None, "none"),
        ("X-Nothing: here", None, "none"),
    ],
)
def test_the_parent_and_what_told_it(head: str, parent: str | None, by: str) -> None:
    assert found(head) == Decision(parent, by)


def test_a_mail_never_answers_itself() -> None:
    head = "Message-ID: <own3@buyer.example>\r\nReferences: <own1@buyer.example> <own3@buyer.example>"
    assert found(head) == Decision("1", "references")


def test_ids_of_other_domains_are_none_of_ours() -> None:
    assert found(f"In-Reply-To: <m.{FIRST}@evil.example>") == Decision(None, "none")


def test_the_subject_looks_for_the_newest_of_somebody_else_that_was_there() -> None:
    known = (
        Known("1", (), "Pumps", "marie@buyer.example", START),
        Known("2", (), "Re: Pumps", "tom@acme.example", START + timedelta(hours=1)),
        Known("3", (), "Re: Pumps", "marie@buyer.example", START + timedelta(days=1)),
    )
    assert found("Subject: Re: Pumps", known) == Decision("3", "subject")
    assert found("Subject: Re: Pumps\r\nDate: Tue, 3 Mar 2026 10:00:00 +0000", known) == Decision("1", "subject")
    assert found("Subject: Re: Pumps\r\nDate: Tue, 3 Mar 1996 10:00:00 +0000", known) == Decision("3", "subject")


def test_outlooks_thread_index() -> None:
    head = bytes(range(22))
    first, second = (base64.b64encode(head + tail).decode() for tail in (b"", b"12345"))
    known = (
        Known("1", (), "a", "x@y.example", START, first),
        Known("2", (), "b", "x@y.example", START, second),
    )
    answer = base64.b64encode(head + b"1234567890").decode()
    assert found(f"Thread-Index: {answer}", known) == Decision("2", "thread-index")
    assert found(f"Thread-Index: {second}", known) == Decision("1", "thread-index")
    assert found(f"Thread-Index: {first}", known) == Decision(None, "none")
    assert found("Thread-Index: !!!", known) == Decision(None, "none")


def test_nothing_known() -> None:
    assert found("References: <a@b>", ()) == Decision(None, "none")


# --- a whole mailbox


def mails(*heads: str) -> list[bytes]:
    return [("\r\n".join(head.split(" | ")) + "\r\n\r\nx\r\n").encode() for head in heads]


def drawn(nodes: list[Node]) -> str:
    """(parent child) in the manner of IMAP THREAD; "?" is a missing ancestor; siblings sorted."""

    def one(node: Node) -> str:
        name = "?" if node.index is None else str(node.index)
        kids = sorted(one(kid) for kid in node.children)
        return f"{name}{''.join(f'({kid})' for kid in kids)}"

    return " ".join(sorted(one(node) for node in nodes))


@pytest.mark.parametrize(
    ("heads", "expected"),
    [
        (["Message-ID: <a@x>", "Message-ID: <b@x> | References: <a@x>"], "0(1)"),
        (["Message-ID: <b@x> | References: <a@x>", "Message-ID: <a@x>"], "1(0)"),
        (["Message-ID: <a@x>", "Message-ID: <b@x> | In-Reply-To: <a@x>"], "0(1)"),
        (["Message-ID: <a@x>", "Message-ID: <b@x> | In-Reply-To: mumble | References: <a@x>"], "0(1)"),
        (["Message-ID: <b@x> | References: <gone@x>", "Message-ID: <c@x> | References: <gone@x>"], "?(0)(1)"),
        (["Message-ID: <b@x> | References: <gone@x>"], "0"),
        (["Message-ID: <a@x>", "Message-ID: <c@x> | References: <a@x> <gone@x>"], "0(1)"),
        (["Message-ID: <a@x> | References: <a@x>"], "0"),
        (["Message-ID: <a@x> | References: <b@x>", "Message-ID: <b@x> | References: <a@x>"], "1(0)"),
        (["Message-ID: <a@x>", "Message-ID: <a@x>"], "0 1"),
        (["Subject: Pumps", "Subject: Re: Pumps"], "0(1)"),
        (["Subject: Re: Pumps", "Subject: Pumps"], "1(0)"),
        (["Subject: Re: Pumps", "Subject: AW: Pumps"], "?(0)(1)"),
        (["Subject: Pumps", "Subject: Pumps"], "?(0)(1)"),
        (["Subject: Pumps", "Subject: Re: Pumps", "Subject: Re: Pumps"], "0(1)(2)"),
        (["Subject: Re: Pumps", "Subject: Re: Pumps", "Subject: Re: Pumps"], "?(0)(1)(2)"),
        (["Subject:", "Subject: Re:"], "0 1"),
    ],
)
def test_arrange(heads: list[str], expected: str) -> None:
    assert drawn(arrange(mails(*heads))) == expected


def test_an_answer_found_later_takes_the_place_of_the_missing_one() -> None:
    heads = [
        "Message-ID: <c@x> | References: <a@x> <b@x>",
        "Message-ID: <a@x>",
        "Message-ID: <b@x> | References: <a@x>",
    ]
    assert drawn(arrange(mails(*heads))) == "1(2(0))"


def test_siblings_stand_in_the_order_of_their_dates() -> None:
    heads = [
        "Message-ID: <a@x> | Date: Tue, 3 Mar 2026 08:00:00 +0000",
        "Message-ID: <c@x> | References: <a@x> | Date: Tue, 3 Mar 2026 11:00:00 +0000",
        "Message-ID: <b@x> | References: <a@x> | Date: Tue, 3 Mar 2026 10:30:00 +0200",
    ]
    (root,) = arrange(mails(*heads))
    assert [kid.index for kid in root.children] == [2, 1]


def test_the_outcome_does_not_depend_on_the_order_of_arrival() -> None:
    heads = [f"Message-ID: <{n}@x> | Subject: s{n} | References: {refs}" for n, refs in enumerate(
        ["", "<0@x>", "<0@x> <1@x>", "<3@x> <2@x>", "<9@x> <3@x>", "<4@x> <5@x>", "<1@x> <7@x>", "<6@x>", "<0@x> <8@x>"]
    )]  # fmt: skip
    outcomes = set()
    chance = random.Random(7)
    for _ in range(20):
        order = chance.sample(range(len(heads)), len(heads))
        nodes = arrange(mails(*(heads[place] for place in order)))

        def named(node: Node, order: list[int] = order) -> Node:
            return Node(None if node.index is None else order[node.index], [named(kid) for kid in node.children])

        outcomes.add(drawn([named(node) for node in nodes]))
    assert len(outcomes) == 1


def test_a_long_chain_is_no_danger() -> None:
    heads = ["Message-ID: <0@x>", *(f"Message-ID: <{n}@x> | References: <{n - 1}@x>" for n in range(1, 3000))]
    nodes = arrange(mails(*heads))
    depth = 0
    while nodes:
        depth += 1
        nodes = nodes[0].children
    assert depth == 3000


def test_an_empty_mailbox() -> None:
    assert arrange([]) == []
    assert drawn(arrange([b"", b"\xff\xfe"])) == "0 1"

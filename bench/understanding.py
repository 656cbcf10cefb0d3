"""How well mail is understood, on the open halves of the labelled sets: `python bench/understanding.py`.

Prints one table: what is measured, what is to be reached, what is reached. Needs the sets beside the repository in
shared/data/mail-understanding; says so and stops where they are missing.
"""

import importlib.util
import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import NotRequired, TypedDict, cast

from parley.bench.bodies import Body, as_labelled, overlap, readable_overlap
from parley.relay.mail import read
from parley.threading import dsn, kinds, reply
from parley.threading.parent import Node, arrange
from parley.threading.subjects import base_subject, is_reply

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "mail-understanding"
TEN = ("en", "de", "fr", "es", "it", "pt", "nl", "ru", "zh", "ja")
KINDS = {"arf": "complaint", "auto": "auto_reply", "dsn": "bounce", "human": "human"}


@dataclass(frozen=True, slots=True)
class Row:
    """One measure: a share from 0 to 1, or seconds."""

    name: str
    reached: float
    to_reach: float
    count: int
    at_most: bool = False  # less is better

    @property
    def good(self) -> bool:
        return self.reached <= self.to_reach if self.at_most else self.reached >= self.to_reach


class Record(TypedDict):
    """One labelled mail in a file."""

    id: str
    input_path: str
    label: str
    kind: str
    expected: Body
    expected_recipients: list[dict[str, bool]]


class Scenario(TypedDict):
    """One threading scenario."""

    algorithm: str
    messages: list[dict[str, list[tuple[str, str]]]]
    expected_imap: NotRequired[str]
    expected_nested: NotRequired[list[list[object]]]


def records(name: str) -> list[Record]:
    with (DATA / name).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def score() -> ModuleType:
    """The scorer that comes with the sets."""
    spec = importlib.util.spec_from_file_location("understanding_score", DATA / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def replies() -> Iterator[Row]:
    rows = score().run(reply.visible_text, str(DATA), "open")
    labelled = [row for row in rows if "exact" in row]
    n = len(labelled)
    yield Row("reply extraction, exact", sum(row["exact"] for row in labelled) / n, 0.88, n)
    yield Row("reply extraction, token F1", sum(row["f1"] for row in labelled) / n, 0.95, n)
    lost = sum(row["r"] < 0.95 for row in labelled) / n
    yield Row("author's words lost (recall < .95)", lost, 0.005, n, at_most=True)
    asserted = [row["assert"] for row in rows if "assert" in row]
    yield Row("reply extraction, assertions", sum(asserted) / len(asserted), 0.95, len(asserted))


def attributions() -> Iterator[Row]:
    rows = score().run(reply.visible_text, str(DATA / "attrib"), "open")
    groups = (
        ("attribution, ten languages, plain", "plain", TEN, 0.97),
        ("attribution, ten languages, HTML", "html", TEN, 1.0),
        ("attribution, all locales, plain", "plain", (), 0.85),
        ("attribution, all locales, HTML", "html", (), 1.0),
    )
    for name, kind, languages, to_reach in groups:
        chosen = [row for row in rows if row["kind"] == kind and (not languages or row["lang"] in languages)]
        yield Row(name, sum(row["exact"] for row in chosen) / len(chosen), to_reach, len(chosen))


def found_kinds() -> Iterator[Row]:
    labels = [
        (one["label"], kinds.classify((DATA / "autoreply" / one["input_path"]).read_bytes()).name)
        for one in records("autoreply/open.jsonl")
    ]
    autos = [name for label, name in labels if label == "auto"]
    humans = [name for label, name in labels if label == "human"]
    flagged = sum(name != "human" for name in humans) / len(humans)
    yield Row("kinds: auto-replies found", sum(name == "auto_reply" for name in autos) / len(autos), 1.0, len(autos))
    yield Row("kinds: humans flagged", flagged, 0.0, len(humans), at_most=True)
    yield Row("kinds: all right", sum(KINDS[label] == name for label, name in labels) / len(labels), 1.0, len(labels))


def bounces() -> Iterator[Row]:
    found = right = total = hard_total = 0
    for one in records("dsn/open.jsonl"):
        expected = one["expected_recipients"]
        failures = dsn.read((DATA / "dsn" / one["input_path"]).read_bytes())
        total += 1
        found += sum("@" in failure.recipient for failure in failures) >= len(expected)
        if one["kind"] == "dsn":
            hard_total += 1
            right += sorted(failure.hard for failure in failures) == sorted(label["hard_bounce"] for label in expected)
    yield Row("bounces: recipient found", found / total, 0.97, total)
    yield Row("bounces: hard or soft right", right / hard_total, 0.95, hard_total)


def bodies() -> Iterator[Row]:
    mails = [
        (read((DATA / "mime" / one["input_path"]).read_bytes()), one["expected"]) for one in records("mime/open.jsonl")
    ]
    right = sum(as_labelled(mail, expected, overlap) for mail, expected in mails)
    yield Row("body part and attachments", right / len(mails), 0.95, len(mails))
    read_right = sum(as_labelled(mail, expected, readable_overlap) for mail, expected in mails)
    yield Row("the same, but for words a label garbles", read_right / len(mails), 0.95, len(mails))


def threads() -> Iterator[Row]:
    scenarios: list[Scenario] = json.loads((DATA / "threads" / "threads_open.json").read_text(encoding="utf-8"))
    chosen = [one for one in scenarios if "ORDEREDSUBJECT" not in one["algorithm"]]
    good = sum(_scenario(one) for one in chosen)
    yield Row("threading scenarios", good / len(chosen), 1.0, len(chosen))
    labels = json.loads((DATA / "threads" / "base_subjects_open.json").read_text(encoding="utf-8"))
    right = sum(
        base_subject(one["subject"]).casefold() == one["base"].casefold()
        and is_reply(one["subject"]) == one.get("is_reply_or_forward", is_reply(one["subject"]))
        for one in labels
    )
    yield Row("base subjects", right / len(labels), 1.0, len(labels))


def _scenario(one: Scenario) -> bool:
    messages = one["messages"]
    numbers = [str(message["n"]) for message in messages]
    heads = ["".join(f"{name}: {value}\r\n" for name, value in message["headers"]) for message in messages]
    mails = [head.encode() + b"\r\n" for head in heads]
    got = _as_imap(arrange(mails), numbers)
    if "expected_imap" in one:
        return got == _parsed_imap(one["expected_imap"])
    if "expected_nested" in one:
        return got == frozenset(_nested(thread) for thread in one["expected_nested"])
    return _sets(arrange(mails), numbers) == _sets(arrange(mails[::-1]), numbers[::-1])


Tree = tuple[str, frozenset[object]]


def _as_imap(nodes: list[Node], numbers: list[str]) -> frozenset[Tree]:
    named = (("" if node.index is None else numbers[node.index], node) for node in nodes)
    return frozenset((name, _as_imap(node.children, numbers)) for name, node in named)


def _nested(thread: list[object]) -> Tree:
    kids = [cast(list[object], kid) for kid in thread[1:] if isinstance(kid, list)]
    return str(thread[0]), frozenset(_nested(kid) for kid in kids)


def _parsed_imap(text: str) -> frozenset[Tree]:
    """`(1 (2 3)(4))(5)` as trees: an innermost pair of brackets at a time."""
    done: list[Tree] = []
    innermost = re.compile(r"\(([\d #]*)\)")
    while match := innermost.search(text):
        names = match[1].split()
        below = frozenset(done[int(name[1:])] for name in names if name[0] == "#")
        plain = [name for name in names if name[0] != "#"] or [""]
        tree: Tree = (plain[-1], below)
        for name in reversed(plain[:-1]):
            tree = (name, frozenset({tree}))
        done.append(tree)
        text = f"{text[: match.start()]} #{len(done) - 1} {text[match.end() :]}"
    return frozenset(done[int(name[1:])] for name in text.split())


def _sets(nodes: list[Node], numbers: list[str]) -> frozenset[frozenset[str]]:
    """Which messages are together."""
    out: set[frozenset[str]] = set()
    for root in nodes:
        members: set[str] = set()
        stack = [root]
        while stack:
            node = stack.pop()
            stack += node.children
            if node.index is not None:
                members.add(numbers[node.index])
        out.add(frozenset(members))
    return frozenset(out)


def hostile() -> Iterator[Row]:
    mb = 1_000_000
    bodies_of = {
        "one line": "a" * mb,
        "20,000 lines": ("x" * 49 + "\n") * 20_000,
        "On … repeated": "On Tue, 3 Mar 2026 " * (mb // 19),
        "quote marks": ">" * mb,
        "attributions": "On Tue, 3 Mar 2026 at 8:05, A <a@b.c> wrote:\n" * (mb // 45),
        "header lines": "From: a@b.c\n" * (mb // 12),
        "law": "this e-mail is confidential and intended for the addressee\n\n" * (mb // 61),
        "tabs and colons": "\ta:\n" * (mb // 4),
        "quotes and answers": "> a\nb\n" * (mb // 6),
        "attributions without an end": "On Tue, 3 Mar 2026 at 8:05, A <\n" * (mb // 33),
        "header blocks": "From: a\nSent: b\nTo: c\nSubject: d\n" * (mb // 32),
        "beginnings of our marker": "Please write your reply\n" * (mb // 24),
        "drawn lines": "-----\n" * (mb // 6),
        "brackets": "<a" * (mb // 2),
        "initials": "a:\nAB> x\n" * (mb // 9),
    }
    worst = max(_seconds(body, "plain") for body in bodies_of.values())
    yield Row("1 MB of hostile text, worst, s", worst, 1.0, len(bodies_of), at_most=True)
    html = (
        "<div>" * (mb // 5),
        "<blockquote>a" * (mb // 13),
        '<div class="gmail_quote">a' * (mb // 26),
        "<br>" * (mb // 4),
        "<" * mb,
        '<blockquote type="cite">a</blockquote>b' * (mb // 39),
        "<p>a</p>" * (mb // 8),
    )
    yield Row(
        "1 MB of hostile HTML, worst, s", max(_seconds(body, "html") for body in html), 1.0, len(html), at_most=True
    )


def _seconds(body: str, kind: str) -> float:
    started = time.perf_counter()
    reply.split(body, kind)
    return time.perf_counter() - started


MEASURES: tuple[Callable[[], Iterator[Row]], ...] = (
    replies,
    attributions,
    bodies,
    found_kinds,
    bounces,
    threads,
    hostile,
)


def measured() -> dict[str, Row]:
    """All rows by name."""
    return {row.name: row for measure in MEASURES for row in measure()}


def main() -> int:
    if not DATA.is_dir():
        print(f"The labelled sets are missing: {DATA}", file=sys.stderr)
        return 75
    rows = measured().values()
    width = max(len(row.name) for row in rows)
    print(f"{'measure':{width}}  {'n':>4}  {'to reach':>9}  {'reached':>9}")
    for row in rows:
        seconds = row.name.endswith(", s")
        show = f"{row.reached:8.2f} " if seconds else f"{row.reached:8.1%} "
        aim = f"{row.to_reach:8.2f} " if seconds else f"{row.to_reach:8.1%} "
        print(f"{row.name:{width}}  {row.count:>4}  {aim:>9}  {show:>9}  {'' if row.good else 'short'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What holds for every body: nothing lost, nothing raised, no text swallowed whole, time in proportion to size."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parley.relay.mail import read
from parley.relay.mail.htmltext import html_to_text
from parley.threading import dsn, kinds, message_ids, parent, reply, subjects

PIECES = st.sampled_from(
    [
        "Yes.", "> quoted", ">", "", "-- ", "--", "Sent from my iPhone", "____________________", "---", "* * *",
        "On Tue, Mar 3, 2026 at 8:05 AM Marie <a@b.example> wrote:", "Am 03.03.26 um 08:05 schrieb Marie:",
        "From: Marie <a@b.example>", "Sent: Tuesday", "To: Tom", "Subject: Pumps", "-----Original Message-----",
        "A <a@b.example> wrote:", "\ttabbed", "\t",
        "This e-mail is confidential and intended for the addressee.",
        "##- Please write your reply above this line -##",
        "Kind regards", "Tom Baker", "a\u0000b", "\ud800", "＞ wide", "| bar", "<", "wrote:", "12.05.2026 08:05:",
    ]
)  # fmt: skip
BODIES = st.lists(PIECES, max_size=12).map("\n".join) | st.text(max_size=200)
HTML = st.lists(
    st.sampled_from(
        [
            "<p>Yes</p>",
            "<p>CAUTION: this e-mail came from an external sender</p>",
            "<div>On Tue, Mar 3, 2026 at 8:05 AM Marie &lt;a@b.example&gt; wrote:</div>",
            "<div>Sent from my iPhone</div>",
            "<div>-- </div>",
            "<table><tr><td>",
            "<ol><li>one",
            '<img src="cid:a">',
            "<blockquote>",
            "</blockquote>",
            '<div id="appendonsend">',
            "</div>",
            "<br>",
            "old",
            "<hr>",
            "<!--",
            "&lt;",
            "&#0;",
        ]
    ),
    max_size=12,
).map("".join)


SEEN = re.compile(r"[^\W_]")


def body_of(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


@settings(max_examples=150, deadline=None)
@given(BODIES)
def test_the_parts_are_the_body(text: str) -> None:
    done = reply.split(text, "plain")
    assert "".join(piece for _, piece in done.segments) == body_of(text)
    assert {kind for kind, _ in done.segments} <= {"text", "quoted", "signature", "disclaimer"}
    for name in ("quoted", "signature", "disclaimer"):
        assert getattr(done, name) == "".join(piece for kind, piece in done.segments if kind == name)
    done.text.encode()


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from(["We agree.", "Twenty pumps, please.", "And one seal."]), min_size=1, max_size=4), BODIES
)
def test_what_is_typed_above_a_quote_is_never_swallowed(typed: list[str], rest: str) -> None:
    above = "\n".join(typed)
    done = reply.split(f"{above}\n\n{rest}", "plain")
    assert done.text.startswith(above.split("\n", maxsplit=1)[0])


@settings(max_examples=60, deadline=None)
@given(HTML)
def test_html_of_any_shape(html: str) -> None:
    done = reply.split(html, "html")
    assert "".join(piece for _, piece in done.segments) == html_to_text(html)[0]
    if done.html:
        typed = "".join(piece for kind, piece in done.segments if kind == "text")
        assert SEEN.findall(html_to_text(done.html)[0]) == SEEN.findall(typed)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    reply.visible_text(data)
    kinds.classify(data)
    dsn.read(data)
    dsn.returned_ids(data)
    parent.arrange([data, data])
    parent.find_parent(read(data), ())


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=100))
def test_any_text(text: str) -> None:
    subjects.base_subject(text)
    subjects.reply_subject(text)
    assert all(" " not in id for id in message_ids.read_ids(text))
    message_ids.ours(text, ["reply.example"])


SIZE = 100_000  # characters
FACTOR = 4
TWICE = 2  # a quadratic step would take FACTOR times as long as a linear one
NOISE = 0.05  # seconds of processor time that a run may take more or less
HOSTILE = {
    "one line": "a",
    "short lines": "x" * 49 + "\n",
    "beginnings of attributions": "On Tue, 3 Mar 2026\n",
    "attributions without an end": "On Tue, 3 Mar 2026 at 8:05, A <a@b.c> wrote\n",
    "attributions": "On Tue, 3 Mar 2026 at 8:05, A <a@b.c> wrote:\n",
    "on on on": "On ",
    "quote marks": ">",
    "quote marks on lines": ">\n",
    "quotes and answers": "> a\nb\n",
    "tabs below colons": "A <a@b.c> wrote:\n\ta\n\tb\nc\n",
    "tabs and colons": "\ta:\n",
    "header lines": "From: a@b.c\n",
    "drawn lines": "-----\n",
    "dashes and a link of ours": "— as we have said — https://a.b/c/abcdefghijklmnopqrstuv\n",
    "signature marks": "-- \n",
    "telephones": "Sent from my\n",
    "law": "this e-mail is confidential and intended for the addressee\n\n",
    "addresses": "a@b.",
    "brackets": "<",
    "brackets with letters": "<a",
    "headings below drawn lines": "---\n*Previous replies*\n",
    "header blocks in a row": "From: a\nSent: b\nTo: c\nSubject: d\n",
    "beginnings of our marker": "Please write your reply\n",
    "dates": "1/2/2026 ",
    "combining marks": "e\u0301\u0301",
    "invisible characters": "\u200b",
    "wide colons": "：",
    "carriage returns": "\r",
    "warnings": "Caution: this e-mail came from outside the company, do not click links\n\n",
    "footers of lists": "____\nmailing list\n",
    "initials": "a:\nAB> x\n",
    "soft breaks": "a=\n",
}
HOSTILE_HTML = {
    "nested elements": "<div>",
    "nested quotes": "<blockquote>a",
    "quote elements": '<div class="gmail_quote">a',
    "breaks": "<br>",
    "open tags": "<div ",
    "open comments": "<!--",
    "ends without a beginning": "</div>",
    "quotes side by side": '<blockquote type="cite">a</blockquote>b',
    "pictures": '<img src="cid:a">',
    "lines drawn in tables": "<table><tr><td>a<hr>",
}


def processor_seconds(body: str, kind: str) -> float:
    """What this process needs, whatever else the machine does: the middle of three."""
    took: list[float] = []
    for _ in range(3):
        started = time.process_time()
        reply.split(body, kind)
        took.append(time.process_time() - started)
    return sorted(took)[1]


def grows_in_step(piece: str, kind: str) -> bool:
    """Four times the size takes not much more than four times as long."""
    count = SIZE // len(piece)
    small = processor_seconds(piece * count, kind)
    return processor_seconds(piece * count * FACTOR, kind) <= TWICE * FACTOR * small + NOISE


@pytest.mark.parametrize("name", HOSTILE)
def test_the_time_for_hostile_text_grows_in_step_with_its_size(name: str) -> None:
    assert grows_in_step(HOSTILE[name], "plain")


@pytest.mark.parametrize("name", HOSTILE_HTML)
def test_the_time_for_hostile_html_grows_in_step_with_its_size(name: str) -> None:
    assert grows_in_step(HOSTILE_HTML[name], "html")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(PIECES | st.text(max_size=20), min_size=1, max_size=5), st.sampled_from(["\n", " ", "", "\n\n", "\n> "])
)
def test_the_time_for_whatever_is_repeated_grows_in_step_with_its_size(pieces: list[str], between: str) -> None:
    piece = between.join(pieces) + between + "."

    def took(size: int) -> float:
        body = piece * (size // len(piece))
        writer = reply.Writer("Tom Baker", (body[-5000:], body[:5000]))
        started = time.process_time()
        reply.split_body(body_of(body), writer)
        return time.process_time() - started

    def grows_in_step() -> bool:
        small = took(SIZE // 2)
        return took(SIZE // 2 * FACTOR) <= TWICE * FACTOR * small + NOISE

    assert any(grows_in_step() for _ in range(3))  # the machine may have been interrupted once

"""`read` on the mails of other projects: never fails, agrees with the standard library's parser and with labels.

The floors are what was measured; what falls short of them is told beside each.
"""

import email
import email.policy
import json
import re
from collections import Counter
from collections.abc import Iterator
from email.message import Message
from pathlib import Path
from typing import TypedDict, cast

import pytest
from parley.relay.mail import Mail, read
from parley.relay.mail.htmltext import html_to_text

DATA = Path(__file__).parents[2].parent / "shared" / "data"
CORPORA = DATA / "mail-corpora"
LABELLED = DATA / "mail-understanding" / "mime"
WORD = re.compile(r"\w+")

needs_corpora = pytest.mark.skipif(not CORPORA.is_dir(), reason="the mail corpora are not on this machine")
needs_labels = pytest.mark.skipif(not LABELLED.is_dir(), reason="the labelled mails are not on this machine")


class Expected(TypedDict, total=False):
    """The label of one record: one set of fields by mail-parser, the other by a help desk."""

    text_body: list[tuple[str, str]]
    html_body: list[tuple[str, str]]
    n_attachments: int
    body_text: str
    attachment_filenames: list[str]


def corpus_files() -> list[Path]:
    return sorted(path for path in CORPORA.rglob("*") if path.is_file())


def check(mail: Mail) -> None:
    """No surrogates anywhere, no control character in a header value."""
    texts = [mail.text, mail.html, *(attachment.name for attachment in mail.attachments)]
    for text in texts:
        text.encode()
    for _, value in mail.headers:
        assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", value)


@needs_corpora
def test_every_file_is_read() -> None:
    files = corpus_files()
    for path in files:
        check(read(path.read_bytes()))
    print(f"{len(files)} files read")
    assert len(files) > 500


def canonical(content: bytes) -> bytes:
    """Line ends of the file and the last one do not count."""
    return content.replace(b"\r\n", b"\n").rstrip(b"\n")


def leaves(part: "Message[str, str]") -> Iterator[tuple[bool, bytes]]:
    """Each leaf of the standard library's tree: whether it is declared a file, its bytes. Enclosed mails left out."""
    payload = part.get_payload()
    if part.get_content_maintype() == "message":
        return
    if isinstance(payload, list):
        for child in cast("list[Message[str, str]]", payload):
            yield from leaves(child)
        return
    content = part.get_payload(decode=True)
    yield part.get_content_disposition() == "attachment", canonical(content if isinstance(content, bytes) else b"")


def agrees(data: bytes) -> bool:
    """Each of our attachments is a leaf there, and each leaf declared a file there is an attachment of ours."""
    ours = Counter(canonical(a.data) for a in read(data).attachments if not a.type.startswith("message/"))
    theirs = list(leaves(email.message_from_bytes(data, policy=email.policy.compat32)))
    files = Counter(content for is_file, content in theirs if is_file)
    return not ours - Counter(content for _, content in theirs) and not files - ours


@needs_corpora
def test_attachments_agree_with_the_standard_library() -> None:
    """Differs: uuencode (not read here), boundaries the library does not find, base64 it gives up."""
    files = corpus_files()
    differing = [path.name for path in files if not agrees(path.read_bytes())]
    print(f"{len(files) - len(differing)} of {len(files)} agree; not: {', '.join(differing)}")
    assert len(differing) <= 8


def overlap(ours: str, theirs: str) -> float:
    """F1 of the words of two texts."""
    one, two = Counter(WORD.findall(ours.lower())), Counter(WORD.findall(theirs.lower()))
    total = one.total() + two.total()
    return 2 * (one & two).total() / total if total else 1.0


def as_labelled(mail: Mail, expected: Expected) -> bool:
    """True when the words of the body are those of the label and so are the attachments."""
    if "text_body" in expected and "n_attachments" in expected:
        texts = [(kind, text) for kind, text in expected["text_body"] if kind != "InlineBinary"]
        told = "\n".join(html_to_text(text)[0] if kind == "Html" else text for kind, text in texts)
        return overlap(mail.text, told) >= 0.9 and len(mail.attachments) == expected["n_attachments"]
    # The help desk shows the HTML where there is one and keeps it as "message.html"; it writes a sentence in place
    # of an empty body; an empty text or list of names says nothing (words and files are there with it).
    names = [name for name in expected.get("attachment_filenames", []) if name != "message.html"]
    told = expected.get("body_text", "").replace("no visible content", "")
    told = html_to_text(told)[0] if re.search(r"<\w+[^>]*>", told) else told
    alike = (
        1.0
        if not expected.get("body_text")
        else max(overlap(text, told) for text in (mail.text, html_to_text(mail.html)[0]))
    )
    return alike >= 0.9 and (not names or len(mail.attachments) == len(names))


@needs_labels
def test_parts_are_chosen_as_labelled() -> None:
    """Not so: labels that call a part without a closing boundary a file (5), that hold garbled text (3), that let
    the last of two Content-Type fields count (1), that call a text after a file no text (1)."""
    lines = (LABELLED / "open.jsonl").read_text("utf-8").splitlines()
    wrong: list[str] = []
    for line in lines:
        record = json.loads(line)
        if not as_labelled(read((LABELLED / record["input_path"]).read_bytes()), record["expected"]):
            wrong.append(record["id"])
    print(f"{len(lines) - len(wrong)} of {len(lines)} as labelled; not: {', '.join(wrong)}")
    assert len(wrong) <= 10

"""Reads and plays `*.smtp` files: SMTP dialogues as text. The notation is told in README.md."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from parley.relay.arrival import Arrival
from parley.tests.dialogs.door import Client, OpenDoor
from parley.tests.ports import reset
from parley.tests.times import jump

_LINE = re.compile(r"(S|C|C-raw|M): ?(.*)")
_ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2})|([rnt0\\]))|\{(\d+)\*([^{}]*)\}")
_CHARACTERS = {"r": b"\r", "n": b"\n", "t": b"\t", "0": b"\0", "\\": b"\\"}


@dataclass(frozen=True, slots=True)
class Step:
    number: int  # of the line in the file
    kind: str  # S, C, C-raw or M
    text: str


@dataclass(frozen=True, slots=True)
class Script:
    settings: dict[str, object]
    steps: tuple[Step, ...]


def read(path: Path) -> Script:
    """Read a dialogue. Raises ValueError for a line that is none."""
    settings: list[str] = []
    steps: list[Step] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        match = _LINE.fullmatch(line)
        if line.startswith("%"):
            settings.append(line[1:])
        elif match:
            steps.append(Step(number, match[1], match[2]))
        elif line and not line.startswith("#"):
            raise ValueError(f"{path.name}:{number}: {line}")
    return Script(tomllib.loads("\n".join(settings)), tuple(steps))


async def play(script: Script, door: OpenDoor) -> None:
    """Play the client's side against the door and compare the server's. Raises AssertionError with the line."""
    client = await door.connect()
    mails = iter(door.book.kept)
    waiting = b""
    for step in script.steps:
        if step.kind in ("C", "C-raw") and not step.text.startswith("("):
            waiting += raw(step.text) + (b"\r\n" if step.kind == "C" else b"")
            continue
        if waiting:
            await client.send(waiting)
        waiting = b""
        if step.kind == "C":
            await _gesture(client, step.text)
        elif step.kind == "M":
            _compare(step, _shown(next(mails, None)))
        else:
            _compare(step, await client.line() or "(closed)")
    assert not waiting, "a dialogue ends with what the server says"
    assert not [_shown(mail) for mail in mails], "mails that the dialogue does not tell of"


def raw(text: str) -> bytes:
    r"""Return the bytes that `text` stands for: \r \n \t \0 \\ \xNN, and {3*ab} for ababab."""
    result = b""
    at = 0
    for match in _ESCAPE.finditer(text):
        result += text[at : match.start()].encode()
        at = match.end()
        if match[1]:
            result += bytes.fromhex(match[1])
        elif match[2]:
            result += _CHARACTERS[match[2]]
        else:
            result += raw(match[4]) * int(match[3])
    return result + text[at:].encode()


async def _gesture(client: Client, text: str) -> None:
    if text == "(half-close)":
        client.writer.write_eof()
        return
    if text == "(an hour later)":
        await jump()
        return
    assert text == "(reset)", text
    reset(client.writer)


def _shown(mail: Arrival | None) -> str:
    if mail is None:
        return "(none)"
    to = ",".join(hit.address.partition("@")[0] for hit in mail.hits)
    data = mail.data.decode("utf-8", "backslashreplace").replace("\r", "\\r").replace("\n", "\\n")
    return f"<{mail.mail_from}> {to} {data}"


def _compare(step: Step, said: str) -> None:
    pattern = ".*".join(re.escape(part) for part in step.text.split("…"))
    assert re.fullmatch(pattern, said, re.DOTALL), f"line {step.number}: expected {step.text!r}, got {said[:500]!r}"

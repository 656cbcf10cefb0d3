"""`parley demo` as somebody uses it: it starts from nothing, a reply goes round over SMTP, and it leaves no trace."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

import pytest
from parley.relay.demo.world import Demo, DemoError, run_demo
from parley.tests.times import LIMIT

News = dict[str, Any]

pytestmark = pytest.mark.xdist_group("demo")  # they look for the same free ports


@dataclass(slots=True)
class Visitor:
    """A browser without a window: follows the page's stream and sends its forms."""

    url: str
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def open(cls, url: str) -> Self:
        at = urlsplit(url)
        reader, writer = await asyncio.open_connection(at.hostname, at.port)
        writer.write(f"GET /events HTTP/1.1\r\nHost: {at.netloc}\r\n\r\n".encode())
        return cls(url, reader, writer)

    async def news(self, kind: str, fits: Callable[[News], bool] = lambda _: True) -> News:
        """Return the next news of this kind that fits. Raises TimeoutError."""
        async with asyncio.timeout(LIMIT):
            name = ""
            while True:
                line = (await self.reader.readline()).decode().strip()
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: ") and name == kind:
                    data: News = json.loads(line.removeprefix("data: "))
                    if fits(data):
                        return data

    async def close(self) -> None:
        self.writer.close()
        await self.writer.wait_closed()

    async def ask(self, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        """GET, or POST a form, as the page's own script does."""
        at = urlsplit(self.url)
        reader, writer = await asyncio.open_connection(at.hostname, at.port)
        body = urlencode(form).encode() if form is not None else b""
        lines = [
            f"{'GET' if form is None else 'POST'} {path} HTTP/1.0",
            f"Host: {at.netloc}",
            f"Origin: http://{at.netloc}",
            "Content-Type: application/x-www-form-urlencoded",
            f"Content-Length: {len(body)}",
        ]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        head, _, text = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), text.decode("utf-8", "replace")


def inside(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@asynccontextmanager
async def demo(folder: Path) -> AsyncGenerator[tuple[Demo, Visitor, News]]:
    """A started demo, a visitor, and what his page shows at first."""
    running = Demo(folder, 0)
    await running.start()
    try:
        visitor = await Visitor.open(running.url)
        try:
            yield running, visitor, await visitor.news("now")
        finally:
            await visitor.close()
    finally:
        await running.stop()


async def test_an_inquiry_is_under_way_and_a_reply_goes_round(tmp_path: Path) -> None:
    async with demo(tmp_path) as (running, visitor, now):
        boxes = {box["key"]: box for box in now["boxes"]}
        assert [len(box["mails"]) for box in boxes.values()] == [3, 3, 3]
        assert len([entry for entry in now["history"] if entry["type"] == "message"]) == 3
        assert any(" received " in line for line in now["log"])

        newest = boxes["anna"]["mails"][0]["number"]
        form = {"what": "reply", "client": "outlook", "text": "Yes, EPDM stands that.\n\nAnna"}
        to = json.loads((await visitor.ask(f"/mails/anna/{newest}"))[1])["reply_to"]
        status, answer = await visitor.ask(f"/mails/anna/{newest}/send", {**form, "to": to})
        assert status == 200
        assert json.loads(answer)["taken"] is True, answer

        got = await visitor.news("mail", lambda news: news["box"] == "camille")
        camille = running.mailboxes.of("camille")
        assert camille is not None
        raw: bytes = camille.mails[int(got["mail"]["number"]) - 1].raw
        assert b"Yes, EPDM stands that." in raw
        assert b"nordwind.example" not in raw  # neither her address nor anything else of her side
        assert b"192.0.2.44" not in raw
        assert b"caustic" not in raw  # what she quoted stays behind
        history = await visitor.news("history", _delivered)
        assert history["entries"][0]["name"] == "Anna Weber"
        mail = history["entries"][0]["mail"]
        while not any(f" {mail}: sent " in line and "camille@" in line for line in running.feed.lines()):
            await visitor.news("log")  # the journal tells it right after the store has it


def _delivered(news: News) -> bool:
    entry = news["entries"][0]
    texts = [fact["text"] for fact in entry["facts"]]
    return "Yes, EPDM" in entry["text"] and "✓ Camille Laurent" in texts


async def test_every_program_can_reply_and_a_forward_reaches_the_colleague_directly(tmp_path: Path) -> None:
    async with demo(tmp_path) as (running, visitor, _):
        camille, _, tom = running.mailboxes.all()
        for count, client in enumerate(("gmail", "outlook", "apple"), 4):
            newest = [kept.number for kept in camille.mails if kept.way == "in"][-1]
            to = json.loads((await visitor.ask(f"/mails/camille/{newest}"))[1])["reply_to"]
            form = {"what": "reply", "to": to, "client": client, "text": f"From {client}."}
            assert json.loads((await visitor.ask(f"/mails/camille/{newest}/send", form))[1])["taken"]
            await running.mailboxes.received(tom, count, LIMIT)
        form = {"what": "forward", "to": tom.person.email, "client": "gmail", "text": ""}
        assert json.loads((await visitor.ask("/mails/anna/1/send", form))[1])["taken"]
        forwarded = await running.mailboxes.received(tom, 7, LIMIT)
        assert b"From: Anna Weber <anna.weber@nordwind.example>" in forwarded.raw


async def test_what_cannot_be_sent_says_why(tmp_path: Path) -> None:
    async with demo(tmp_path) as (_, visitor, _):
        path, form = "/mails/anna/1/send", {"what": "reply", "client": "gmail", "text": "x"}
        for to, status, words in (
            ("", 422, "Say whom"),
            ("not an address", 422, "is not a mail address"),
            ("buyer-aaaaaaaaaaaaaaaa@reply.machina.example", 200, "550 5.1.1"),
            ("nobody@nordwind.example", 200, "550 5.1.1"),
        ):
            got, answer = await visitor.ask(path, {**form, "to": to})
            assert (got, json.loads(answer)["taken"]) == (status, False)
            assert words in answer
        assert (await visitor.ask(path, {"what": "reply", "to": "a@b.example", "text": " "}))[0] == 422
        assert (await visitor.ask("/mails/anna/99", None))[0] == 404
        assert (await visitor.ask("/mails/nobody/1/source", None))[0] == 404


async def test_a_mail_can_be_seen_as_it_is(tmp_path: Path) -> None:
    async with demo(tmp_path) as (running, visitor, _):
        anna = running.mailboxes.all()[1]
        status, source = await visitor.ask("/mails/anna/1/source")
        assert status == 200
        assert source.encode().replace(b"\n", b"\r\n") == anna.mails[0].raw
        assert "NW-40" in (await visitor.ask("/mails/anna/1/body"))[1]
        assert (await visitor.ask("/mails/camille/2/files/0"))[1].startswith("%PDF-1.4")
        assert (await visitor.ask("/mails/camille/2/files/9"))[0] == 404


async def test_a_kept_demo_goes_on_where_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    async with demo(folder) as (_, visitor, first):
        history = first["history"]
        while "✓" not in history[0]["facts"][-1]["text"]:  # that it has arrived is known a moment after it has
            history = (await visitor.news("history"))["entries"]
    async with demo(folder) as (_, _, second):
        assert second["boxes"] == first["boxes"]
        assert second["history"] == history


async def test_somebody_elses_settings_are_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "relay.toml").write_text("# mine\n")
    with pytest.raises(DemoError, match="not written by the demo"):
        await Demo(tmp_path, 0).start()
    assert (tmp_path / "relay.toml").read_text() == "# mine\n"


async def test_two_demos_in_one_folder_are_refused(tmp_path: Path) -> None:
    async with demo(tmp_path):
        with pytest.raises(DemoError, match="another demo is running"):
            await Demo(tmp_path, 0).start()


async def test_a_taken_port_is_named_when_it_was_asked_for(tmp_path: Path) -> None:
    async with demo(tmp_path / "one") as (running, _, _):
        port = urlsplit(running.url).port
        with pytest.raises(DemoError, match=f"port {port} cannot be used"):
            await Demo(tmp_path / "two", port).start()


async def test_nothing_is_left_when_it_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process, ended by cancelling: what Ctrl-C does to a program that waits."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    said: asyncio.Queue[str] = asyncio.Queue()
    task = asyncio.create_task(run_demo(None, 0, open_browser=False, say=said.put_nowait))
    async with asyncio.timeout(LIMIT):
        while "open http://127.0.0.1:" not in await said.get():
            pass
    assert [name for name in inside(tmp_path) if name.startswith("parley-demo-")]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert inside(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_command_starts_and_stops(tmp_path: Path, number: signal.Signals) -> None:
    """The real command in a process of its own, with a folder for temporary files that it must leave empty."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "parley",
        "demo",
        "--no-browser",
        "--port",
        "0",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        cwd=tmp_path.parent,
    )
    assert process.stdout is not None
    async with asyncio.timeout(LIMIT):
        while (line := await process.stdout.readline()) and not line.startswith(b"open http://127.0.0.1:"):
            pass
        process.send_signal(number)
        _, errors = await process.communicate()
    assert (process.returncode, errors) == (0, b"")
    assert inside(tmp_path) == []

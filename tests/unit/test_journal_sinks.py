"""Where the journal's lines go: together, whole, and never lost for a log that moved or a disk that was full."""

import asyncio
import errno
import os
from pathlib import Path

import pytest
from parley.relay.journal_sinks import FileSink


def test_the_log_file_is_opened_again_after_it_was_moved(tmp_path: Path) -> None:
    seconds = iter((0.0, 0.9, 1.0))
    sink = FileSink(tmp_path / "log" / "parley.log", lambda: next(seconds))
    sink("one")
    (tmp_path / "log" / "parley.log").rename(tmp_path / "log" / "old")
    sink("two")
    sink("three")
    sink.close()
    assert (tmp_path / "log" / "old").read_text() == "one\ntwo\n"
    assert (tmp_path / "log" / "parley.log").read_text() == "three\n"


def test_the_lines_of_one_turn_of_the_loop_are_written_together(tmp_path: Path) -> None:
    file = tmp_path / "parley.log"

    async def turns() -> list[str]:
        sink, seen = FileSink(file), list[str]()
        for line in ("one", "two"):
            sink(line)
        seen.append(file.read_text() if file.exists() else "")
        await asyncio.sleep(0)
        seen.append(file.read_text())
        sink("three")
        return [*seen, file.read_text()]

    assert asyncio.run(turns()) == ["", "one\ntwo\n", "one\ntwo\n"]
    assert file.read_text() == "one\ntwo\nthree\n"  # the last turn's, too


def test_each_loop_writes_its_own_lines(tmp_path: Path) -> None:
    sink = FileSink(tmp_path / "parley.log")
    gone = asyncio.new_event_loop()
    gone.call_soon(sink, "left by a loop that was stopped")
    gone.call_soon(gone.stop)
    gone.run_forever()
    gone.close()

    async def turn() -> None:
        sink("next")

    asyncio.run(turn())
    assert (tmp_path / "parley.log").read_text() == "left by a loop that was stopped\nnext\n"


class Disk:
    """Takes `room` octets more."""

    def __init__(self, room: int) -> None:
        self.room = room
        self._write = os.write

    def write(self, file: int, data: bytes) -> int:
        if not self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fits, self.room = data[: self.room], max(0, self.room - len(data))
        return self._write(file, fits)


def test_after_a_torn_line_the_next_one_begins_on_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sink, disk = FileSink(tmp_path / "parley.log"), Disk(6)
    monkeypatch.setattr(os, "write", disk.write)
    sink("first line")
    disk.room = 100
    sink("second line")
    assert (tmp_path / "parley.log").read_text() == "first \nsecond line\n"


def test_while_the_disk_stays_full_each_line_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sink = FileSink(tmp_path / "parley.log")
    monkeypatch.setattr(os, "write", Disk(6).write)
    sink("first line")
    sink("second line")
    assert [line.partition(" log_error=")[0] for line in capsys.readouterr().err.splitlines()] == [
        "line",
        "second line",
    ]


def test_a_log_that_cannot_be_written_goes_to_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    FileSink(tmp_path / "file" / "parley.log")("one")
    assert capsys.readouterr().err.startswith("one log_error=")

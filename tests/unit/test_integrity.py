"""A damaged database is found at the start, a sound one is not held up, however large."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from parley.store import integrity, soundness
from parley.store.blobs import record
from parley.store.engine import open_engine
from parley.store.integrity import StoreDamaged, check
from parley.store.place import in_folder
from parley.store.schema import migrate
from parley.store.store import open_store
from sqlalchemy import Engine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    one = open_engine(in_folder(tmp_path))
    migrate(one)
    yield one
    one.dispose()


@pytest.mark.parametrize("here", [0, 1 << 30])
def test_a_sound_store_is_checked_whole(engine: Engine, tmp_path: Path, here: int) -> None:
    assert check(tmp_path / "parley.db", 60, here) == ()


def test_time_runs_out_on_a_large_one(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    endless = tmp_path / "endless.py"
    endless.write_text("import time\nprint('sound inquiry', flush=True)\ntime.sleep(3600)\n")
    monkeypatch.setattr(soundness, "__file__", str(endless))
    left = check(tmp_path / "parley.db", 0, here=0)
    assert {"message", "delivery", "event"} <= set(left)  # the process was ended, whatever it had found


@pytest.mark.parametrize("here", [0, 1 << 30])
async def test_a_damaged_store_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, here: int) -> None:
    monkeypatch.setattr(integrity, "SECONDS", 60.0)
    monkeypatch.setattr(integrity, "HERE", here)
    place = in_folder(tmp_path)
    store = open_store(place)
    kept = [store.blobs.put(bytes([number]) * 5000) for number in range(50)]
    await store.write(lambda connection: record(connection, kept))
    store.close()
    file = tmp_path / "parley.db"
    with closing(sqlite3.connect(file)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'blob'").fetchone()
    data = bytearray(file.read_bytes())
    data[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    file.write_bytes(data)
    with pytest.raises(StoreDamaged):
        open_store(place)
    file.write_bytes(b"this is no database" * 1000)
    with pytest.raises(Exception, match="not a database"):
        open_store(place)

"""Large blobs, in a folder and in a bucket (a real S3 server on loopback): kept, read, swept, trouble told."""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import boto3
import pytest
from moto.server import ThreadedMotoServer
from parley.relay.clock import utc_now
from parley.relay.journal import Journal
from parley.relay.mail.raw import Spool, Spooled
from parley.relay.personal_links import LinkMaker
from parley.relay.settings import parse
from parley.relay.sweeping import sweep
from parley.relay.world import World
from parley.store import blob_folder, blobs
from parley.store.blobs import StoredBlob, open_blobs
from parley.store.place import Bucket, Place, in_folder
from parley.store.store import open_store

LARGE = b"b" * (blobs.SMALL + 1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The URL of a server with the bucket `mails`."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    client = boto3.client(
        "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="key", aws_secret_access_key="secret"
    )
    client.create_bucket(Bucket="mails")
    client.close()
    yield url
    server.stop()


@pytest.fixture(params=["folder", "bucket"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Path | Bucket:
    if request.param == "folder":
        return tmp_path / "blobs"
    return bucket(request.getfixturevalue("s3"), tmp_path.name, tmp_path / "spool")


def bucket(url: str, prefix: str, spool: Path = Path("spool")) -> Bucket:
    return Bucket("mails", prefix, url, "us-east-1", "key", "secret", spool)


def name_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_what_is_put_can_be_read_and_put_again(where: Path | Bucket) -> None:
    keep = open_blobs(where).keep
    keep.put(name_of(LARGE), LARGE)
    keep.put(name_of(LARGE), LARGE)
    assert keep.get(name_of(LARGE)) == LARGE
    with pytest.raises(FileNotFoundError):
        keep.get("0" * 64)


def spooled(spool: Spool, data: bytes) -> Spooled:
    file = spool.begin()
    file.write(data)
    return file.finish()


def test_a_mail_in_a_file_is_taken_over_as_a_blob(where: Path | Bucket) -> None:
    kept = open_blobs(where)
    mail = spooled(kept.keep.spool, LARGE)
    assert kept.take(mail) == kept.take(mail) == StoredBlob(name_of(LARGE), len(LARGE), None)
    again = spooled(kept.keep.spool, LARGE)
    kept.take(again)
    assert again.bytes() == mail.bytes() == kept.keep.get(name_of(LARGE)) == LARGE
    for one in (mail, again):
        one.discard()
        one.discard()
    assert kept.keep.get(name_of(LARGE)) == LARGE
    assert list(kept.keep.old(datetime.now(UTC) + HOUR)) == [name_of(LARGE)]


def test_the_octets_of_a_blob_can_be_read_from_a_file(where: Path | Bucket) -> None:
    keep = open_blobs(where).keep
    keep.put(name_of(LARGE), LARGE + b"end")
    with keep.open(name_of(LARGE), len(LARGE) - 1, len(LARGE) + 3) as file:
        assert os.pread(file.fileno(), 9, len(LARGE) - 1) == b"bend"
    with pytest.raises(FileNotFoundError):
        keep.open("0" * 64, 0, 1)


def test_from_a_bucket_only_what_is_wanted_comes(where: Path | Bucket) -> None:
    keep = open_blobs(where).keep
    keep.put(name_of(LARGE), LARGE)
    with keep.open(name_of(LARGE), 100, 200) as file:
        assert os.pread(file.fileno(), 100, 100) == LARGE[100:200]
        assert os.fstat(file.fileno()).st_size == (200 if isinstance(where, Bucket) else len(LARGE))


def test_a_mail_half_come_in_when_the_gateway_died_is_swept(where: Path | Bucket) -> None:
    keep = open_blobs(where).keep
    spooled(keep.spool, LARGE)
    [name] = keep.old(datetime.now(UTC) + HOUR)
    assert not keep.remove_old(name, datetime.now(UTC) - HOUR)
    assert keep.remove_old(name, datetime.now(UTC) + HOUR)
    assert list(keep.old(datetime.now(UTC) + HOUR)) == []


def test_the_old_are_listed_and_what_was_put_again_stays(where: Path | Bucket) -> None:
    keep, name = open_blobs(where).keep, name_of(LARGE)
    assert list(keep.old(datetime.now(UTC) + HOUR)) == []
    keep.put(name, LARGE)
    assert list(keep.old(datetime.now(UTC) - HOUR)) == []
    assert list(keep.old(datetime.now(UTC) + HOUR)) == [name]
    assert not keep.remove_old(name, datetime.now(UTC) - HOUR)
    assert keep.get(name) == LARGE
    assert keep.remove_old(name, datetime.now(UTC) + HOUR)
    assert not keep.remove_old(name, datetime.now(UTC) + HOUR)
    with pytest.raises(FileNotFoundError):
        keep.get(name)


async def test_orphans_are_swept_and_nothing_else(where: Path | Bucket, tmp_path: Path) -> None:
    store = open_store(Place(in_folder(tmp_path).url, where))
    try:
        named = store.blobs.put(LARGE)
        await store.write(lambda connection: blobs.record(connection, [named]))
        store.blobs.put(LARGE + b"left by a crash")
        lines: list[str] = []
        settings = parse("", "test", tmp_path, {})
        world = World(settings, store, Journal(lines.append), utc_now, LinkMaker(b"s" * 32), lambda: None)
        assert await sweep(world, datetime.now(UTC)) == 0
        assert await sweep(world, datetime.now(UTC) + 2 * DAY) == 1
        assert await store.read(lambda connection: store.blobs.get(connection, named.hash)) == LARGE
        assert [line.split()[2:] for line in lines] == [["swept", "blobs=1"]]
    finally:
        store.close()


def test_a_file_half_written_by_a_crash_is_swept_and_a_young_one_is_not(tmp_path: Path) -> None:
    keep, name = open_blobs(tmp_path).keep, name_of(LARGE)
    keep.put(name, LARGE)
    half = tmp_path / name[:2] / f".{name}.12345678"
    half.write_bytes(b"half")
    old = (datetime.now(UTC) - 2 * DAY).timestamp()
    os.utime(half, (old, old))
    assert list(keep.old(datetime.now(UTC) - DAY)) == [half.name]
    assert keep.remove_old(half.name, datetime.now(UTC) - DAY)
    assert [path.name for path in (tmp_path / name[:2]).iterdir()] == [name]


def test_what_else_is_in_the_folder_is_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "lost+found"
    other.mkdir()
    (other / "12345").write_bytes(b"of the disk")
    assert list(open_blobs(tmp_path).keep.old(datetime.now(UTC) + DAY)) == []


def test_what_else_is_in_the_bucket_is_left_alone(s3: str, tmp_path: Path) -> None:
    keep, theirs = open_blobs(bucket(s3, tmp_path.name, tmp_path)).keep, open_blobs(bucket(s3, "", tmp_path)).keep
    keep.put("report.pdf", b"of somebody else")
    keep.put(name_of(LARGE), LARGE)
    assert list(keep.old(datetime.now(UTC) + DAY)) == [name_of(LARGE)]
    assert name_of(LARGE) not in list(theirs.old(datetime.now(UTC) + DAY))  # it has our prefix


def test_a_blob_that_was_cut_is_written_anew(tmp_path: Path) -> None:
    blobs, name = open_blobs(tmp_path), name_of(LARGE)
    path = tmp_path / name[:2] / name
    blobs.put(LARGE)
    path.write_bytes(LARGE[:1000])
    blobs.put(LARGE)
    assert path.read_bytes() == LARGE
    path.write_bytes(LARGE[:1000])
    file = Spool(tmp_path).begin()
    file.write(LARGE)
    mail = file.finish()
    blobs.take(mail)
    assert path.read_bytes() == LARGE
    assert mail.kept


@pytest.mark.parametrize(("deed", "size"), [("utime", len(LARGE)), ("fsync", 1000)])
def test_a_file_that_is_put_while_it_is_swept_stays(
    deed: str, size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, name = open_blobs(tmp_path).keep, name_of(LARGE)
    path = grown_old(keep, tmp_path)
    os.truncate(path, size)  # another size: a blob that was cut, and is written anew
    make_old(path)
    done, swept = getattr(os, deed), list[bool]()

    def swept_first(handle: int) -> None:
        swept.append(keep.remove_old(name, datetime.now(UTC) - DAY))
        done(handle)

    monkeypatch.setattr(os, deed, swept_first)
    keep.put(name, LARGE)
    assert swept
    assert not any(swept)
    assert keep.get(name) == LARGE


def test_a_file_that_is_swept_while_it_is_put_is_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep, name = open_blobs(tmp_path).keep, name_of(LARGE)
    grown_old(keep, tmp_path)
    lock, swept = fcntl.flock, list[bool]()

    def swept_first(file: BinaryIO, how: int) -> None:
        if how == fcntl.LOCK_SH:
            swept.append(keep.remove_old(name, datetime.now(UTC) - DAY))  # it is open already, and not yet held
        lock(file, how)

    monkeypatch.setattr(fcntl, "flock", swept_first)
    keep.put(name, LARGE)
    assert swept == [True]
    assert keep.get(name) == LARGE


@pytest.mark.parametrize("deed", ["rename", "unlink"])
def test_a_sweeper_that_dies_leaves_a_blob_under_its_name(
    deed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, name = open_blobs(tmp_path).keep, name_of(LARGE)
    grown_old(keep, tmp_path)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying, suppress(KeyboardInterrupt):
        dying.setattr(Path, deed, die)
        keep.remove_old(name, datetime.now(UTC) - DAY)
    with suppress(FileNotFoundError):
        assert keep.get(name) == LARGE
    assert {file.name for file in (tmp_path / name[:2]).iterdir()} <= {name}


def grown_old(keep: blobs.Keep, folder: Path) -> Path:
    """Put the large blob and make it two days old."""
    keep.put(name_of(LARGE), LARGE)
    path = folder / name_of(LARGE)[:2] / name_of(LARGE)
    make_old(path)
    return path


def make_old(path: Path) -> None:
    old = (datetime.now(UTC) - 2 * DAY).timestamp()
    os.utime(path, (old, old))


def test_a_bucket_that_is_away_is_an_oserror_and_tells_no_secret() -> None:
    keep = open_blobs(bucket("http://127.0.0.1:9", "x")).keep
    with pytest.raises(OSError, match="the bucket cannot be used") as caught:
        keep.put(name_of(LARGE), LARGE)
    assert "secret" not in str(caught.value)
    assert "secret" not in repr(bucket("http://127.0.0.1:9", "x"))


def test_a_bucket_that_does_not_exist_is_told(s3: str) -> None:
    keep = open_blobs(Bucket("nobodys", "", s3, "us-east-1", "key", "secret")).keep
    with pytest.raises(OSError):  # noqa: PT011 (the server's own words)
        keep.put(name_of(LARGE), LARGE)


def test_each_folder_on_the_way_is_synced_before_put_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def note(handle: int) -> None:
        synced.append(Path(f"/proc/self/fd/{handle}").readlink().name)
        fsync(handle)

    monkeypatch.setattr(blob_folder.os, "fsync", note)
    name = name_of(LARGE)
    open_blobs(tmp_path / "blobs").keep.put(name, LARGE)
    assert synced[0].startswith(f".{name}.")
    assert synced[1:] == [name[:2], "blobs", tmp_path.name]
    del synced[:]
    open_blobs(tmp_path / "blobs").keep.put(name, LARGE)
    assert synced == [name[:2]]  # whoever wrote it may not have come to that


def test_a_file_taken_over_is_synced_with_each_folder_on_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def note(handle: int) -> None:
        synced.append(Path(f"/proc/self/fd/{handle}").readlink().name)
        fsync(handle)

    keep = open_blobs(tmp_path / "blobs").keep
    mail = spooled(keep.spool, LARGE)
    before = mail.path.name
    monkeypatch.setattr(blob_folder.os, "fsync", note)
    keep.take(mail)
    assert synced == [before, mail.hash[:2], "blobs", tmp_path.name]

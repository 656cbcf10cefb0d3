"""The store's promises: one commit for many, a bad unit alone, one writer, leases in order, blobs durable."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from parley.store import blobs, outbox, results, values
from parley.store.blobs import BlobMissing, StoredBlob, open_blobs
from parley.store.engine import StoreInUse, open_engine
from parley.store.outbox import Lease
from parley.store.place import Place, in_folder
from parley.store.results import Finished, Tried
from parley.store.rows import add
from parley.store.store import Store, open_store
from parley.store.tables import (
    Attempt,
    Blob,
    Delivery,
    DeliveryState,
    Inquiry,
    Message,
    Participant,
    Side,
    SQLModel,
    table,
)
from parley.store.writer import StoreClosed, StoreFailed, Writer
from parley.tests.times import LIMIT
from sqlalchemy import Connection, create_engine, func, insert, select, update
from sqlalchemy.exc import IntegrityError, OperationalError

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    one = open_store(place)
    yield one
    one.close()


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Store]:
    """A store on SQLite, for what only SQLite has."""
    one = open_store(in_folder(tmp_path))
    yield one
    one.close()


def put(connection: Connection, name: str) -> None:
    connection.execute(insert(table(Blob)), {"hash": name, "size": 1, "data": b"x"})


def count(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(table(Blob))).scalar_one()


async def together(store: Store, *units: Callable[[Connection], object]) -> list[object]:
    """Have units wait for the writer at the same time; returns what each gave or raised."""
    gate = threading.Event()
    first = asyncio.create_task(store.write(lambda _: gate.wait(LIMIT)))
    tasks = [asyncio.create_task(store.write(unit)) for unit in units]
    await asyncio.sleep(0)
    gate.set()
    await first
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_waiting_units_share_a_commit_and_a_bad_one_fails_alone(embedded: Store) -> None:
    store = embedded
    commits: list[str] = []
    gate = threading.Event()

    def slow(connection: Connection) -> None:
        raw = connection.connection.dbapi_connection
        assert isinstance(raw, sqlite3.Connection)
        raw.set_trace_callback(lambda sql: commits.append(sql) if sql == "COMMIT" else None)
        gate.wait(LIMIT)

    first = asyncio.create_task(store.write(slow))
    others = [asyncio.create_task(store.write(lambda c, n=n: put(c, str(n % 50)))) for n in range(51)]
    await asyncio.sleep(0)
    gate.set()
    await first
    results = await asyncio.gather(*others, return_exceptions=True)
    assert isinstance(results[50], IntegrityError)
    assert results[:50] == [None] * 50
    assert len(commits) <= 3
    assert await store.read(count) == 50


async def test_what_a_savepoint_may_put_back_is_in_no_file(embedded: Store) -> None:
    gate = threading.Event()
    files: list[str] = []

    def fill(connection: Connection) -> None:
        rows = [{"hash": str(number), "size": 1, "data": b"x" * 2000} for number in range(500)]
        connection.execute(insert(table(Blob)), rows)

    def change(connection: Connection) -> None:
        connection.execute(update(table(Blob)).values(data=b"y" * 2000))
        for one in Path("/proc/self/fd").iterdir():
            with suppress(OSError):  # the folder's own
                files.append(str(one.readlink()))

    await embedded.write(fill)
    first = asyncio.create_task(embedded.write(lambda _: gate.wait(LIMIT)))
    both = [asyncio.create_task(embedded.write(change)) for _ in range(2)]
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(first, *both)
    assert any(name.endswith("parley.db-wal") for name in files)
    assert not [name for name in files if "etilqs" in name]


async def test_a_unit_of_several_may_raise_anything(store: Store) -> None:
    odd, fine = await together(store, lambda c: next(iter(())), lambda c: put(c, "kept"))
    assert isinstance(odd, RuntimeError)
    assert fine is None
    assert await store.read(count) == 1


async def no_more_pages(store: Store, more: int) -> None:
    """Leave room for so many pages: as a full disk, SQLite ends the transaction of whoever wants another one."""

    def limit(connection: Connection) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + more}").close()

    await store.write(limit)


def put_large(connection: Connection) -> None:
    connection.execute(insert(table(Blob)), {"hash": "large", "size": 1, "data": bytes(1_000_000)})


def full(answer: object) -> bool:
    return isinstance(answer, StoreFailed) and "disk is full" in str(answer)


async def test_one_that_finds_the_disk_full_takes_none_of_its_commit_with_it(embedded: Store) -> None:
    await no_more_pages(embedded, 20)

    def raises(connection: Connection) -> None:
        put(connection, "never")
        raise LookupError

    units = (lambda c: put(c, "a"), raises, put_large, lambda c: put(c, "b"), put_large)
    first, own, large, last, again = await together(embedded, *units)
    assert (first, last) == (None, None)
    assert isinstance(own, LookupError)
    assert full(large)
    assert full(again)
    assert await embedded.read(count) == 2
    await embedded.write(lambda c: put(c, "c"))


async def test_a_unit_that_hides_that_its_transaction_is_over_is_not_told_as_written(embedded: Store) -> None:
    await no_more_pages(embedded, 20)

    def hides(connection: Connection) -> None:
        put(connection, "never")
        with suppress(OperationalError):
            put_large(connection)

    with pytest.raises(StoreFailed):
        await embedded.write(hides)
    first, hidden, last = await together(embedded, lambda c: put(c, "a"), hides, lambda c: put(c, "b"))
    assert (first, last) == (None, None)
    assert isinstance(hidden, StoreFailed)
    assert await embedded.read(count) == 2


class Ends(BaseException):
    """As SystemExit, KeyboardInterrupt and CancelledError it is no Exception."""


async def test_a_unit_that_would_end_its_thread_ends_nothing_but_itself(store: Store) -> None:
    def ends(connection: Connection) -> None:
        put(connection, "never")
        raise Ends

    async with asyncio.timeout(LIMIT):
        with pytest.raises(RuntimeError, match="raised Ends"):
            await store.write(ends)
        first, ended, last = await together(store, lambda c: put(c, "a"), ends, lambda c: put(c, "b"))
    assert (first, last) == (None, None)
    assert isinstance(ended, RuntimeError)
    assert isinstance(ended.__cause__, Ends)
    assert await store.read(count) == 2


def test_a_writer_that_cannot_open_its_store_says_so() -> None:
    with pytest.raises(OperationalError):
        Writer(create_engine("sqlite:////no/such/folder/parley.db"))


async def test_a_unit_that_raises_leaves_nothing(store: Store) -> None:
    def unit(connection: Connection) -> None:
        put(connection, "a")
        raise LookupError("on purpose")

    with pytest.raises(LookupError):
        await store.write(unit)
    assert await store.read(count) == 0


async def test_a_cancelled_caller_does_not_cancel_the_write(store: Store) -> None:
    begun, gate = threading.Event(), threading.Event()

    def unit(connection: Connection) -> None:
        begun.set()
        gate.wait(LIMIT)
        put(connection, "kept")

    task = asyncio.create_task(store.write(unit))
    await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gate.set()
    await store.write(lambda connection: None)
    assert await store.read(count) == 1


async def test_a_closed_store_says_so(place: Place) -> None:
    store = open_store(place)
    store.close()
    store.close()
    with pytest.raises(StoreClosed):
        await store.write(count)
    with pytest.raises(StoreClosed):
        await store.read(count)


def test_an_embedded_store_has_one_writing_process(embedded: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreInUse):
        open_store(in_folder(tmp_path))


def test_durability_is_full(embedded: Store, tmp_path: Path) -> None:
    one = open_engine(in_folder(tmp_path))
    with one.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    one.dispose()


@pytest.mark.parametrize(
    ("model", "value"),
    [
        (Inquiry, values.InquiryRow),
        (Participant, values.ParticipantRow),
        (Message, values.MessageRow),
        (Delivery, values.DeliveryRow),
        (Attempt, values.AttemptRow),
    ],
)
def test_values_are_projections_of_their_tables(model: type[SQLModel], value: type) -> None:
    assert {field.name for field in fields(value)} <= {column.name for column in table(model).c}


# -- blobs


async def test_small_blobs_are_rows_and_large_ones_files(store: Store, tmp_path: Path) -> None:
    small, large = store.blobs.put(b"a"), store.blobs.put(b"b" * (blobs.SMALL + 1))
    assert small.data == b"a"
    assert large.data is None
    assert (tmp_path / "blobs" / large.hash[:2] / large.hash).read_bytes() == b"b" * (blobs.SMALL + 1)
    await store.write(lambda c: blobs.record(c, [small, large, small]))
    assert await store.read(lambda c: store.blobs.get(c, small.hash)) == b"a"
    assert len(await store.read(lambda c: store.blobs.get(c, large.hash))) == blobs.SMALL + 1
    assert not list((tmp_path / "blobs").rglob(".*"))


async def test_missing_bytes_are_named(store: Store) -> None:
    with pytest.raises(BlobMissing):
        await store.read(lambda c: store.blobs.get(c, "0" * 64))
    await store.write(lambda c: blobs.record(c, [StoredBlob("f" * 64, 9, None)]))
    with pytest.raises(BlobMissing):
        await store.read(lambda c: store.blobs.get(c, "f" * 64))


def test_a_blob_that_cannot_be_written_leaves_no_half_file(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("a file where a folder should be")
    with pytest.raises(NotADirectoryError):
        open_blobs(tmp_path / "blobs").put(b"b" * (blobs.SMALL + 1))


# -- the outbox


def inquiry(connection: Connection) -> tuple[int, int]:
    seq = add(connection, Inquiry(id="i1", marketplace="m", reference="r", subject="s", wishes=[], created_at=NOW))
    person = Participant(
        id="p1",
        inquiry=seq,
        side=Side.BUYER,
        email="b@x.example",
        email_key="b@x.example",
        joined_by="t",
        joined_at=NOW,
    )
    return seq, add(connection, person)


def queue(connection: Connection, id: str, inquiry: int | None = None, recipient: int | None = None) -> int:
    row = Delivery(
        id=id,
        token=id,
        mail="m",
        kind="relayed",
        inquiry=inquiry,
        recipient=recipient,
        to="b@x.example",
        state=DeliveryState.QUEUED,
        created_at=NOW,
        next_attempt_at=NOW,
    )
    return add(connection, row)


async def lease(
    store: Store, now: datetime, limit: int = 10, *, another: bool = False, held: Collection[int] = ()
) -> list[str]:
    owner = store.owner + another
    leased = await store.write(lambda c: outbox.lease(c, now, Lease(owner, now + 10 * MINUTE), limit, held))
    return [delivery.id for delivery in leased]


async def finish(store: Store, id: str, state: DeliveryState, again: datetime = NOW, attempt: int = 0) -> bool:
    tried = Tried(NOW, "host", "dot", 250, "2.0.0", "ok")

    def unit(connection: Connection) -> bool:
        delivery = outbox.find(connection, id)
        assert delivery is not None
        delivery = replace(delivery, attempts=attempt or delivery.attempts)
        return bool(results.finish(connection, [Finished(delivery, tried, state, again)]))

    return await store.write(unit)


async def test_each_delivery_is_leased_once_and_its_attempt_is_on_record(store: Store) -> None:
    await store.write(lambda c: [queue(c, "a"), queue(c, "b")])
    assert await lease(store, NOW, 1) == ["a"]
    assert await lease(store, NOW) == ["b"]
    assert await lease(store, NOW) == []
    (attempt,) = await store.read(lambda c: outbox.attempts(c, 1))
    assert (attempt.number, attempt.ended_at) == (1, None)
    assert await finish(store, "a", DeliveryState.SENT)
    (attempt,) = await store.read(lambda c: outbox.attempts(c, 1))
    assert (attempt.ended_at, attempt.code) == (NOW, 250)


async def test_a_conversation_keeps_its_order_but_waits_for_its_head_half_an_hour_at_most(store: Store) -> None:
    def unit(connection: Connection) -> None:
        seq, person = inquiry(connection)
        queue(connection, "first", seq, person)
        queue(connection, "second", seq, person)
        queue(connection, "other")

    await store.write(unit)
    assert await lease(store, NOW) == ["first", "other"]
    await finish(store, "other", DeliveryState.SENT)
    await finish(store, "first", DeliveryState.DEFERRED, NOW + 60 * MINUTE)
    assert await lease(store, NOW + MINUTE) == []
    assert await lease(store, NOW + 31 * MINUTE) == ["second"]


async def test_leases_end_and_a_start_takes_back_what_a_dead_process_held(store: Store) -> None:
    await store.write(lambda c: queue(c, "a"))
    assert await lease(store, NOW) == ["a"]
    assert await lease(store, NOW + 9 * MINUTE, another=True) == []
    # Never what is being sent here: the clock may have been put forward.
    assert await lease(store, NOW + 10 * MINUTE, held=[1]) == []
    assert await lease(store, NOW + 10 * MINUTE, another=True) == ["a"]
    assert await store.write(lambda c: outbox.take_back(c, NOW, [store.owner + 1])) == 1
    assert await lease(store, NOW) == ["a"]


async def test_the_late_result_of_a_lease_that_passed_on_says_nothing_of_the_later_attempt(store: Store) -> None:
    seq = await store.write(lambda c: queue(c, "a"))
    assert await lease(store, NOW) == ["a"]
    assert await lease(store, NOW + 10 * MINUTE, another=True) == ["a"]
    assert not await finish(store, "a", DeliveryState.FAILED, attempt=1)
    now = await store.read(lambda c: outbox.get(c, seq))
    assert (now.state, now.attempts, now.lease_until) == (DeliveryState.SENDING, 2, NOW + 20 * MINUTE)
    first, second = await store.read(lambda c: outbox.attempts(c, seq))
    assert (first.ended_at, second.ended_at) == (NOW, None)  # that it ended is on record all the same
    assert await finish(store, "a", DeliveryState.SENT, attempt=2)


async def test_ops_drop_and_retry_only_what_is_not_under_way(store: Store) -> None:
    seq = await store.write(lambda c: queue(c, "a"))
    assert await store.write(lambda c: outbox.drop(c, seq, NOW))
    assert await lease(store, NOW) == []
    assert await store.write(lambda c: outbox.retry(c, seq, NOW))
    assert await lease(store, NOW) == ["a"]
    assert not await store.write(lambda c: outbox.drop(c, seq, NOW))
    assert not await store.write(lambda c: outbox.retry(c, seq, NOW))
    await finish(store, "a", DeliveryState.SENT)
    assert not await finish(store, "a", DeliveryState.FAILED)
    assert await store.write(lambda c: outbox.fail_later(c, seq, NOW, "bounced 5.1.1"))


async def test_a_look_up_sees_what_is_committed(store: Store) -> None:
    await store.write(lambda connection: put(connection, "a"), of=())
    assert await store.look(count) == 1


async def test_a_look_up_on_sqlite_is_done_at_once_and_where_it_would_wait_in_a_thread(embedded: Store) -> None:
    here = threading.get_ident()
    assert await embedded.look(lambda _: threading.get_ident()) == here
    seen: list[int] = []

    def locked_at_first(connection: Connection) -> int:
        seen.append(threading.get_ident())
        if len(seen) == 1:
            raise OperationalError("", None, sqlite3.OperationalError("database is locked"))
        return count(connection)

    assert await embedded.look(locked_at_first) == 0
    assert seen[0] == here != seen[1]
    embedded.close()
    with pytest.raises(StoreClosed):
        await embedded.look(count)

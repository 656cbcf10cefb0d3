"""PostgreSQL's way to write: what may be run again is, what was committed is not, order within an inquiry."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from parley.store import links, pool
from parley.store.place import Place
from parley.store.rows import add
from parley.store.store import Store, open_store
from parley.store.tables import Blob, Event, Inquiry, table
from parley.store.writer import StoreFailed
from parley.tests import postgres
from parley.tests.times import LIMIT
from sqlalchemy import Connection, Engine, event, func, insert, select
from sqlalchemy.exc import OperationalError

_blob = table(Blob)
NOW = datetime(2026, 11, 25, tzinfo=UTC)
LEASE = """
    INSERT INTO delivery
    (id, token, mail, kind, "to", cause, state, attempts, created_at, next_attempt_at, remote, lease_by)
    VALUES ('{0}', '{0}', 'm', 'k', 'a@b.example', '', 'sending', 1, now(), now(), '', {0})
"""


@pytest.fixture
def own_server() -> Iterator[postgres.Server]:
    """A server that this test may crash; it commits for good."""
    if postgres.binaries() is None:
        pytest.skip("no PostgreSQL server binaries on this machine")
    with postgres.serving(postgres.DURABLE) as one:
        yield one


@pytest.fixture
def shared_on(tmp_path: Path) -> Iterator[Callable[[postgres.Server], Callable[[], Store]]]:
    """Opens the same database of a server as often as asked."""
    opened: list[Store] = []
    dropped: list[Callable[[], None]] = []

    def on(server: postgres.Server) -> Callable[[], Store]:
        url = server.database()
        dropped.append(lambda: server.drop(url))

        def another() -> Store:
            opened.append(open_store(Place(url, tmp_path / "blobs")))
            return opened[-1]

        return another

    yield on
    for one in opened:
        one.close()
    for drop in dropped:
        drop()


@pytest.fixture
def shared(
    postgresql: postgres.Server, shared_on: Callable[[postgres.Server], Callable[[], Store]]
) -> Callable[[], Store]:
    """Opens the same database as often as asked."""
    return shared_on(postgresql)


def put(connection: Connection, name: str) -> None:
    connection.execute(insert(_blob), {"hash": name, "size": 1, "data": b"x"})


def count(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(_blob)).scalar_one()


def cut_at_commit(store: Store, moment: str, times: int = 1, first: Callable[[], None] = lambda: None) -> None:
    """Have the connection break right before or right after the server commits: its answer is lost."""
    engine: Engine = store._engine
    left = [times]

    def cut(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        if statement == "COMMIT" and left[0]:
            left[0] -= 1
            first()
            driver = connection.connection.driver_connection
            assert isinstance(driver, psycopg.Connection)
            driver.close()
            connection.invalidate()
            raise OperationalError(statement, None, psycopg.OperationalError("gone"), connection_invalidated=True)

    event.listen(engine, f"{moment}_cursor_execute", cut)


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_connection_lost_at_the_commit_neither_loses_nor_doubles(
    shared: Callable[[], Store], moment: str
) -> None:
    store, runs = shared(), []
    cut_at_commit(store, moment)

    def unit(connection: Connection) -> int:
        runs.append(1)
        put(connection, f"run {len(runs)}")
        return len(runs)

    answered = await store.write(unit)
    assert await store.read(count) == 1
    assert answered == len(runs) == (2 if moment == "before" else 1)


async def test_a_server_that_crashed_at_the_commit_is_not_believed(
    own_server: postgres.Server, shared_on: Callable[[postgres.Server], Callable[[], Store]]
) -> None:
    """It may give out the transaction's number again: its "committed" may be said of another one."""
    store, runs = shared_on(own_server)(), []

    def crash() -> None:
        own_server.stop(3)
        own_server.start()

    cut_at_commit(store, "after", first=crash)

    def unit(connection: Connection) -> None:
        runs.append(1)
        put(connection, "a")

    with pytest.raises(StoreFailed, match="went down at the commit"):
        await store.write(unit)
    assert runs == [1]
    await store.write(lambda connection: put(connection, "b"))  # and on it goes
    cut_at_commit(store, "after")
    await store.write(lambda connection: put(connection, "c"))  # a new witness has seen this one through


async def test_a_server_that_stays_away_is_told_in_time(
    shared: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pool.PATIENCE <= 8
    monkeypatch.setattr(pool, "PATIENCE", 0.5)
    store = shared()
    cut_at_commit(store, "before", times=1000)
    with pytest.raises(StoreFailed):
        await store.write(lambda connection: put(connection, "a"))
    assert await store.read(count) == 0


async def test_a_deadlock_is_run_again(shared: Callable[[], Store]) -> None:
    store = shared()
    await store.write(lambda connection: [put(connection, "a"), put(connection, "b")])
    both = threading.Barrier(2, timeout=LIMIT)
    runs: list[str] = []

    def swap(first: str, second: str) -> Callable[[Connection], None]:
        def unit(connection: Connection) -> None:
            runs.append(first)
            connection.execute(_blob.update().where(_blob.c.hash == first).values(size=_blob.c.size + 1))
            if len(runs) <= 2:
                both.wait()
            connection.execute(_blob.update().where(_blob.c.hash == second).values(size=_blob.c.size + 1))

        return unit

    await asyncio.gather(store.write(swap("a", "b"), of=()), store.write(swap("b", "a"), of=()))
    sizes = await store.read(lambda connection: connection.execute(select(_blob.c.size)).scalars().all())
    assert list(sizes) == [3, 3]
    assert len(runs) == 3


@pytest.mark.parametrize("of", [None, [7], [7, 8]])
async def test_units_of_one_inquiry_run_one_by_one_in_all_processes(
    shared: Callable[[], Store], of: list[int] | None
) -> None:
    stores = [shared(), shared()]
    await stores[0].write(lambda connection: put(connection, "counter"))

    def unit(connection: Connection) -> None:  # a change that is lost where two run at once
        size = connection.execute(select(_blob.c.size)).scalar_one()
        connection.execute(_blob.update().values(size=size + 1))

    await asyncio.gather(*(stores[n % 2].write(unit, of) for n in range(60)))
    assert await stores[0].read(lambda connection: connection.execute(select(_blob.c.size)).scalar_one()) == 61


async def test_units_of_two_inquiries_run_side_by_side(shared: Callable[[], Store]) -> None:
    store, meet = shared(), threading.Barrier(2, timeout=LIMIT)
    await asyncio.gather(*(store.write(lambda _: meet.wait(), of=[inquiry]) for inquiry in (1, 2)))


async def test_each_process_has_a_number_and_a_dead_ones_are_given_up(shared: Callable[[], Store]) -> None:
    first, second = shared(), shared()
    assert (first.owner, second.owner) == (1, 2)
    assert await first.abandoned() == (1,)  # of whoever had it before
    await first.write(lambda connection: [connection.exec_driver_sql(LEASE.format(n)) for n in (1, 2, 3)] and None)
    assert await first.abandoned() == ()  # number 3 is missing for the first time
    assert await first.abandoned() == (3,)
    second.close()
    assert await first.abandoned() == (3,)
    assert sorted(await first.abandoned()) == [2, 3]
    assert shared().owner == 2


async def test_the_others_are_told_of_work(shared: Callable[[], Store]) -> None:
    first, second = shared(), shared()
    heard = asyncio.Event()
    second.on_work(heard.set)
    first.tell()
    async with asyncio.timeout(LIMIT):
        await heard.wait()


async def test_nul_in_a_text_is_replaced(shared: Callable[[], Store]) -> None:
    store = shared()
    await store.write(lambda connection: put(connection, "a\0b"))
    assert await store.read(lambda connection: connection.execute(select(_blob.c.hash)).scalar_one()) == "a\ufffdb"


async def test_an_event_that_appears_after_a_later_one_is_seen(shared: Callable[[], Store]) -> None:
    store, begun, gate = shared(), threading.Event(), threading.Event()

    def ask(connection: Connection, reference: str) -> int:
        row = Inquiry(id=reference, marketplace="m", reference=reference, subject="s", wishes=[], created_at=NOW)
        return add(connection, row)

    inquiries = [await store.write(lambda c, r=reference: ask(c, r)) for reference in ("a", "b")]

    def slow(connection: Connection) -> None:
        add(connection, Event(inquiry=inquiries[0], at=NOW, kind="message.received", proof={}))
        begun.set()
        gate.wait(LIMIT)

    def quick(connection: Connection) -> None:
        add(connection, Event(inquiry=inquiries[1], at=NOW, kind="message.received", proof={}))

    first = asyncio.create_task(store.write(slow, of=[inquiries[0]]))
    await asyncio.to_thread(begun.wait, LIMIT)
    await store.write(quick, of=[inquiries[1]])
    assert list((await store.read(links.newest_events)).values()) == [inquiries[1]]
    gate.set()
    await first
    assert list((await store.read(links.newest_events)).values()) == [inquiries[1], inquiries[0]]

"""PostgreSQL's way to write: what may be run again is, what was committed is not, order within an inquiry."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from parley.store import links, pool
from parley.store.place import Place
from parley.store.postgresql import Lock
from parley.store.rows import add
from parley.store.store import Store, open_store
from parley.store.tables import Blob, Event, Inquiry, table
from parley.store.writer import StoreFailed
from parley.tests import postgres
from parley.tests.times import LIMIT
from sqlalchemy import Connection, Engine, event, func, insert, select
from sqlalchemy.exc import DBAPIError, OperationalError

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


@pytest.mark.parametrize("trouble", ["SELECT 1 / 0", "SELECT pg_terminate_backend(pg_backend_pid())"])
async def test_a_unit_that_hides_that_its_transaction_broke_is_not_told_as_written(
    trouble: str, shared: Callable[[], Store]
) -> None:
    store = shared()

    def hides(connection: Connection) -> None:
        put(connection, "never")
        with suppress(DBAPIError):
            connection.exec_driver_sql(trouble)

    with pytest.raises(StoreFailed):
        await store.write(hides)
    assert await store.read(count) == 0


async def test_the_server_is_asked_to_see_a_dead_machine_soon(shared: Callable[[], Store]) -> None:
    ours = "SELECT name, reset_val FROM pg_settings WHERE name LIKE 'tcp_keepalives_%%' AND source = 'client'"
    rows = await shared().read(lambda connection: connection.exec_driver_sql(ours).all())
    assert {str(name).removeprefix("tcp_keepalives_"): int(value) for name, value in rows} == {
        "idle": 10,
        "interval": 5,
        "count": 3,
    }


async def test_each_process_has_a_number_and_a_dead_ones_are_given_up(shared: Callable[[], Store]) -> None:
    first, second, third = shared(), shared(), shared()
    numbers = [store.owner for store in (first, second, third)]
    assert len(set(numbers)) == 3
    await leased_by(first, *numbers)
    assert await first.abandoned() == ()
    third.close()
    await held(first, numbers[2], by_somebody=False)
    assert await first.abandoned() == ()  # it is missing for the first time
    assert await first.abandoned() == (numbers[2],)
    second.close()
    await held(first, numbers[1], by_somebody=False)
    assert await first.abandoned() == (numbers[2],)
    assert set(await first.abandoned()) == {*numbers[1:]}


async def test_what_the_last_process_left_behind_is_found_by_the_next(shared: Callable[[], Store]) -> None:
    first = shared()
    number = first.owner
    await leased_by(first, number)
    first.close()
    second = shared()
    await held(second, number, by_somebody=False)
    assert await second.abandoned() == ()
    assert await second.abandoned() == (number,)


async def test_a_newcomer_leaves_alone_what_one_is_sending_whose_connection_was_cut(
    shared: Callable[[], Store],
) -> None:
    first = shared()
    number = first.owner
    await leased_by(first, number)
    await cut(first)
    second = shared()
    assert await second.abandoned() == ()
    assert second.owner != number
    await held(second, number, by_somebody=True)
    assert first.owner == number
    assert await second.abandoned() == ()
    assert await second.abandoned() == ()


async def test_one_that_was_cut_off_keeps_its_number_though_the_server_has_not_seen_it(
    shared: Callable[[], Store],
) -> None:
    first, second = shared(), shared()
    number, back = first.owner, asyncio.Event()
    first.on_work(back.set)
    with second._engine.connect() as session:  # takes the number when it is free: as if the old session lived on
        session.exec_driver_sql("SET lock_timeout = 0")
        pid = session.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        taking = asyncio.to_thread(session.exec_driver_sql, f"SELECT pg_advisory_lock({Lock.GATEWAY:d}, {number})")
        task = asyncio.create_task(taking)
        await until(second, f"SELECT 1 FROM pg_locks WHERE objid = {number} AND NOT granted")
        back.clear()
        await cut(first)
        await task
        async with asyncio.timeout(LIMIT):
            await back.wait()
        assert first.owner == number
        session.invalidate()
    await until(second, f"SELECT 1 FROM pg_locks WHERE objid = {number} AND granted AND pid <> {pid}")
    assert first.owner == number


async def leased_by(store: Store, *numbers: int) -> None:
    """Record for each of these processes a delivery that it is sending."""
    await store.write(lambda connection: [connection.exec_driver_sql(LEASE.format(n)) for n in numbers] and None)


async def cut(store: Store) -> None:
    """Break the connection by which a process holds its number, as a firewall does."""
    holding = f"SELECT pid FROM pg_locks WHERE classid = {Lock.GATEWAY:d} AND objid = {store.owner} AND granted"
    pid = await store.read(lambda connection: connection.exec_driver_sql(holding).scalar_one())
    await store.read(lambda connection: connection.exec_driver_sql(f"SELECT pg_terminate_backend({pid})").close())
    await until(store, f"SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = {pid})")


async def held(store: Store, number: int, *, by_somebody: bool) -> None:
    """Return once a session holds this number, or none does."""
    word = "" if by_somebody else "NOT"
    lock = f"SELECT 1 FROM pg_locks WHERE classid = {Lock.GATEWAY:d} AND objid = {number} AND granted"
    await until(store, f"SELECT 1 WHERE {word} EXISTS ({lock})")


async def until(store: Store, statement: str) -> None:
    """Return once the server finds a row. Raises TimeoutError."""
    async with asyncio.timeout(LIMIT):
        while not await store.read(lambda connection: connection.exec_driver_sql(statement).all()):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


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

"""Room for a mail, and turns for those who wait: pure counting."""

import asyncio
import errno
import queue
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley.relay.errors import (
    DISK_FULL,
    STORE_BUSY,
    TOO_MUCH_AT_ONCE,
    TOO_MUCH_FROM_YOU,
    Reply,
    StoreFull,
    StoreUnavailable,
    is_full,
    reply_to_fault,
)
from parley.relay.inbound.admission import ENDLESS, Admission, room_of
from parley.relay.inbound.fairness import FairPlaces
from parley.store.writer import StoreFailed
from parley.tests.times import LIMIT

A, B, C = "192.0.2.1", "192.0.2.2", "192.0.2.3"


async def test_a_mail_needs_one_and_a_half_times_its_size() -> None:
    admission = Admission(10**9, lambda: 1500, lambda: 0.0, LIMIT)
    assert await admission.refusal(A, 1000) is None
    assert await admission.refusal(A, 1001) == DISK_FULL
    admission.enter(B, 300)  # what is coming in will be on the disk, too
    assert await admission.refusal(A, 800) is None
    assert await admission.refusal(A, 801) == DISK_FULL
    admission.leave(B, 300)
    assert await admission.refusal(A, 1000) is None


async def test_the_disk_is_asked_twice_a_second_at_most() -> None:
    asked: list[int] = []
    now = [0.0]

    def room() -> int:
        asked.append(1)
        return 0

    admission = Admission(10**9, room, lambda: now[0], LIMIT)
    for _ in range(1000):
        await admission.refusal(A, 1)
    now[0] = 0.5
    await admission.refusal(A, 1)
    assert len(asked) == 2


async def test_a_disk_that_hangs_stops_nobody_and_what_it_said_last_holds() -> None:
    now, answers = 0.0, queue.SimpleQueue[int]()
    admission = Admission(10**9, answers.get, lambda: now, 0.01)
    assert await admission.refusal(A, 1000) is None  # it has not said that it is full
    answers.put(1500)
    while await admission.refusal(A, 1001) is None:  # noqa: ASYNC110 (a thread is to be heard)
        await asyncio.sleep(0)
    now = 60.0
    for _ in range(2):
        assert await admission.refusal(A, 1000) is None
        assert await admission.refusal(A, 1001) == DISK_FULL
    answers.put(0)
    while await admission.refusal(A, 1000) is None:  # noqa: ASYNC110 (as above)
        await asyncio.sleep(0)
    assert answers.empty()  # it was not asked again while it was silent


async def test_one_client_has_half_at_most_and_the_others_the_rest() -> None:
    admission = Admission(1000, lambda: ENDLESS, lambda: 0.0)
    admission.enter(A, 400)
    assert await admission.refusal(A, 101) == TOO_MUCH_FROM_YOU
    assert await admission.refusal(B, 101) is None
    admission.enter(B, 400)
    assert await admission.refusal(C, 201) == TOO_MUCH_AT_ONCE
    assert await admission.refusal(C, 200) is None


async def test_a_mail_alone_is_never_too_much() -> None:
    assert await Admission(1000, lambda: ENDLESS, lambda: 0.0).refusal(A, 5000) is None


@given(st.lists(st.tuples(st.sampled_from([A, B, C]), st.integers(0, 500)), max_size=50))
def test_all_comes_back(mails: list[tuple[str, int]]) -> None:
    admission = Admission(1000, lambda: ENDLESS, lambda: 0.0)
    for client, size in mails:
        admission.enter(client, size)
    for client, size in reversed(mails):
        admission.leave(client, size)
    assert asyncio.run(admission.refusal(A, 500)) is None
    admission.enter(B, 500)
    assert asyncio.run(admission.refusal(A, 500)) is None


def test_the_room_is_that_of_the_disk_that_holds_the_folder_or_will(tmp_path: Path) -> None:
    assert 0 < room_of([tmp_path / "not" / "yet", tmp_path])() < ENDLESS
    assert room_of([])() == ENDLESS


@pytest.mark.parametrize(
    ("error", "reply"),
    [
        (OSError(errno.ENOSPC, "x"), DISK_FULL),
        (OSError(errno.EDQUOT, "x"), DISK_FULL),
        (StoreFailed("database or disk is full"), DISK_FULL),
        (OSError(errno.EIO, "x"), STORE_BUSY),
        (StoreFailed("database is locked"), STORE_BUSY),
    ],
)
def test_a_disk_that_fills_up_all_the_same_is_told_as_full(error: Exception, reply: Reply) -> None:
    assert reply_to_fault((StoreFull if is_full(error) else StoreUnavailable)("x")) == reply


class Works:
    """Work that is begun, seen, and ended by the test."""

    def __init__(self, places: FairPlaces) -> None:
        self.places = places
        self.begun: list[str] = []
        self.gates: dict[str, asyncio.Event] = {}

    def start(self, mask: str, name: str) -> "asyncio.Task[str]":
        self.gates[name] = asyncio.Event()
        return asyncio.create_task(self.places.run(mask, lambda: self._work(name)))

    async def _work(self, name: str) -> str:
        self.begun.append(name)
        await self.gates[name].wait()
        return name

    async def end(self, name: str) -> None:
        self.gates[name].set()
        await settle()


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_places_go_round_and_no_mask_has_more_than_half() -> None:
    works = Works(FairPlaces(4))
    tasks = [works.start("flood", f"f{number}") for number in range(6)]
    await settle()
    assert works.begun == ["f0", "f1"]  # half of four
    tasks += [works.start("a", "a0"), works.start("b", "b0"), works.start("b", "b1"), works.start("c", "c0")]
    await settle()
    assert works.begun == ["f0", "f1", "a0", "b0"]
    await works.end("a0")
    assert works.begun[4:] == ["b1"]  # the flood has its share
    await works.end("f0")
    assert works.begun[5:] == ["f2"]
    await works.end("b0")
    assert works.begun[6:] == ["c0"]
    for gate in works.gates.values():
        gate.set()
    assert sorted(await asyncio.gather(*tasks)) == sorted(works.gates)


async def test_who_gives_up_waiting_takes_no_place_with_him() -> None:
    works = Works(FairPlaces(2))
    first, second, third = (works.start("a", name) for name in ("1", "2", "3"))
    await settle()
    second.cancel()
    await works.end("1")
    assert works.begun == ["1", "3"]
    await works.end("3")
    assert await asyncio.gather(first, third) == ["1", "3"]
    with pytest.raises(asyncio.CancelledError):
        await second
    for name in ("4", "5"):
        works.start(name, name)
    await settle()
    assert works.begun[2:] == ["4", "5"]
    for gate in works.gates.values():
        gate.set()
    await settle()

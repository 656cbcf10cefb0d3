"""Sends deliveries, a bounded number at a time: those handed over by the flow, and those that are due in the outbox.

Each attempt is recorded before it starts and completed when it ended; what a stopped process left half sent is
taken back at the next start and sent again under the same Message-ID. Never raises because of one mail.
"""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from ...store import outbox
from ...store.outbox import Lease
from ...store.results import Finished, Tried
from ...store.tables import DeliveryState
from ...store.values import DeliveryRow
from ...store.writer import StoreClosed, StoreFailed
from .. import crash
from ..clock import new_id
from ..handover import Handed
from ..job import NothingToSend
from ..prepare import Prepared, prepare
from ..record import OUR_FAULT
from ..world import World
from .answer import unforeseen
from .backoff import state_after
from .destinations import Destinations
from .marks import Mark, Marks, tell
from .transport import Outcome, Transport

_TRIES = 3  # to make a mail
_LOOK_FOR_THE_DEAD = timedelta(seconds=5)  # between two looks for leases of dead processes
_IN_MEMORY = 10  # deliveries that may be ours already, for each that is sent at a time: 100 are a second's work
_SHORTEST_WAIT = timedelta(milliseconds=50)  # a due delivery may have to wait for an earlier one


class Deliverer:
    """The one engine that sends. `wake` it when deliveries were recorded."""

    def __init__(self, world: World, transport: Transport, work: asyncio.Event) -> None:
        self._world = world
        self._transport = transport
        self._work = work
        self._running: set[asyncio.Task[None]] = set()
        self._destinations = Destinations(world.settings.outbound, time.monotonic)
        self._held: dict[int, DeliveryRow] = {}  # what is ours to send, by sequence number, until its result is on disk
        self._handed: deque[Handed] = deque()  # recorded as being sent, waiting for a place
        self._marks = Marks(world, self._recorded, self._unrecorded)
        self._look_again = 0.0  # the loop's time
        self._dead: set[int] = set()  # processes whose leases are to be taken back
        self._more = True  # something that is due may wait in the outbox for the end of another delivery
        self._stopping = False
        self._leasing_over = asyncio.Event()
        self._leasing_over.set()

    async def run(self) -> None:
        """Send until `stop` is called."""
        self._leasing_over.clear()
        try:
            await self._take_back()
            self._world.handover.open(self._room, self._begin)
            while not self._stopping:
                self._work.clear()
                self._more = True
                await self._take_back()
                self._resume()
                now = self._world.clock()
                if not await self._lease(now):
                    await self._wait(now)
        finally:
            self._leasing_over.set()

    async def stop(self, grace: float) -> None:
        """Lease nothing more, give what is being sent `grace` seconds, close the connections."""
        self._stopping = True
        self._world.handover.close()
        self._handed.clear()  # as being sent in the store: the next start takes it back
        self._work.set()
        await self._leasing_over.wait()
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await self._marks.settle()
        await self._transport.close()

    # -- what is to be sent

    def _room(self) -> Lease | None:
        """The lease of what is handed over; None while enough wait in memory."""
        room = _IN_MEMORY * self._world.settings.outbound.connections
        full = len(self._running) + len(self._handed) >= room
        return None if self._stopping or full else self._new_lease()

    def _begin(self, handed: Handed) -> None:
        """Send what is ours already, or have it wait for a place; what is being sent goes on as the latest attempt."""
        known = self._held.get(handed.delivery.seq)
        if known is None or known.attempts < handed.delivery.attempts:
            self._held[handed.delivery.seq] = handed.delivery
        if known is not None:
            return
        full = len(self._running) >= self._world.settings.outbound.connections
        if full or not self._destinations.take(handed.delivery.to):
            self._handed.append(handed)
        else:
            self._start(handed)

    def _start(self, handed: Handed) -> None:
        task = asyncio.create_task(self._work_from(handed))
        self._running.add(task)
        task.add_done_callback(self._ended)

    async def _work_from(self, handed: Handed) -> None:
        """Send one delivery, whose place was taken, then those that were waiting for one."""
        await self._in_place(handed)
        while not self._stopping and (following := self._following()):
            await self._in_place(following, waited=True)

    async def _in_place(self, handed: Handed, *, waited: bool = False) -> None:
        """Send one delivery and give its place back; of one that has waited it is asked whether it is still wanted."""
        try:
            if not waited or await self._still_wanted(handed.delivery):
                await self._deliver(handed)
            else:
                self._held.pop(handed.delivery.seq, None)
        except Exception as error:  # noqa: BLE001 (what is ours must come to a result: nobody else will take it)
            self._mark(handed.delivery, self._fault(handed.delivery, error))
        finally:
            self._destinations.leave(handed.delivery.to)

    async def _still_wanted(self, delivery: DeliveryRow) -> bool:
        """False when it was taken off the queue meanwhile."""
        now = await self._world.store.look(lambda connection: outbox.get(connection, delivery.seq))
        return now.state == DeliveryState.SENDING and now.attempts == delivery.attempts

    def _resume(self) -> None:
        """Begin with those that waited for a place of their domain, or for the clock."""
        while len(self._running) < self._world.settings.outbound.connections and (following := self._following()):
            self._start(following)

    def _following(self) -> Handed | None:
        """Return the first of those that wait whose domain has a place, which is taken; None where there is none."""
        for waiting in self._handed:
            if self._destinations.take(waiting.delivery.to):
                self._handed.remove(waiting)
                return waiting
        return None

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if self._more or self._handed:
            self._work.set()

    def _new_lease(self) -> Lease:
        until = self._world.clock() + self._world.settings.outbound.lease
        return Lease(self._world.store.owner, until, self._destinations.full())

    async def _take_back(self) -> None:
        """Queue again what dead processes were sending: at the start, and now and then."""
        loop = asyncio.get_running_loop()
        if loop.time() < self._look_again:
            return
        self._dead.update(await self._world.store.abandoned())
        if self._dead:
            now = self._world.clock()
            await self._world.store.write(lambda connection: outbox.take_back(connection, now, self._dead), of=())
            self._dead.clear()
        self._look_again = loop.time() + _LOOK_FOR_THE_DEAD.total_seconds()

    async def _lease(self, now: datetime) -> bool:
        """Start what is due and fits; True when something was started."""
        outbound = self._world.settings.outbound
        free = outbound.connections - len(self._running)
        ready = sum(not self._destinations.waits(handed.delivery.to) for handed in self._handed)
        if free <= 0 or ready >= 2 * outbound.connections:
            return False
        lease, held = self._new_lease(), tuple(self._held)
        leased = await self._world.store.write(lambda c: outbox.lease(c, now, lease, free, held), of=())
        for delivery in leased:
            self._begin(Handed(delivery, lease.until))
        return bool(leased)

    async def _wait(self, now: datetime) -> None:
        """Sleep until there is work, a place is free, or a delivery comes due after `now`; `poll` at the longest."""
        outbound = self._world.settings.outbound
        overdue, due = await self._world.store.read(lambda connection: outbox.next_due(connection, now))
        self._more = overdue
        until_due = outbound.poll if due is None else due - now
        by_rate = self._destinations.soonest() if self._handed or overdue else None
        seconds = min(max(until_due, _SHORTEST_WAIT), outbound.poll, _LOOK_FOR_THE_DEAD).total_seconds()
        seconds = seconds if by_rate is None else min(seconds, by_rate)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._work.wait()

    # -- one delivery

    async def _deliver(self, handed: Handed) -> None:
        """Send one delivery and have it recorded how it went; a fault of ours defers it and is logged."""
        crash.here("after-lease")
        delivery = handed.delivery
        if self._left(handed) <= 0:
            self._mark(delivery, Outcome.deferred("there was no place before the lease ran out", "4.3.2"))
            return
        try:
            prepared = await prepare(self._world, delivery, handed.job)
        except NothingToSend as nothing:
            outcome = Outcome.deferred(str(nothing), "4.3.5")
        except Exception as error:  # noqa: BLE001 (one broken mail must not stop the others)
            outcome = self._unmade(delivery, error)
        else:
            outcome = await self._try(handed, prepared)
        crash.here("after-answer")
        self._mark(delivery, outcome)

    def _left(self, handed: Handed) -> float:
        """Seconds that a delivery is surely ours; soon after that another process may take it."""
        return (handed.until - self._world.clock() - self._world.settings.outbound.lease * 0.1).total_seconds()

    def _mark(self, sent: DeliveryRow, outcome: Outcome) -> None:
        now, delivery = self._world.clock(), self._held.get(sent.seq, sent)
        tried = Tried(now, outcome.host, outcome.stage, outcome.code, outcome.enhanced, outcome.text)
        state, due = state_after(delivery, outcome.state, now, self._world.settings.outbound)
        self._marks.add(Mark(Finished(delivery, tried, state, due), outcome))

    async def _send(self, delivery: DeliveryRow, prepared: Prepared, limit: float) -> Outcome:
        self._world.journal.sending(
            id=delivery.mail,
            delivery=delivery.id,
            to=prepared.envelope.rcpt_to,
            kind=delivery.kind,
            attempt=delivery.attempts,
            host=self._transport.describe(prepared.envelope),
        )
        crash.here("before-send")
        try:
            async with asyncio.timeout(limit):
                outcome = await self._transport.send(prepared.envelope, prepared.content)
        except TimeoutError:
            return Outcome.deferred("not done before the lease ran out", "4.4.2", stage="dot")
        if outcome.cause:
            self._log_fault(delivery, outcome.cause)
        return self._after_tries(delivery, outcome) if outcome.lost else outcome

    async def _try(self, handed: Handed, prepared: Prepared) -> Outcome:
        """Send a mail, as long as it is ours: making it may have taken its time."""
        left = self._left(handed)
        if left <= 0:
            return Outcome.deferred("it was not made before the lease ran out", "4.3.2")
        try:
            return await self._send(handed.delivery, prepared, left)
        except Exception as error:  # noqa: BLE001 (a fault of ours: the mail is tried again)
            return self._fault(handed.delivery, error)

    def _unmade(self, delivery: DeliveryRow, error: Exception) -> Outcome:
        """A mail that cannot be made; but trouble with the store or the disk is none of the mail's."""
        outcome = self._fault(delivery, error)
        if isinstance(error, StoreFailed | StoreClosed | OSError):
            return outcome
        return self._after_tries(delivery, outcome)

    def _after_tries(self, delivery: DeliveryRow, outcome: Outcome) -> Outcome:
        """What cannot be made is tried again, and after three tries given up: its writer and ops are told."""
        if delivery.attempts < _TRIES:
            return outcome
        self._world.journal.quarantined(id=delivery.mail, size=0, cause=f"delivery {delivery.id}: {outcome.text}")
        return Outcome.failed(outcome.text, OUR_FAULT)

    def _fault(self, delivery: DeliveryRow, error: Exception) -> Outcome:
        """Log a fault of ours and return what it means for the delivery."""
        outcome = unforeseen(error)
        reference = self._log_fault(delivery, outcome.cause)
        return replace(outcome, text=f"{outcome.text}, reference {reference}")

    def _log_fault(self, delivery: DeliveryRow, cause: str) -> str:
        reference = new_id(self._world.clock())
        self._world.journal.fault(id=delivery.mail, reference=reference, where="deliver", cause=cause)
        return reference

    def _recorded(self, batch: Sequence[Mark]) -> None:
        """Tell the log what is on disk now. What waited behind it may go, a retry has a time, a writer has a notice."""
        for mark in batch:
            self._held.pop(mark.finished.delivery.seq, None)
            tell(self._world.journal, mark)
        if self._more or any(mark.finished.state != DeliveryState.SENT for mark in batch):
            self._work.set()

    def _unrecorded(self, mark: Mark) -> None:
        """Hold what has no result on record until its lease is over: then it is sent again."""
        seconds = self._world.settings.outbound.lease.total_seconds()
        asyncio.get_running_loop().call_later(seconds, self._held.pop, mark.finished.delivery.seq, None)

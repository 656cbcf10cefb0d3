"""Takes due deliveries off the outbox and sends them, a bounded number at a time.

Each attempt is recorded before it starts and completed when it ended; what a stopped process left half sent is
taken back at the next start and sent again under the same Message-ID. Never raises because of one mail.
"""

import asyncio
import traceback
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Connection

from ...store import messages, outbox
from ...store.outbox import Tried
from ...store.tables import DeliveryState, MessageState
from ...store.values import DeliveryRow
from ...store.writer import StoreClosed, StoreFailed
from .. import crash
from ..clock import iso, new_id
from ..job import NothingToSend
from ..prepare import Prepared, prepare
from ..record import Cause, add_event, cause_word, fail_message
from ..world import World
from .backoff import next_attempt
from .transport import Outcome, Transport

_TRIES = 3  # to make a mail
_SHORTEST_WAIT = timedelta(milliseconds=50)  # a due delivery may have to wait for an earlier one


class Deliverer:
    """The one engine that sends. `wake` it when deliveries were recorded."""

    def __init__(self, world: World, transport: Transport, work: asyncio.Event) -> None:
        self._world = world
        self._transport = transport
        self._work = work
        self._running: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._leasing_over = asyncio.Event()
        self._leasing_over.set()

    async def run(self) -> None:
        """Send until `stop` is called."""
        self._leasing_over.clear()
        try:
            now = self._world.clock()
            await self._world.store.write(lambda connection: outbox.take_back(connection, now))
            while not self._stopping:
                self._work.clear()
                if not await self._lease():
                    await self._wait()
        finally:
            self._leasing_over.set()

    async def stop(self, grace: float) -> None:
        """Lease nothing more, give what is being sent `grace` seconds, close the connections."""
        self._stopping = True
        self._work.set()
        await self._leasing_over.wait()
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._transport.close()

    async def _lease(self) -> bool:
        """Start what is due and fits; True when something was started."""
        outbound = self._world.settings.outbound
        free = outbound.connections - len(self._running)
        if free <= 0:
            return False
        now = self._world.clock()
        leased = await self._world.store.write(
            lambda connection: outbox.lease(connection, now, now + outbound.lease, free)
        )
        for delivery in leased:
            task = asyncio.create_task(self._deliver(delivery))
            self._running.add(task)
            task.add_done_callback(self._ended)
        return bool(leased)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._work.set()

    async def _wait(self) -> None:
        """Sleep until there is work, a place is free, or the next delivery is due; `poll` at the longest."""
        outbound = self._world.settings.outbound
        due = await self._world.store.read(outbox.next_due)
        until_due = outbound.poll if due is None else due - self._world.clock()
        seconds = min(max(until_due, _SHORTEST_WAIT), outbound.poll).total_seconds()
        busy = len(self._running) >= outbound.connections
        with suppress(TimeoutError):
            async with asyncio.timeout(None if busy else seconds):
                await self._work.wait()

    async def _deliver(self, delivery: DeliveryRow) -> None:
        """Send one delivery and record how it went; a fault of ours defers it and is logged."""
        crash.here("after-lease")
        try:
            prepared = await prepare(self._world, delivery)
        except NothingToSend as nothing:
            outcome = Outcome.deferred(str(nothing), "4.3.5")
        except Exception as error:  # noqa: BLE001 (one broken mail must not stop the others)
            outcome = self._unmade(delivery, error)
        else:
            outcome = await self._try(delivery, prepared)
        crash.here("after-answer")
        try:
            await self._record(delivery, outcome)
        except Exception:  # noqa: BLE001 (the store is in trouble; the lease runs out and it is sent again)
            self._fault(delivery)

    async def _send(self, delivery: DeliveryRow, prepared: Prepared) -> Outcome:
        self._world.journal.sending(
            id=delivery.mail,
            delivery=delivery.id,
            to=prepared.envelope.rcpt_to,
            kind=delivery.kind,
            attempt=delivery.attempts,
            host=self._transport.describe(prepared.envelope),
        )
        crash.here("before-send")
        limit = self._world.settings.outbound.lease.total_seconds() * 0.9  # nobody else may take it meanwhile
        try:
            async with asyncio.timeout(limit):
                outcome = await self._transport.send(prepared.envelope, prepared.data)
        except TimeoutError:
            return Outcome.deferred("not done before the lease ran out", "4.4.2", stage="dot")
        if outcome.cause:
            self._log_fault(delivery, outcome.cause)
        return outcome

    async def _try(self, delivery: DeliveryRow, prepared: Prepared) -> Outcome:
        try:
            return await self._send(delivery, prepared)
        except Exception:  # noqa: BLE001 (a fault of ours: the mail is tried again)
            return self._fault(delivery)

    def _unmade(self, delivery: DeliveryRow, error: Exception) -> Outcome:
        """A mail that cannot be made is tried again, and after three tries given up: its writer and ops are told.

        Trouble with the store or the disk is none of the mail's.
        """
        outcome = self._fault(delivery)
        if delivery.attempts < _TRIES or isinstance(error, StoreFailed | StoreClosed | OSError):
            return outcome
        self._world.journal.quarantined(id=delivery.mail, size=0, cause=f"delivery {delivery.id}: {outcome.text}")
        return Outcome.failed(outcome.text, "5.3.0")

    def _fault(self, delivery: DeliveryRow) -> Outcome:
        """Log the exception being handled and return what it means for the delivery."""
        reference = self._log_fault(delivery, traceback.format_exc())
        return Outcome.deferred(f"a fault of ours, reference {reference}", "4.3.0")

    def _log_fault(self, delivery: DeliveryRow, cause: str) -> str:
        reference = new_id(self._world.clock())
        self._world.journal.fault(id=delivery.mail, reference=reference, where="deliver", cause=cause)
        return reference

    async def _record(self, delivery: DeliveryRow, outcome: Outcome) -> None:
        now = self._world.clock()
        state, next_at = self._next(delivery, outcome, now)
        tried = Tried(now, outcome.host, outcome.stage, outcome.code, outcome.enhanced, outcome.text)

        def unit(connection: Connection) -> None:
            if not outbox.finish(connection, delivery, tried, state, next_at):
                return
            if state == DeliveryState.SENT:
                _note_delivered(connection, delivery, tried)
            elif state == DeliveryState.FAILED:
                _note_failed(connection, delivery, outcome, now)

        await self._world.store.write(unit)
        crash.here("after-record")
        self._log(delivery, outcome, state, next_at, now)

    def _next(self, delivery: DeliveryRow, outcome: Outcome, now: datetime) -> tuple[DeliveryState, datetime]:
        """Return the state after this attempt and when the next one is due (now, where there is none)."""
        if outcome.state == "sent":
            return DeliveryState.SENT, now
        if outcome.state == "failed":
            return DeliveryState.FAILED, now
        outbound = self._world.settings.outbound
        spread = int(sha256(delivery.token.encode()).hexdigest()[:4], 16) / 65536
        again = next_attempt(delivery.created_at, now, delivery.attempts, outbound.retry, outbound.give_up, spread)
        return (DeliveryState.FAILED, now) if again is None else (DeliveryState.DEFERRED, again)

    def _log(
        self, delivery: DeliveryRow, outcome: Outcome, state: DeliveryState, next_at: datetime, now: datetime
    ) -> None:
        journal, remote = self._world.journal, outcome.remote
        names = {"id": delivery.mail, "delivery": delivery.id, "to": delivery.to, "kind": delivery.kind}
        if state == DeliveryState.SENT:
            delay = (now - delivery.created_at).total_seconds()
            journal.sent(**names, attempt=delivery.attempts, delay=delay, remote=remote)
        elif state == DeliveryState.DEFERRED:
            journal.deferred(**names, attempt=delivery.attempts, next_attempt=iso(next_at), remote=remote)
        else:
            why = "gave up" if outcome.state == "deferred" else "refused"
            journal.failed(**names, attempt=delivery.attempts, why=why, remote=remote)
            self._work.set()  # the notice to the writer is waiting


def _note_delivered(connection: Connection, delivery: DeliveryRow, tried: Tried) -> None:
    if delivery.inquiry is None or delivery.kind not in ("request", "relayed", "colleague"):
        return
    proof = {"by": "remote", "reply": f"{tried.code} {tried.enhanced}".strip(), "delivery": delivery.id}
    add_event(connection, delivery.inquiry, tried.at, "message.delivered", delivery.recipient, delivery.message, proof)
    if delivery.message is not None and delivery.kind != "colleague":
        messages.set_state(connection, delivery.message, MessageState.DELIVERED, (MessageState.ACCEPTED,))


def _note_failed(connection: Connection, delivery: DeliveryRow, outcome: Outcome, now: datetime) -> None:
    gave_up = outcome.state == "deferred"
    word = "unreachable" if gave_up else cause_word(outcome.code, outcome.enhanced)
    proof = {"by": "retries" if gave_up else "remote", "why": word, "delivery": delivery.id}
    fail_message(connection, Cause(delivery.mail, now), delivery, word, proof)

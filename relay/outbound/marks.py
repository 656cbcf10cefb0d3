"""Writes down what attempts came to: many in one unit of work, and soon rather than at once.

A delivery is free for its next step when its result is on disk. Between the remote's 250 and that moment a crash makes
the mail go out once more, under the same Message-ID; that moment is a few hundredths of a second long (docs/states.md).
"""

import asyncio
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from ...store import messages, results
from ...store.results import Finished
from ...store.rows import add_all
from ...store.tables import DeliveryState
from ...store.values import EventRow
from ...store.writer import StoreClosed, StoreFailed
from .. import crash
from ..clock import iso, new_id
from ..journal import Journal
from ..record import Cause, cause_word, fail_message
from ..world import World
from .answer import Outcome

_PAUSE = 0.025  # seconds between two units of work: what comes in meanwhile shares the next one
_AGAIN = 1.0  # seconds until the store is asked again when it was in trouble
_TOLD = ("request", "relayed", "colleague")  # kinds of deliveries that carry somebody's words


@dataclass(frozen=True, slots=True)
class Mark:
    """One attempt that ended: what the remote said, and what that makes of the delivery."""

    finished: Finished
    outcome: Outcome


_Record = Callable[[Connection, Sequence[Mark]], object]


class Marks:
    """The results that are not yet on disk. `written` is called with those that are, `lost` with one that cannot be."""

    def __init__(self, world: World, written: Callable[[Sequence[Mark]], None], lost: Callable[[Mark], None]) -> None:
        self._world = world
        self._written = written
        self._lost = lost
        self._waiting: list[Mark] = []
        self._writing: asyncio.Task[None] | None = None
        self._last = 0.0

    def add(self, mark: Mark) -> None:
        """Have a result written: at once where the last ones were a while ago."""
        self._waiting.append(mark)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())

    async def settle(self) -> None:
        """Return when everything is on disk. Cancelled, what is not stays as being sent, and is taken back."""
        if self._writing is not None:
            await self._writing

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                pause = self._last + _PAUSE - asyncio.get_running_loop().time()
                if pause > 0:
                    await asyncio.sleep(pause)
                batch, self._waiting = self._waiting, []
                await self._write(batch)
                self._last = asyncio.get_running_loop().time()
        finally:
            self._writing = None

    async def _write(self, batch: list[Mark], record: _Record | None = None) -> None:
        """Write a batch; when one of it cannot be written, the others all the same.

        Of that one at least its end is recorded, without what follows from it: it must not go out for ever. When even
        that cannot be done its lease runs out, and it is sent again, under the same Message-ID.
        """
        record = record or _record
        while True:
            try:
                of = {seq for one in batch if (seq := one.finished.delivery.inquiry) is not None}
                await self._world.store.write(lambda connection: record(connection, batch), of)
            except StoreClosed:
                return
            except StoreFailed:
                # Nothing of it is on disk, and without it these mails would go out again when their leases are over.
                self._fault(batch[0])
                await asyncio.sleep(_AGAIN)
                continue
            except Exception:  # noqa: BLE001 (one result that cannot be recorded must not hold back the others)
                self._fault(batch[0])
                await self._write_apart(batch, record)
                return
            crash.here("after-record")
            self._written(batch)
            return

    async def _write_apart(self, batch: list[Mark], record: _Record) -> None:
        """Write one by one what could not be written together; of one alone only its end."""
        if len(batch) > 1:
            for mark in batch:
                await self._write([mark])
        elif record is _record:
            await self._write(batch, _record_end)
        else:
            self._lost(batch[0])

    def _fault(self, mark: Mark) -> None:
        reference = new_id(self._world.clock())
        id = mark.finished.delivery.mail
        self._world.journal.fault(id=id, reference=reference, where="deliver", cause=traceback.format_exc())


def tell(journal: Journal, mark: Mark) -> None:
    """Write one result to the log."""
    remote, one = mark.outcome.remote, mark.finished
    delivery = one.delivery
    names = {"id": delivery.mail, "delivery": delivery.id, "to": delivery.to, "kind": delivery.kind}
    if one.state == DeliveryState.SENT:
        delay = (one.tried.at - delivery.created_at).total_seconds()
        journal.sent(**names, attempt=delivery.attempts, delay=delay, remote=remote)
    elif one.state == DeliveryState.DEFERRED:
        journal.deferred(**names, attempt=delivery.attempts, next_attempt=iso(one.next_attempt), remote=remote)
    else:
        why = "gave up" if mark.outcome.state == "deferred" else "refused"
        journal.failed(**names, attempt=delivery.attempts, why=why, remote=remote)


def _record_end(connection: Connection, batch: Sequence[Mark]) -> None:
    """Write the results and nothing else."""
    results.finish(connection, [mark.finished for mark in batch])


def _record(connection: Connection, batch: Sequence[Mark]) -> None:
    """Write the results, what they mean for the messages, and the notices about failures."""
    outcomes = {mark.finished.delivery.seq: mark.outcome for mark in batch}
    known = results.finish(connection, [mark.finished for mark in batch])
    _note_delivered(connection, [one for one in known if one.state == DeliveryState.SENT])
    for one in known:
        if one.state == DeliveryState.FAILED:
            _note_failed(connection, one, outcomes[one.delivery.seq])


def _note_delivered(connection: Connection, sent: Sequence[Finished]) -> None:
    told = [one for one in sent if one.delivery.inquiry is not None and one.delivery.kind in _TOLD]
    if not told:
        return
    add_all(connection, [_delivered(one) for one in told])
    about = [one.delivery.message for one in told if one.delivery.kind != "colleague"]
    messages.deliver(connection, [seq for seq in about if seq is not None])


def _delivered(one: Finished) -> EventRow:
    delivery, tried = one.delivery, one.tried
    proof = {"by": "remote", "reply": f"{tried.code} {tried.enhanced}".strip(), "delivery": delivery.id}
    return EventRow(
        seq=0,
        inquiry=delivery.inquiry or 0,
        at=tried.at,
        kind="message.delivered",
        actor=delivery.recipient,
        message=delivery.message,
        proof=proof,
        raw=None,
    )


def _note_failed(connection: Connection, one: Finished, outcome: Outcome) -> None:
    gave_up = outcome.state == "deferred"
    word = "unreachable" if gave_up else cause_word(outcome.code, outcome.enhanced)
    by = "gateway" if word == "ours" else "retries" if gave_up else "remote"
    proof = {"by": by, "why": word, "delivery": one.delivery.id}
    fail_message(connection, Cause(one.delivery.mail, one.tried.at), one.delivery, word, proof)

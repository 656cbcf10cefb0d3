"""What the command line can change, by name: run by the gateway when it is up, by the command itself when not."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import TypeVar, cast

from sqlalchemy import Connection

from ..store import inquiries, outbox
from ..store.tables import GONE
from ..store.values import DeliveryRow
from .actions.close import NoSuchInquiry, close
from .actions.create import create
from .actions.hold import Decided, NotHeld, refuse, release
from .actions.revoke_link import NoSuchParticipant, revoke_link
from .control import ControlError
from .leakscan import leakscan
from .order import OrderError, read_order
from .simulate import simulate
from .world import World

Command = Callable[[World, object], Awaitable[object]]
T = TypeVar("T")

_AT_ONCE = 100  # inquiries opened side by side


class Commands:
    """Runs a command on a world. Raises ControlError with words for the person at the terminal."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def run(self, name: str, argument: object) -> object:
        """Run the command `name`; argument and answer are plain JSON values."""
        command = COMMANDS.get(name)
        if command is None:
            raise ControlError(f"there is no command {name!r}; are command and gateway of the same version?")
        return await command(self._world, argument)


async def _create(world: World, argument: object) -> object:
    """Argument: {"orders": [an inquiry's JSON …], "quiet": bool}. Answers each in its place: made, or its error."""
    asked = cast("dict[str, object]", argument)
    orders, quiet = cast("list[object]", asked["orders"]), bool(asked["quiet"])
    return [answer async for answer in _create_all(world, orders, quiet=quiet)]


async def _create_all(world: World, orders: list[object], *, quiet: bool) -> AsyncIterator[object]:
    """Open many inquiries side by side, so that they share their commits; yields the answers in order."""
    for some in batched(orders, _AT_ONCE):
        for answer in await asyncio.gather(*(_create_one(world, order, quiet=quiet) for order in some)):
            yield answer


async def _create_one(world: World, order: object, *, quiet: bool) -> object:
    try:
        return asdict(await create(world, read_order(order), quiet=quiet))
    except OrderError as error:
        return {"error": str(error)}


def batched(items: list[T], size: int) -> Iterator[list[T]]:
    """Cut a list into lists of at most `size`."""
    return (items[start : start + size] for start in range(0, len(items), size))


async def _close(world: World, argument: object) -> object:
    try:
        return {"id": await close(world, str(argument), "ops"), "state": "closed"}
    except NoSuchInquiry as error:
        raise ControlError(f"there is no inquiry {argument}") from error


async def _revoke_link(world: World, argument: object) -> object:
    """Argument: {"inquiry": id or reference, "email": whose}."""
    asked = cast("dict[str, str]", argument)
    try:
        return [asdict(one) for one in await revoke_link(world, asked["inquiry"], asked["email"], "ops")]
    except NoSuchInquiry as error:
        raise ControlError(f"there is no inquiry {asked['inquiry']}") from error
    except NoSuchParticipant as error:
        raise ControlError(f"nobody with the address {asked['email']} is in this inquiry") from error


async def _release(world: World, argument: object) -> object:
    return await _decide(release(world, str(argument), "ops"), argument)


async def _refuse(world: World, argument: object) -> object:
    return await _decide(refuse(world, str(argument), "ops"), argument)


async def _decide(work: Awaitable[Decided], argument: object) -> object:
    try:
        return asdict(await work)
    except NotHeld as error:
        raise ControlError(f"there is no held mail {argument}; `parley held list` shows what waits") from error


async def _retry(world: World, argument: object) -> object:
    now = world.clock()
    delivery = await world.store.write(lambda c: _change(c, str(argument), lambda d: _again(c, d, now)))
    world.wake()
    return {"id": delivery.id, "state": "queued"}


def _again(connection: Connection, delivery: DeliveryRow, now: datetime) -> bool:
    """Make a delivery due, unless it is to somebody who is gone: nothing is sent to him any more."""
    if delivery.recipient is not None and inquiries.participant(connection, delivery.recipient).state in GONE:
        raise ControlError(f"delivery {delivery.id} is to somebody who takes no part any more, so it cannot be sent")
    return outbox.retry(connection, delivery.seq, now)


async def _drop(world: World, argument: object) -> object:
    now = world.clock()
    delivery = await world.store.write(lambda c: _change(c, str(argument), lambda d: outbox.drop(c, d.seq, now)))
    world.journal.dropped(id=delivery.mail, delivery=delivery.id, to=delivery.to, by="ops")
    return {"id": delivery.id, "state": "dropped"}


def _change(connection: Connection, id: str, change: Callable[[DeliveryRow], bool]) -> DeliveryRow:
    delivery = outbox.find(connection, id)
    if delivery is None:
        raise ControlError(f"there is no delivery {id}; `parley queue list` shows what waits")
    if not change(delivery):
        raise ControlError(f"delivery {id} is {delivery.state}, so this cannot be done")
    return delivery


COMMANDS: dict[str, Command] = {
    "inquiry.create": _create,
    "inquiry.close": _close,
    "link.revoke": _revoke_link,
    "held.release": _release,
    "held.refuse": _refuse,
    "queue.retry": _retry,
    "queue.drop": _drop,
    "mail.simulate": simulate,
    "mail.leakscan": leakscan,
}

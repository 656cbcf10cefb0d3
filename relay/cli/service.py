"""`parley serve | demo | check | migrate`."""

import asyncio
import gc
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .shared import TRY_LATER, WRONG, ConfigOption, JsonOption, config_path, fail, print_json, settings_of

if TYPE_CHECKING:
    from ..settings import Settings

_ROLES = ("smtp", "deliver", "links")


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command("serve")(serve)
    app.command("demo")(demo)
    app.command("check")(check)
    app.command("migrate")(migrate)


def serve(
    context: typer.Context,
    role: Annotated[
        list[str] | None, typer.Option("--role", help="smtp, deliver, links; several by comma or repeated [all].")
    ] = None,
    worker: Annotated[
        bool, typer.Option("--worker", hidden=True, help="One of several: see [smtp] processes.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Run the gateway until SIGTERM; prints each listener and then `ready`."""
    settings = settings_of(context, config)
    roles = tuple(part.strip() for given in role or [] for part in given.split(",")) or _ROLES
    wrong = [name for name in roles if name not in _ROLES]
    if wrong:
        fail(f"there is no role {wrong[0]}; roles are {', '.join(_ROLES)}", 2)
    if settings.smtp.processes > 1 and "smtp" in roles and not worker:
        asyncio.run(_serve_several(settings, str(config_path(context, config)), roles))
    else:
        asyncio.run(_serve(settings, roles, worker=worker))


def _when_told_to_stop(*, worker: bool) -> asyncio.Event:
    """Return what is set at SIGTERM or SIGINT; for one of several processes also when its parent is gone."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if worker:
        loop.add_reader(sys.stdin.fileno(), lambda: (loop.remove_reader(sys.stdin.fileno()), stop.set()))
    return stop


async def _serve_several(settings: "Settings", config: str, roles: tuple[str, ...]) -> None:
    from .crew import CannotStart, Crew, parley_command, reserve, shared_settings

    stop = _when_told_to_stop(worker=False)
    size = settings.smtp.processes
    try:
        reserved = reserve(settings.smtp.listen)
    except OSError as error:
        fail(f"cannot start: {error}")
    host, port = reserved.getsockname()[:2]
    listen = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    others = tuple(role for role in roles if role != "links")  # one process serves the pages
    with reserved:
        environment = shared_settings(listen, settings.smtp.connections, size)
        crew = Crew(size, lambda n: parley_command(config, roles if n == 0 else others), environment, typer.echo)
        try:
            await crew.start()
        except CannotStart as error:
            fail("a process could not start", error.status)
        typer.echo("ready")
        await stop.wait()
        await crew.stop()


async def _serve(settings: "Settings", roles: tuple[str, ...], *, worker: bool) -> None:
    from ...store.engine import StoreInUse
    from ...store.integrity import StoreDamaged
    from ...store.schema import WrongSchema
    from ...store.writer import StoreFailed
    from ..app import Gateway

    stop = _when_told_to_stop(worker=worker)
    gateway = Gateway(settings, roles=roles, one_of_several=worker)
    try:
        await gateway.start()
    except StoreInUse as error:
        fail(f"another process is writing to {error}", TRY_LATER)
    except WrongSchema as error:
        fail(str(error))
    except StoreDamaged as error:
        fail(f"the store is damaged ({error}); restore the last backup: docs/store.md")
    except StoreFailed as error:
        fail(f"the store cannot be opened: {error}", TRY_LATER)
    except (OSError, ValueError) as error:
        fail(f"cannot start: {error}")
    for door, address in (("smtp", gateway.smtp_address), ("links", gateway.links_address)):
        if address[0]:
            typer.echo(f"{door} listens on {address[0]}:{address[1]}")
    _spare_the_collector()
    typer.echo("ready")
    await stop.wait()
    await gateway.stop("signal")


def _spare_the_collector() -> None:
    """What was made at the start lives to the end, and a mail makes no cycles to speak of: look for them less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def demo(
    keep: Annotated[Path | None, typer.Option("--keep", help="Keep everything in this folder.")] = None,
    port: Annotated[int | None, typer.Option("--port", help="Port of the demo's page.")] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open the browser.")] = False,
) -> None:
    """Show it: a gateway, a buyer's and two sellers' mailboxes in the browser, one inquiry under way."""
    from ..demo.world import run_demo

    asyncio.run(run_demo(keep, port, not no_browser, typer.echo))


def check(context: typer.Context, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Name every wrong or risky setting, each with its mend. Status 1 when something is wrong."""
    from ..check import Finding, findings
    from ..settings import SettingsError, load

    path = config_path(context, config)
    try:
        found = asyncio.run(findings(load(path)))
    except SettingsError as error:
        found = [Finding("error", str(wrong), "") for wrong in error.wrongs]
    if json:
        print_json({"level": one.level, "what": one.what, "mend": one.mend} for one in found)
    else:
        for one in found:
            typer.echo(f"{one.level}: {one.what}" + (f"\n       {one.mend}" if one.mend else ""))
        if not found:
            typer.echo(f"{path}: nothing wrong")
    if any(one.level == "error" for one in found):
        raise typer.Exit(WRONG)


def migrate(context: typer.Context, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Bring the store's schema up to this version; makes the store if there is none."""
    from sqlalchemy.exc import DBAPIError

    from ...store.engine import StoreInUse
    from ...store.upgrade import upgrade
    from ..placing import place_of

    settings = settings_of(context, config)
    try:
        before, now = upgrade(place_of(settings))
    except StoreInUse:
        fail("a gateway is running; stop it before the store's schema changes", TRY_LATER)
    except (DBAPIError, OSError) as error:
        fail(f"the schema is as it was: {error}", TRY_LATER)
    if json:
        print_json([{"before": before, "now": now}])
    else:
        typer.echo(f"schema {now}" + (f" (was {before})" if before and before != now else ""))

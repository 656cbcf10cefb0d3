"""What all commands share: finding the settings, reading the store, changing it, printing."""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, TypeVar, cast

import typer

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ...store.store import Store
    from ..settings import Settings

T = TypeVar("T")

WRONG, WRONG_USE, TRY_LATER = 1, 2, 75

ConfigOption = Annotated[Path | None, typer.Option("--config", help="The settings file.", show_default=False)]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]


@dataclass(frozen=True, slots=True)
class Context:
    """What was given before the command's name."""

    config: Path | None


def fail(message: str, status: int = WRONG) -> NoReturn:
    """Say on stderr what is wrong and end with `status`."""
    typer.echo(f"parley: {message}", err=True)
    raise typer.Exit(status)


def config_path(context: typer.Context, config: Path | None) -> Path:
    """Return the settings file to use: --config, ./relay.toml, then $PARLEY_CONFIG."""
    given = config or (context.obj.config if isinstance(context.obj, Context) else None)
    if given is not None:
        return given
    here = Path("relay.toml")
    return here if here.exists() or "PARLEY_CONFIG" not in os.environ else Path(os.environ["PARLEY_CONFIG"])


def settings_of(context: typer.Context, config: Path | None) -> "Settings":
    """Load the settings, or say each wrong key with its line and end with status 2."""
    from ..settings import SettingsError, load

    try:
        return load(config_path(context, config))
    except SettingsError as error:
        for wrong in error.wrongs:
            typer.echo(str(wrong), err=True)
        raise typer.Exit(WRONG_USE) from error


def query(settings: "Settings", read: "Callable[[Connection], T]") -> T:
    """Read the store, whether a gateway runs or not."""
    from ...store.writer import StoreFailed
    from ..placing import NoStore, look

    try:
        return look(settings, read)
    except NoStore as error:
        fail(f"there is no store at {error}; `parley migrate` or `parley serve` makes it")
    except (StoreFailed, OSError) as error:
        fail(f"the store cannot be read: {error}", TRY_LATER)


def change(settings: "Settings", command: str, argument: object) -> object:
    """Have the running gateway make a change, or make it ourselves when none runs."""
    from .. import control

    try:
        return control.call(settings.path(settings.control.socket), command, argument)
    except control.NotRunning:
        return _change_here(settings, command, argument)
    except control.ControlError as error:
        fail(str(error))


def _change_here(settings: "Settings", command: str, argument: object) -> object:
    from ...store.engine import StoreInUse
    from ...store.schema import WrongSchema
    from ...store.store import open_store
    from ...store.writer import StoreFailed
    from ..control import ControlError
    from ..placing import place_of

    try:
        store = open_store(place_of(settings))
    except StoreInUse:
        fail("another process is writing to the store; try again", TRY_LATER)
    except WrongSchema as error:
        fail(str(error))
    except (StoreFailed, OSError) as error:
        fail(f"the store cannot be opened: {error}", TRY_LATER)
    try:
        return asyncio.run(_run(settings, store, command, argument))
    except ControlError as error:
        fail(str(error))
    except StoreFailed as error:
        fail(f"the store could not take it: {error}", TRY_LATER)
    finally:
        store.close()


async def _run(settings: "Settings", store: "Store", command: str, argument: object) -> object:
    from ..clock import utc_now
    from ..commands import Commands
    from ..journal import Journal
    from ..journal_sinks import FileSink
    from ..personal_links import LinkMaker, read_secret
    from ..world import World

    journal = Journal(FileSink(settings.path(settings.log.file)), format=settings.log.format)
    links = LinkMaker(read_secret(settings.path(settings.links.secret_file)))
    return await Commands(World(settings, store, journal, utc_now, links, store.tell)).run(command, argument)


def objects(value: object) -> list[dict[str, object]]:
    """Return a JSON answer as the list of objects it is; anything else is another version's answer."""
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in cast("list[object]", value)):
        fail("the gateway gave another answer than expected; are command and gateway of the same version?")
    return cast("list[dict[str, object]]", value)


def print_json(values: Iterable[object]) -> None:
    """Print one JSON object a line."""
    for value in values:
        sys.stdout.write(json.dumps(value, ensure_ascii=not _utf8()) + "\n")


def _utf8() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def print_table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table for people; colours only on a terminal. Values may be hostile: shown as plain text."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False, width=None if sys.stdout.isatty() else 200)
    table = Table(*headings, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(Text(printable(str(value))) for value in row))
    console.print(table)


def printable(text: str) -> str:
    """Return `text` without anything that a terminal would act on."""
    return "".join(char if char.isprintable() else "�" for char in text)

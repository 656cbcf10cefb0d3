"""`parley log` and `parley trace`: what happened, in order."""

import json as json_module
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from .shared import ConfigOption, JsonOption, fail, print_json, print_table, printable, query, settings_of

_LINE = re.compile(r"(?P<time>\S+) (?P<id>\S+): (?P<event>\w+) ?(?P<rest>.*)", re.DOTALL)
_PAIR = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|\S*)')
_PAUSE = 0.2  # seconds between two looks at a followed log


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command("log")(log)
    app.command("trace")(trace)


def log(
    context: typer.Context,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Wait for new lines.")] = False,
    id: Annotated[str | None, typer.Option("--id", help="Only lines with this id.")] = None,
    event: Annotated[str | None, typer.Option("--event", help="Only this event (received, accepted, sent …).")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Print the journal, filtered, followed."""
    settings = settings_of(context, config)
    if not settings.log.file:
        fail("log.file is empty, so the journal is only on the gateway's stderr")
    path = settings.path(settings.log.file)
    if not path.exists() and not follow:
        fail(f"there is no log at {path} yet")
    for line in lines(path, follow=follow):
        entry = read_line(line)
        if (id and entry.get("id") != id) or (event and entry.get("event") != event):
            continue
        if json:
            print_json([entry])
        else:
            typer.echo(line)


def lines(path: Path, *, follow: bool) -> Iterator[str]:
    """Yield the lines of a log; with `follow` wait for more, also after the file was moved away."""
    while True:
        if path.exists():
            with path.open(encoding="utf-8", errors="replace") as file:
                yield from _rest_of(file.readline, path, file.fileno(), follow=follow)
        if not follow:
            return
        time.sleep(_PAUSE)


def _rest_of(readline: Callable[[], str], path: Path, handle: int, *, follow: bool) -> Iterator[str]:
    import os

    part = ""
    while True:
        part += readline()
        if part.endswith("\n"):
            yield part[:-1]
            part = ""
        elif not follow:
            if part:
                yield part
            return
        else:
            if not path.exists() or path.stat().st_ino != os.fstat(handle).st_ino:
                return
            time.sleep(_PAUSE)


def read_line(line: str) -> dict[str, object]:
    """Take a journal line of either format apart."""
    if line.startswith("{"):
        try:
            found = json_module.loads(line)
        except ValueError:
            return {"text": line}
        return found if isinstance(found, dict) else {"text": line}  # pyright: ignore[reportUnknownVariableType]
    match = _LINE.fullmatch(line)
    if match is None:
        return {"text": line}
    pairs = {
        key: json_module.loads(value) if value.startswith('"') else value for key, value in _PAIR.findall(match["rest"])
    }
    return {"time": match["time"], "id": match["id"], "event": match["event"], **pairs}


def trace(
    context: typer.Context,
    what: Annotated[str, typer.Argument(help="A mail's id, a Message-ID, an inquiry, or a mail address.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show everything that happened to a mail, an inquiry or an address, in order."""
    from ...store.trace import trace as read_trace
    from ..clock import iso

    settings = settings_of(context, config)
    steps = query(settings, lambda connection: read_trace(connection, what))
    refused = _refused(settings.path(settings.log.file), what) if settings.log.file else []
    if not steps and not refused:
        fail(f"nothing is known of {what}")
    rows = sorted(
        [{"at": iso(step.at), "id": step.mail, "what": step.what, "detail": step.detail} for step in steps] + refused,
        key=lambda row: str(row["at"]),
    )
    if json:
        print_json(rows)
        return
    print_table(("at", "id", "what", "detail"), ([printable(str(value)) for value in row.values()] for row in rows))


def _refused(path: Path, what: str) -> list[dict[str, object]]:
    """Return the journal's refusals of this id or address: what was never accepted is only there."""
    if not path.exists():
        return []
    entries = (read_line(line) for line in lines(path, follow=False) if "rejected" in line and what in line)
    return [
        {
            "at": entry.get("time", ""),
            "id": entry.get("id", ""),
            "what": "rejected",
            "detail": " ".join(f"{key}={entry.get(key, '')}" for key in ("reason", "reply", "from", "to", "ip")),
        }
        for entry in entries
        if entry.get("event") == "rejected" and what in (entry.get("id"), entry.get("from"), entry.get("to"))
    ]

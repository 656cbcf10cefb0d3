"""`parley inquiry create | show | list | close`."""

import json
import sys
from pathlib import Path
from typing import Annotated, cast

import typer

from .shared import (
    WRONG,
    WRONG_USE,
    ConfigOption,
    JsonOption,
    change,
    fail,
    objects,
    print_json,
    print_table,
    printable,
    settings_of,
)
from .shared import query as read_store

app = typer.Typer(help="Open, show, list and close inquiries.", no_args_is_help=True)


@app.command("create")
def create(
    context: typer.Context,
    file: Annotated[str, typer.Option("--file", help="JSON: one object, an array, or one object a line; - is stdin.")],
    quiet_mail: Annotated[bool, typer.Option("--quiet-mail", help="Send no notifications.")] = False,
    config: ConfigOption = None,
    json: JsonOption = True,  # noqa: ARG001 (the answer is always JSON)
) -> None:
    """Open inquiries; prints id, masks and links of each, one JSON object a line, in the same order."""
    settings = settings_of(context, config)
    orders = _orders(_text(file))
    answers = objects(change(settings, "inquiry.create", {"orders": orders, "quiet": quiet_mail}))
    print_json(answers)
    wrong = [(number, answer["error"]) for number, answer in enumerate(answers, 1) if "error" in answer]
    for number, error in wrong:
        typer.echo(f"parley: inquiry {number}: {printable(str(error))}", err=True)
    if wrong:
        raise typer.Exit(WRONG)


def _text(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{file} cannot be read: {error}", WRONG_USE)


def _orders(text: str) -> list[object]:
    """Return the inquiries in `text`: one object, an array of them, or JSON Lines."""
    try:
        whole = json.loads(text)
    except ValueError:
        return [_order(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    return cast("list[object]", whole) if isinstance(whole, list) else [whole]


def _order(number: int, line: str) -> object:
    try:
        return json.loads(line)
    except ValueError as error:
        fail(f"line {number} is not JSON: {error}", WRONG_USE)


@app.command("show")
def show(context: typer.Context, id: str, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show one inquiry (by id or reference) with its messages and events."""
    from ...store import exchange, inquiries
    from ..present import exchange_json

    settings = settings_of(context, config)
    found = read_store(
        settings,
        lambda connection: (
            None if (inquiry := inquiries.find(connection, id)) is None else exchange.load(connection, inquiry.seq)
        ),
    )
    if found is None:
        fail(f"there is no inquiry {id}")
    if json:
        print_json([exchange_json(found, settings)])
        return
    inquiry = found.inquiry
    typer.echo(f"{inquiry.id}  {printable(inquiry.reference)}  {inquiry.state}  {printable(inquiry.subject)}")
    print_table(
        ("side", "person", "address", "state", "joined"),
        ((p.side, p.name, p.email, p.state, p.joined_by) for p in found.people),
    )
    print_table(
        ("at", "event", "who", "message"),
        (
            (
                f"{event.at:%Y-%m-%d %H:%M:%S}",
                event.kind,
                getattr(found.person(event.actor), "email", ""),
                next((m.id for m in found.messages if m.seq == event.message), ""),
            )
            for event in found.events
        ),
    )


@app.command("list")
def list_(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="How many at most, newest first.")] = 100,
    state: Annotated[str | None, typer.Option(help="open or closed.")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List inquiries, newest first."""
    from ...store import inquiries
    from ..clock import iso

    settings = settings_of(context, config)
    rows = read_store(settings, lambda connection: inquiries.newest(connection, limit, state=state))
    if json:
        print_json(
            {
                "id": row.id,
                "reference": row.reference,
                "marketplace": row.marketplace,
                "state": row.state,
                "subject": row.subject,
                "created_at": iso(row.created_at),
            }
            for row in rows
        )
        return
    print_table(
        ("id", "reference", "state", "opened", "subject"),
        ((row.id, row.reference, row.state, f"{row.created_at:%Y-%m-%d %H:%M}", row.subject) for row in rows),
    )


@app.command("close")
def close(context: typer.Context, id: str, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Close an inquiry: its masks refuse mail from now on."""
    done = change(settings_of(context, config), "inquiry.close", id)
    if json:
        print_json([done])
    else:
        typer.echo(f"{id} is closed")

"""`parley simulate`: what would happen to this mail. `parley leakscan`: does what was sent keep the masks?"""

import base64
import sys
from pathlib import Path
from typing import Annotated

import typer

from ..duration import duration
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


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command("simulate")(simulate)
    app.command("leakscan")(leakscan)


def simulate(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="A mail as a file; - is stdin.")],
    rcpt: Annotated[str, typer.Option("--rcpt", help="The mask it is written to.")],
    mail_from: Annotated[str | None, typer.Option("--mail-from", help="Envelope sender [the mail's From].")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show what would happen to a mail: sender, parent, new text, outgoing mails. Changes nothing."""
    settings = settings_of(context, config)
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}", WRONG_USE)
    argument = {"data": base64.b64encode(data).decode(), "mail_from": mail_from, "rcpt": rcpt}
    (done,) = objects([change(settings, "mail.simulate", argument)])
    outgoing = objects(done.get("outgoing", []))
    if json:
        print_json([done])
        return
    for key, value in done.items():
        if key != "outgoing":
            first, *rest = str(value).splitlines() or [""]
            typer.echo(f"{key + ':':12} {printable(first)}")
            for line in rest:
                typer.echo(f"{'':12} {printable(line)}")
    for mail in outgoing:
        typer.echo(f"\n--- {mail['kind']} to {printable(str(mail['to']))}")
        for leak in objects(mail["leaks"]):
            typer.echo(f"!!! holds {printable(str(leak['address']))} ({leak['where']})")
        for line in str(mail["mail"]).splitlines():
            typer.echo(printable(line))


def leakscan(
    context: typer.Context,
    since: Annotated[str, typer.Option("--since", help='How far back: "2h", "7d"; "" for everything.')] = "",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Look through everything sent for real addresses of the other side, in all encodings. 1 if there is one."""
    settings = settings_of(context, config)
    try:
        seconds = duration(since).total_seconds() if since else None
    except ValueError as error:
        fail(f"--since {error}", WRONG_USE)
    (done,) = objects([change(settings, "mail.leakscan", {"seconds": seconds})])
    found = objects(done["found"])
    if json:
        print_json([done])
    else:
        print_table(
            ("delivery", "kind", "to", "holds", "where"),
            [(one["delivery"], one["kind"], one["to"], one["address"], one["where"]) for one in found],
        )
        typer.echo(f"{done['scanned']} mails looked through, {done['leaks']} leaks")
    if done["leaks"]:
        raise typer.Exit(WRONG)

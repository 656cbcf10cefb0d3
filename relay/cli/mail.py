"""`parley simulate`: what would happen to this mail."""

import base64
import sys
from pathlib import Path
from typing import Annotated

import typer

from .shared import WRONG_USE, ConfigOption, JsonOption, change, fail, objects, print_json, printable, settings_of


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command("simulate")(simulate)


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
        typer.echo(f"\n--- {mail['kind']} to {mail['to']}")
        for line in str(mail["mail"]).splitlines():
            typer.echo(printable(line))

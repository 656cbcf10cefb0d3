"""`parley held list | show | release | refuse`."""

import typer

from .shared import ConfigOption, JsonOption, change, fail, print_json, print_table, printable, query, settings_of

app = typer.Typer(help="Mail that waits for somebody's yes.", no_args_is_help=True)


@app.command("list")
def list_(context: typer.Context, config: ConfigOption = None, json: JsonOption = False) -> None:
    """List held mails, oldest first."""
    from ...store import inquiries, messages
    from ..present import held_json

    rows = query(
        settings_of(context, config),
        lambda connection: [
            (message, inquiries.get(connection, message.inquiry)) for message in messages.held(connection)
        ],
    )
    if json:
        print_json(held_json(message, inquiry.id) for message, inquiry in rows)
        return
    print_table(
        ("id", "since", "inquiry", "from", "subject", "why"),
        (
            (
                message.id,
                f"{message.at:%Y-%m-%d %H:%M}",
                inquiry.reference,
                message.from_email,
                message.subject,
                message.why_held,
            )
            for message, inquiry in rows
        ),
    )


@app.command("show")
def show(context: typer.Context, id: str, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show one held mail with its text."""
    from ...store import inquiries, messages
    from ..present import held_json

    found = query(
        settings_of(context, config),
        lambda connection: (
            None
            if (message := messages.find(connection, id)) is None
            else (message, inquiries.get(connection, message.inquiry))
        ),
    )
    if found is None:
        fail(f"there is no held mail {id}; `parley held list` shows what waits")
    message, inquiry = found
    if json:
        print_json([held_json(message, inquiry.id) | {"text": message.text, "quoted": message.quoted}])
        return
    typer.echo(f"{message.id}  {message.state}  {printable(inquiry.reference)}  {message.why_held}")
    typer.echo(f"From: {printable(message.from_name)} <{printable(message.from_email)}>  ({message.side} side)")
    typer.echo(f"Subject: {printable(message.subject)}\n")
    for line in message.text.splitlines():
        typer.echo(printable(line))


@app.command("release")
def release(context: typer.Context, id: str, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Relay a held mail; its writer may answer in this inquiry from now on."""
    _decide(context, "held.release", id, config, json=json)


@app.command("refuse")
def refuse(context: typer.Context, id: str, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Do not relay a held mail; it stays in the record."""
    _decide(context, "held.refuse", id, config, json=json)


def _decide(context: typer.Context, command: str, id: str, config: ConfigOption, *, json: bool) -> None:
    done = change(settings_of(context, config), command, id)
    if json:
        print_json([done])
    else:
        typer.echo(f"{id} is {command.removeprefix('held.')}d")

"""`parley queue list | show | retry | drop`."""

import typer

from .shared import ConfigOption, JsonOption, change, fail, print_json, print_table, query, settings_of

app = typer.Typer(help="Mail on its way out.", no_args_is_help=True)

_MOST = 10_000


@app.command("list")
def list_(context: typer.Context, config: ConfigOption = None, json: JsonOption = False) -> None:
    """List what is not delivered yet, oldest first."""
    from ...store import outbox
    from ..present import queue_json

    rows = query(settings_of(context, config), lambda connection: outbox.waiting(connection, _MOST))
    if json:
        print_json(queue_json(row) for row in rows)
        return
    print_table(
        ("id", "kind", "to", "state", "tries", "next", "remote"),
        (
            (row.id, row.kind, row.to, row.state, row.attempts, f"{row.next_attempt_at:%m-%d %H:%M:%S}", row.remote)
            for row in rows
        ),
    )


@app.command("show")
def show(context: typer.Context, id: str, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show one delivery with every attempt."""
    from ...store import outbox
    from ..clock import iso
    from ..present import queue_json

    found = query(
        settings_of(context, config),
        lambda connection: (
            None
            if (delivery := outbox.find(connection, id)) is None
            else (delivery, outbox.attempts(connection, delivery.seq))
        ),
    )
    if found is None:
        fail(f"there is no delivery {id}")
    delivery, attempts = found
    if json:
        tries = [
            {
                "number": attempt.number,
                "started_at": iso(attempt.started_at),
                "ended_at": iso(attempt.ended_at) if attempt.ended_at else None,
                "host": attempt.host,
                "stage": attempt.stage,
                "code": attempt.code,
                "enhanced": attempt.enhanced,
                "text": attempt.text,
            }
            for attempt in attempts
        ]
        print_json([queue_json(delivery) | {"tries": tries}])
        return
    typer.echo(f"{delivery.id}  {delivery.kind} to {delivery.to}  {delivery.state}")
    print_table(
        ("try", "at", "host", "stage", "answer"),
        (
            (a.number, f"{a.started_at:%m-%d %H:%M:%S}", a.host, a.stage, f"{a.code or ''} {a.enhanced} {a.text}")
            for a in attempts
        ),
    )


@app.command("retry")
def retry(context: typer.Context, id: str, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Try a waiting, failed or dropped delivery again now."""
    _change(context, "queue.retry", id, config, json=json)


@app.command("drop")
def drop(context: typer.Context, id: str, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Take a waiting delivery off the queue; it stays in the record."""
    _change(context, "queue.drop", id, config, json=json)


def _change(context: typer.Context, command: str, id: str, config: ConfigOption, *, json: bool) -> None:
    done = change(settings_of(context, config), command, id)
    if json:
        print_json([done])
    else:
        typer.echo(f"{id}: {command.removeprefix('queue.')} done")

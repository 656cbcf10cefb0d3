"""`parley link revoke`."""

from typing import Annotated

import typer

from .shared import ConfigOption, JsonOption, change, objects, print_json, printable, settings_of

app = typer.Typer(help="Revoke personal links.", no_args_is_help=True)


@app.callback()
def links() -> None:
    """Revoke personal links."""


@app.command("revoke")
def revoke(
    context: typer.Context,
    inquiry: Annotated[str, typer.Argument(help="Id or reference.")],
    email: Annotated[str, typer.Argument(help="Mail address of the person whose link it is.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Make every link of a person open nothing from now on; the next mail brings the new one, which is printed here."""
    done = objects(change(settings_of(context, config), "link.revoke", {"inquiry": inquiry, "email": email}))
    if json:
        print_json(done)
        return
    for one in done:
        typer.echo(f"revoked; the new link of {printable(str(one['email']))} is {one['link']}")

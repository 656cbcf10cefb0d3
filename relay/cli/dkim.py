"""`parley dkim new`."""

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from .shared import JsonOption, fail, print_json

app = typer.Typer(help="Keys that outgoing mail is signed with.", no_args_is_help=True)


@app.callback()
def main() -> None:
    """Keys that outgoing mail is signed with."""


@app.command("new")
def new(
    domain: Annotated[str, typer.Option("--domain", help="The reply domain.")],
    selector: Annotated[str, typer.Option("--selector", help="A name of your own for this key, such as 2026a.")],
    kind: Annotated[Literal["rsa", "ed25519"], typer.Option("--kind", help="rsa is understood by everybody.")] = "rsa",
    out: Annotated[Path | None, typer.Option("--out", help="Where the key goes [dkim-SELECTOR.pem].")] = None,
    json: JsonOption = False,
) -> None:
    """Write a new private key and print the DNS record that tells its public half."""
    from ..compose.dkim import KeyUnusable, new_key, read_key, zone_line

    path = out or Path(f"dkim-{selector}.pem")
    pem, record = new_key(kind)
    try:
        read_key(pem, selector)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
    except KeyUnusable as error:
        fail(str(error), 2)
    except OSError as error:
        fail(f"{path} cannot be written: {error.strerror}")
    if json:
        name = f"{selector}._domainkey.{domain}"
        print_json([{"key_file": str(path), "selector": selector, "name": name, "type": "TXT", "value": record}])
        return
    typer.echo(f"The key is in {path}. Put this into the zone of {domain}:\n")
    typer.echo(zone_line(selector, domain, record))
    typer.echo(f'\nand this into relay.toml:\n\n[dkim]\nselector = "{selector}"\nkey_file = "{path}"')

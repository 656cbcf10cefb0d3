"""`parley`: puts the groups together."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from . import dkim, held, inquiry, link, log, mail, queue, service
from .shared import Context

app = typer.Typer(
    name="parley",
    help="E-mail-first relay gateway for marketplaces.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(inquiry.app, name="inquiry")
app.add_typer(link.app, name="link")
app.add_typer(held.app, name="held")
app.add_typer(queue.app, name="queue")
app.add_typer(dkim.app, name="dkim")
service.register(app)
mail.register(app)
log.register(app)


@app.callback()
def main(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option("--config", help="The settings file [default: ./relay.toml, then $PARLEY_CONFIG].")
    ] = None,
) -> None:
    """E-mail-first relay gateway for marketplaces."""
    context.obj = Context(config)


def run() -> None:
    """Entry point. Exit status: 0 done, 1 it found something wrong, 2 wrong use, 75 try again later."""
    try:
        app()
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has gone; so do we
        sys.exit(1)

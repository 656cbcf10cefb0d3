"""`python -m parley`."""

from .relay.cli.main import run

run()

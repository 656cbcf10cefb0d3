"""The `parley` command: one file per group. Imports are made inside functions so that `--help` is quick."""

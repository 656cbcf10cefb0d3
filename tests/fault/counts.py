"""How much is done: a short selection in `scripts/test`, more in `scripts/test faults`, all with `--full`."""

import os
from collections.abc import Callable

PLAIN = "PARLEY_FAULTS" not in os.environ
FULL = os.environ.get("PARLEY_FAULTS") == "full"

Record = Callable[[str, object], None]  # pytest's record_property

"""What flow and actions work with: handed in once at the start, never looked up."""

from collections.abc import Callable
from dataclasses import dataclass

from ..store.store import Store
from .clock import Clock
from .journal import Journal
from .personal_links import LinkMaker
from .settings import Settings


@dataclass(frozen=True, slots=True)
class World:
    """The gateway without its doors. `wake` tells the deliverer that there is work; it never blocks."""

    settings: Settings
    store: Store
    journal: Journal
    clock: Clock
    links: LinkMaker
    wake: Callable[[], None]

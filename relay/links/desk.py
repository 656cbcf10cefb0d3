"""What every page handler works with, and the addresses of the pages."""

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..settings import Settings
from ..world import World
from .live import Live
from .look import Look
from .misses import Misses


class Addresses:
    """Where pages are. A participant's pages are under his own id, so that several people and inquiries can be
    open side by side in one browser, each with its own cookie."""

    def __init__(self, settings: Settings) -> None:
        parts = urlsplit(settings.links.base_url)
        self.prefix = parts.path.rstrip("/")
        self.host = parts.netloc.lower()
        self.secure = parts.scheme == "https"

    def page(self, participant: str) -> str:
        """Return the address of a participant's page, without its token."""
        return f"{self.prefix}/i/{participant}"


@dataclass(frozen=True, slots=True)
class Desk:
    """Handed to every handler once, at the start."""

    world: World
    addresses: Addresses
    look: Look
    live: Live
    misses: Misses
    packing: asyncio.Semaphore  # how many conversations are packed into a file at once
    asking: asyncio.Lock  # one at a time may ask a stranger at an address that was typed, so that they can be counted

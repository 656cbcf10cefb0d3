"""How pages look: our own style sheet and script, and each marketplace's colour and mark. Nothing from elsewhere."""

from dataclasses import dataclass
from hashlib import sha256
from html import escape

from ..compose.palette import palette
from ..mail.addresses import parse_address
from ..settings import Marketplace, Settings
from .render import TEMPLATES

_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
NEUTRAL = Marketplace(id="neutral", name="Parley", reply_domain="localhost", colour="#4a5361")


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that browsers may keep for ever: its address changes with its content."""

    type: str
    data: bytes


class Look:
    """All assets, read once at the start. `prefix` is the path part of the base URL."""

    def __init__(self, settings: Settings, prefix: str) -> None:
        folder = TEMPLATES / "static"
        assets = {path.name: path.read_bytes() for path in sorted(folder.glob("page.*"))}
        for place in (NEUTRAL, *settings.marketplace):
            assets[f"place-{place.id}.css"] = _colours(place).encode()
            assets[f"place-{place.id}.svg"] = _mark(place).encode()
        self._assets = assets
        everything = b"\0".join(name.encode() + b"\0" + data for name, data in sorted(assets.items()))
        self.version = sha256(everything).hexdigest()[:12]
        self._base = f"{prefix}/look/{self.version}/"

    def url(self, name: str) -> str:
        """Return the address of an asset: page.css, page.js, place-`<marketplace>`.css or .svg."""
        return self._base + name

    def find(self, name: str) -> Asset | None:
        """Return an asset by its name."""
        data = self._assets.get(name)
        return None if data is None else Asset(_TYPES[name.rpartition(".")[2]], data)

    def sheets(self, place: Marketplace) -> dict[str, bytes]:
        """Return what a page needs to look as it does without this server, by name."""
        return {name: self._assets[name] for name in ("page.css", f"place-{place.id}.css", f"place-{place.id}.svg")}

    @staticmethod
    def help_link(place: Marketplace) -> str:
        """Return where the marketplace's help is reached by a click."""
        return f"mailto:{place.help}" if parse_address(place.help) else place.help


class Enclosed:
    """Where the page in a file to keep finds its style sheets: beside it."""

    def __init__(self, look: Look) -> None:
        self.help_link = look.help_link

    @staticmethod
    def url(name: str) -> str:
        """Return the address of an asset inside the file."""
        return f"look/{name}"


def _colours(place: Marketplace) -> str:
    colours = palette(place.colour)
    light = f":root{{--brand:{colours.brand};--ink:{colours.ink}}}"
    return f"{light}\n@media (prefers-color-scheme:dark){{:root{{--ink:{colours.night_ink}}}}}\n"


def _mark(place: Marketplace) -> str:
    """The marketplace's initial on its colour, for the browser's tab."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        f'<rect width="32" height="32" rx="8" fill="{palette(place.colour).ink}"/>'
        '<text x="16" y="22.5" text-anchor="middle" font-family="Georgia,serif" font-size="19" fill="#fff">'
        f"{escape(place.name[0].upper())}</text></svg>"
    )

"""Where a store is kept: the database's URL, and the folder or bucket of the large blobs."""

from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import URL, make_url


@dataclass(frozen=True, slots=True)
class Bucket:
    """An S3-compatible bucket. Without keys the client library looks for them where it always does."""

    name: str
    prefix: str = ""
    endpoint: str = ""  # "": the provider's own for the region
    region: str = ""
    access_key: str = ""
    secret_key: str = field(default="", repr=False)
    spool: Path = Path("spool")  # a local folder, for large mails on their way to the bucket


@dataclass(frozen=True, slots=True)
class Place:
    """Where a store is kept."""

    url: URL
    blobs: Path | Bucket

    @property
    def database(self) -> Path | None:
        """The SQLite file, None where the store is PostgreSQL."""
        return Path(self.url.database or "") if self.url.get_backend_name() == "sqlite" else None

    def __str__(self) -> str:
        """The database for people: never with its password."""
        return str(self.database or self.url.render_as_string(hide_password=True))


def in_folder(folder: Path) -> Place:
    """Return the place of an embedded store in `folder`."""
    return Place(make_url(f"sqlite:///{folder / 'parley.db'}"), folder / "blobs")

"""Says where the store of some settings is, reading its secrets; and opens it to look at from a command."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import URL, Connection, make_url

from ..store.engine import open_engine
from ..store.place import Bucket, Place
from ..store.schema import revision
from ..store.store import Reader
from .settings import Settings

T = TypeVar("T")


class NoStore(Exception):
    """There is no store yet where the settings say; the text names the place."""


def place_of(settings: Settings) -> Place:
    """Return where the store is. Raises OSError when a file with a secret cannot be read."""
    store = settings.store
    return Place(_url(settings), _bucket(settings) if store.in_bucket else settings.path(store.blobs))


def look(settings: Settings, query: Callable[[Connection], T]) -> T:
    """Run a query on the store, whether a gateway runs or not. Raises NoStore, StoreFailed, OSError."""
    place = place_of(settings)
    if place.database is not None and not place.database.exists():
        raise NoStore(str(place))
    engine = open_engine(place, read_only=True)
    try:
        if not revision(engine):
            raise NoStore(str(place))
        return Reader(engine).run(query)
    finally:
        engine.dispose()


def _url(settings: Settings) -> URL:
    store = settings.store
    if store.embedded:
        return make_url(f"sqlite:///{settings.path(store.url.removeprefix('sqlite:///'))}")
    url = make_url(store.url)
    return url.set(password=_secret(settings, store.password_file)) if store.password_file else url


def _bucket(settings: Settings) -> Bucket:
    store = settings.store
    name, _, prefix = store.blobs.removeprefix("s3://").partition("/")
    file, given = store.secret_key_file, store.secret_key.get_secret_value()
    secret = _secret(settings, file) if file else given
    return Bucket(
        name, prefix.strip("/"), store.endpoint, store.region, store.access_key, secret, settings.path(store.spool)
    )


def _secret(settings: Settings, file: str) -> str:
    return settings.path(file).read_text(encoding="utf-8").strip()

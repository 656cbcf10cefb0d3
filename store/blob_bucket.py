"""Large blobs as objects of an S3-compatible bucket: `<prefix>/<first two digits>/<hash>`.

An object is durable when its PUT is answered. Every trouble with the bucket is an OSError, so that whoever waits
gets 451 and nothing is lost. Nothing here waits longer than a mail client does.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from .place import Bucket

_PATIENCE = timedelta(seconds=20)  # for one call with all its tries
_CONNECT = timedelta(seconds=3)


class BucketKeep:
    """See Keep in blobs.py."""

    def __init__(self, bucket: Bucket) -> None:
        given = {
            "endpoint": bucket.endpoint,
            "region": bucket.region,
            "access_key_id": bucket.access_key,
            "secret_access_key": bucket.secret_key,
        }
        self._store = S3Store(
            bucket.name,
            prefix=bucket.prefix or None,
            config={key: value for key, value in given.items() if value},  # pyright: ignore[reportArgumentType]
            client_options={
                "allow_http": bucket.endpoint.startswith("http://"),
                "connect_timeout": _CONNECT,
                "timeout": _PATIENCE,
            },
            retry_config={"max_retries": 3, "retry_timeout": _PATIENCE},
        )

    def put(self, name: str, data: bytes) -> None:
        """Write the object, also when it is there: so it is young again, and no sweeper takes it for an orphan."""
        with _as_oserror():
            obstore.put(self._store, _path(name), data, use_multipart=False)

    def get(self, name: str) -> bytes:
        """Return the object's bytes. Raises FileNotFoundError, OSError."""
        with _as_oserror():
            return bytes(obstore.get(self._store, _path(name)).bytes())

    def old(self, before: datetime) -> Iterator[str]:
        """Yield the names of the objects put before that time."""
        with _as_oserror():
            # the other form, which needs pyarrow, has no known type
            for some in obstore.list(self._store, return_arrow=False):  # pyright: ignore[reportUnknownMemberType]
                for item in some:
                    if item["last_modified"] < before:
                        yield item["path"].rpartition("/")[2]

    def remove_old(self, name: str, before: datetime) -> bool:
        """Remove an object, having looked again whether it is old: S3 has no way to do both at once."""
        try:
            with _as_oserror():
                if obstore.head(self._store, _path(name))["last_modified"] >= before:
                    return False
                obstore.delete(self._store, _path(name))
        except FileNotFoundError:
            return False
        return True


def _path(name: str) -> str:
    return f"{name[:2]}/{name}"


@contextmanager
def _as_oserror() -> Generator[None]:
    """Raise what the client library raises as FileNotFoundError or OSError."""
    try:
        yield
    except FileNotFoundError as error:
        raise FileNotFoundError(_told(error)) from error
    except BaseError as error:
        raise OSError(f"the bucket cannot be used: {_told(error)}") from error


def _told(error: Exception) -> str:
    """Return the first line of the library's account, which goes on for pages."""
    return str(error).partition("\n")[0][:300]

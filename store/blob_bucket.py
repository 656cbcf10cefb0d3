"""Large blobs as objects of an S3-compatible bucket: `<prefix>/<first two digits>/<hash>`.

An object is durable when its PUT is answered. Every trouble with the bucket is an OSError, so that whoever waits
gets 451 and nothing is lost. Nothing here waits longer than a mail client does.
"""

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from tempfile import TemporaryFile
from typing import BinaryIO, cast

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from ..relay.mail.raw import Spool, Spooled
from .blob_folder import Folder, is_temporary
from .place import Bucket

_PATIENCE = timedelta(seconds=20)  # for one call with all its tries
_CONNECT = timedelta(seconds=3)
_HASH = re.compile(r"[0-9a-f]{64}")


class BucketKeep:
    """See Keep in blobs.py."""

    def __init__(self, bucket: Bucket) -> None:
        given = {
            "endpoint": bucket.endpoint,
            "region": bucket.region,
            "access_key_id": bucket.access_key,
            "secret_access_key": bucket.secret_key,
        }
        self.spool = Spool(bucket.spool)
        self._left = Folder(bucket.spool)  # what a crash left on the way here
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

    def take(self, mail: Spooled) -> None:
        """Write the object from the mail's file, which stays."""
        with _as_oserror():
            obstore.put(self._store, _path(mail.hash), mail.path, use_multipart=False)

    def open(self, name: str, start: int, end: int) -> BinaryIO:
        """Fetch these octets into a file that is gone when it is closed. Raises FileNotFoundError, OSError."""
        self.spool.top.mkdir(parents=True, exist_ok=True)
        file = TemporaryFile(dir=self.spool.top, buffering=0)  # noqa: SIM115 (whoever asks closes it)
        try:
            with _as_oserror():
                file.seek(start)
                for chunk in obstore.get(self._store, _path(name), options={"range": (start, end)}).stream():
                    file.write(chunk)
        except OSError:
            file.close()
            raise
        return cast(BinaryIO, file)

    def path(self, name: str) -> None:
        """No object has a file here."""

    def get(self, name: str) -> bytes:
        """Return the object's bytes. Raises FileNotFoundError, OSError."""
        with _as_oserror():
            return bytes(obstore.get(self._store, _path(name)).bytes())

    def old(self, before: datetime) -> Iterator[str]:
        """Yield the names of our objects put before that time; the bucket may hold others' as well."""
        with _as_oserror():
            # the other form, which needs pyarrow, has no known type
            for some in obstore.list(self._store, return_arrow=False):  # pyright: ignore[reportUnknownMemberType]
                for item in some:
                    name = item["path"].rpartition("/")[2]
                    if item["last_modified"] < before and _HASH.fullmatch(name) and item["path"] == _path(name):
                        yield name
        yield from self._left.old(before)

    def remove_old(self, name: str, before: datetime) -> bool:
        """Remove an object, having looked again whether it is old: S3 has no way to do both at once."""
        if is_temporary(name):
            return self._left.remove_old(name, before)
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

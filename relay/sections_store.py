"""The section `[store]` of `relay.toml`: which database, where large mails are."""

from datetime import timedelta
from importlib.util import find_spec
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from .sections import Duration, Section

_BUCKET = "s3://"
_OF_BUCKETS = ("endpoint", "region", "access_key", "secret_key", "secret_key_file")


class StoreSettings(Section):
    """Where everything is kept."""

    url: str = "sqlite:///var/parley.db"
    password_file: str = ""
    blobs: str = "var/blobs"
    endpoint: str = ""
    region: str = ""
    access_key: str = ""
    secret_key: SecretStr = SecretStr("")
    secret_key_file: str = ""
    spool: str = "var/spool"
    sweep_after: Duration = Field(default=timedelta(days=1), ge=timedelta(hours=1))

    @field_validator("url")
    @classmethod
    def _engine(cls, url: str) -> str:
        if url.startswith("sqlite:///") and url != "sqlite:///":
            return url
        if not url.startswith("postgresql+psycopg://"):
            raise ValueError("must be sqlite:///PATH or postgresql+psycopg://user@host/database")
        if find_spec("psycopg") is None:
            raise ValueError("needs the extra: pip install parley-relay[postgresql]")
        if not _is_url(url):
            raise ValueError("is no URL of the form postgresql+psycopg://user@host:port/database")
        return url

    @field_validator("blobs")
    @classmethod
    def _keep(cls, blobs: str) -> str:
        if not blobs.startswith(_BUCKET):
            return blobs
        if not blobs.removeprefix(_BUCKET).partition("/")[0]:
            raise ValueError("must be a folder or s3://bucket/prefix")
        if find_spec("obstore") is None:
            raise ValueError("needs the extra: pip install parley-relay[s3]")
        return blobs

    @field_validator("endpoint")
    @classmethod
    def _http(cls, endpoint: str) -> str:
        if endpoint and not endpoint.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return endpoint

    @model_validator(mode="after")
    def _fits(self) -> "StoreSettings":
        if self.password_file and self.embedded:
            raise ValueError("password_file is for PostgreSQL; SQLite has no password")
        if not self.in_bucket and any(key in self.model_fields_set and getattr(self, key) for key in _OF_BUCKETS):
            raise ValueError(f"{', '.join(_OF_BUCKETS)} are for blobs = s3://…")
        if self.secret_key.get_secret_value() and self.secret_key_file:
            raise ValueError("secret_key and secret_key_file say the same; set one of them")
        if bool(self.access_key) != bool(self.secret_key.get_secret_value() or self.secret_key_file):
            raise ValueError("access_key and secret_key (or secret_key_file) belong together; set both or neither")
        return self

    @property
    def embedded(self) -> bool:
        """True for SQLite: one process, one file."""
        return self.url.startswith("sqlite:")

    @property
    def in_bucket(self) -> bool:
        """True where large mails are in a bucket."""
        return self.blobs.startswith(_BUCKET)


def _is_url(url: str) -> bool:
    """True when host, port and database can be read from it."""
    try:
        parts = urlsplit(url)
        return parts.port != 0 and len(parts.path) > 1
    except ValueError:
        return False

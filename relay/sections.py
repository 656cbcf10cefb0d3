"""The sections of `relay.toml`: each key with its type, unit and default (docs/settings.md, relay.toml)."""

from datetime import date, timedelta
from importlib.util import find_spec
from ipaddress import ip_network
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from .business_hours import Hours, read_hours
from .duration import duration
from .zone import TimeZone

Duration = Annotated[timedelta, BeforeValidator(duration)]
Port = Annotated[str, Field(pattern=r"^(\[[0-9a-fA-F:.]+\]|[^:\s]+):\d{1,5}$")]
Domain = Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$", max_length=253)]


Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Ending = Annotated[str, Field(pattern=r"^[a-z0-9]{1,10}$")]


class Section(BaseModel):
    """Shared rules of all sections: unknown keys are refused, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SmtpSettings(Section):
    """The SMTP server that masks are written to."""

    listen: Port = "127.0.0.1:2525"
    hostname: Domain = "localhost"
    max_message_bytes: int = Field(default=26_214_400, ge=10_000)
    max_recipients: int = Field(default=100, ge=1)
    processes: int = Field(default=1, ge=1, le=64)
    tls_certificate: str = ""
    tls_key: str = ""
    require_tls: bool = False
    proxy_protocol: bool = False
    connections: int = Field(default=500, ge=1)
    connections_per_ip: int = Field(default=20, ge=1)
    command_timeout: Duration = timedelta(minutes=5)
    data_timeout: Duration = timedelta(minutes=10)
    session_timeout: Duration = timedelta(minutes=30)
    max_commands: int = Field(default=1000, ge=10)
    max_errors: int = Field(default=20, ge=1)
    transit_bytes: int = Field(default=8_589_934_592, ge=1_000_000)

    @field_validator("proxy_protocol")
    @classmethod
    def _no_proxy(cls, proxy_protocol: bool) -> bool:
        if proxy_protocol:
            raise ValueError("must be false: the PROXY protocol is not built yet")
        return proxy_protocol

    @model_validator(mode="after")
    def _pairs(self) -> "SmtpSettings":
        if bool(self.tls_certificate) != bool(self.tls_key):
            raise ValueError("tls_certificate and tls_key belong together; set both or neither")
        if self.require_tls and not self.tls_certificate:
            raise ValueError("require_tls needs tls_certificate and tls_key")
        return self


class LinksSettings(Section):
    """The web server of the personal links."""

    listen: Port = "127.0.0.1:8080"
    base_url: str = "http://127.0.0.1:8080"
    secret_file: str = "var/secret"  # noqa: S105 (a path)
    max_upload_bytes: int = Field(default=26_214_400, ge=10_000)
    expire: Duration = timedelta(days=180)

    @field_validator("base_url")
    @classmethod
    def _url(cls, url: str) -> str:
        if not url.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return url.rstrip("/")


class ControlSettings(Section):
    """The local socket by which the `parley` command reaches a running `parley serve`."""

    socket: str = "var/parley.sock"


class DkimKey(Section):
    """One signing key: the name under which DNS tells its public half, and the PEM file."""

    selector: str = Field(min_length=1)
    key_file: str = Field(min_length=1)


class DkimSettings(Section):
    """With what outgoing mail is signed; `also` holds further keys (Ed25519, or the next one in a rotation)."""

    selector: str = ""
    key_file: str = ""
    also: tuple[DkimKey, ...] = ()

    @model_validator(mode="after")
    def _pairs(self) -> "DkimSettings":
        if bool(self.selector) != bool(self.key_file):
            raise ValueError("selector and key_file belong together; set both or neither")
        return self

    @property
    def keys(self) -> tuple[DkimKey, ...]:
        """All keys, the first one first."""
        first = (DkimKey(selector=self.selector, key_file=self.key_file),) if self.selector else ()
        return (*first, *self.also)


class DnsSettings(Section):
    """Name servers asked for MX records and for proof."""

    servers: tuple[str, ...] = ()
    timeout: Duration = timedelta(seconds=5)


class SenderSettings(Section):
    """Who may write to a mask."""

    policy: Literal["open", "confirm", "approve"] = "confirm"
    authentication: Literal["enforce", "record", "off"] = "enforce"
    proof_timeout: Duration = timedelta(seconds=10)
    held_for: Duration = timedelta(days=14)
    same_an_hour: int = Field(default=5, ge=0)
    answers_an_hour: int = Field(default=12, ge=0)
    trusted_networks: tuple[str, ...] = ()
    trusted_names: tuple[str, ...] = ()
    trusted_sealers: tuple[str, ...] = ()

    @field_validator("trusted_networks")
    @classmethod
    def _networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for network in networks:
            ip_network(network)
        return networks


class LogSettings(Section):
    """The journal."""

    format: Literal["line", "json"] = "line"
    file: str = "var/parley.log"
    stderr: bool = True


class MaskingSettings(Section):
    """What is hidden of who people are."""

    typed: Literal["keep", "mask_until_order"] = "keep"
    documents: bool = False
    date: Literal["utc", "original"] = "utc"

    @field_validator("documents")
    @classmethod
    def _has_the_extra(cls, documents: bool) -> bool:
        if documents and find_spec("pikepdf") is None:
            raise ValueError("needs the extra: pip install parley-relay[documents]")
        return documents


class MailSettings(Section):
    """What relayed mail asks of its reader's mail program."""

    ask_read_receipt: bool = False


class NoticeSettings(Section):
    """Mails the gateway writes of its own accord."""

    copy_to_writer: bool = True


class ActionSettings(Section):
    """What people may do with an inquiry besides writing."""

    undo: Duration = timedelta(hours=24)
    phone_by_mail: bool = True
    keep_reading: bool = True
    document_types: tuple[Ending, ...] = ("pdf",)
    document_bytes: int = Field(default=10_000_000, ge=1000)


OBSERVER = "observer"  # the role of a manufacturer's program: it sees the status of its inquiries, and nothing else


class ApiKey(Section):
    """One program that may use the API. With `role` "observer", that of the observer with this mail address."""

    name: str = Field(min_length=1)
    key: str = Field(min_length=8)
    role: str = Field(default="marketplace", min_length=1)
    observer: str = ""

    @model_validator(mode="after")
    def _whose(self) -> "ApiKey":
        if (self.role == OBSERVER) != bool(self.observer):
            raise ValueError('role = "observer" and observer = "<mail address>" belong together')
        return self


class ApiSettings(Section):
    """Who may use the API, each by a bearer key."""

    keys: tuple[ApiKey, ...] = ()


class OperatorSettings(Section):
    """Who runs this gateway."""

    email: str = ""


class UnderTest(Section):
    """What only tests of the gateway itself switch on."""

    crash_points: bool = False


class Marketplace(Section):
    """One site or brand. Several share one gateway."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,40}$")
    name: str = Field(min_length=1, max_length=60)
    reply_domain: Domain
    language: Literal["en", "de", "fr", "es", "it", "zh", "ja", "ru", "pt"] = "en"
    timezone: TimeZone = "UTC"
    help: str = ""
    colour: str = Field(default="#1f5fbf", pattern=r"^#[0-9a-fA-F]{6}$")
    business_days: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri")
    business_hours: tuple[str, ...] = ("09:00-17:00",)
    business_zone: str = ""
    holidays: tuple[date, ...] = ()

    @property
    def hours(self) -> Hours:
        """The week of this marketplace's sellers, for the response clock."""
        return read_hours(self.business_days, self.business_hours, self.business_zone or self.timezone, self.holidays)

    @model_validator(mode="after")
    def _a_week(self) -> "Marketplace":
        try:
            read_hours(self.business_days, self.business_hours, self.business_zone or self.timezone, self.holidays)
        except ValueError as error:
            raise ValueError(f"business hours: {error}") from error
        return self

    @field_validator("reply_domain")
    @classmethod
    def _lower(cls, domain: str) -> str:
        return domain.lower()

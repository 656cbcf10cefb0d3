"""One `relay.toml`, read into frozen values.

Unknown keys are errors, in the file and in the environment: a misspelt limit must never be a missing limit.
`PARLEY_<SECTION>__<KEY>` in the environment overrides the file. Paths are relative to the file's folder.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, ValidationError, model_validator

from .sections import (
    ActionSettings,
    ApiSettings,
    ControlSettings,
    DkimSettings,
    DnsSettings,
    LinksSettings,
    LogSettings,
    MailSettings,
    Marketplace,
    MaskingSettings,
    NoticeSettings,
    OperatorSettings,
    Section,
    SenderSettings,
    SmtpSettings,
    UnderTest,
)
from .sections_outbound import OutboundSettings
from .sections_store import StoreSettings
from .settings_errors import SettingsError, Wrong, from_validation, line_of

__all__ = ["DnsSettings", "Marketplace", "Settings", "SettingsError", "SmtpSettings", "load", "parse"]


class Settings(Section):
    """All of `relay.toml`. `root` is the folder that relative paths start from."""

    store: StoreSettings = StoreSettings()
    smtp: SmtpSettings = SmtpSettings()
    outbound: OutboundSettings = OutboundSettings()
    links: LinksSettings = LinksSettings()
    control: ControlSettings = ControlSettings()
    dkim: DkimSettings = DkimSettings()
    dns: DnsSettings = DnsSettings()
    sender: SenderSettings = SenderSettings()
    log: LogSettings = LogSettings()
    masking: MaskingSettings = MaskingSettings()
    mail: MailSettings = MailSettings()
    notices: NoticeSettings = NoticeSettings()
    actions: ActionSettings = ActionSettings()
    operator: OperatorSettings = OperatorSettings()
    api: ApiSettings = ApiSettings()
    test: UnderTest = UnderTest()
    marketplace: tuple[Marketplace, ...] = ()
    root: Path = Field(default=Path(), exclude=True)

    @model_validator(mode="after")
    def _distinct(self) -> "Settings":
        for key in ("id", "reply_domain"):
            values = [getattr(place, key) for place in self.marketplace]
            if len(set(values)) != len(values):
                raise ValueError(f"two [[marketplace]] have the same {key}")
        return self

    @model_validator(mode="after")
    def _one_writer(self) -> "Settings":
        if self.smtp.processes > 1 and self.store.embedded:
            raise ValueError(
                "smtp.processes must be 1: a SQLite store has exactly one writing process; several need PostgreSQL"
                " (store.url = postgresql+psycopg://…)"
            )
        return self

    def path(self, value: str) -> Path:
        """Return a path of the settings as an absolute path."""
        return (self.root / value).absolute()

    @property
    def database(self) -> Path | None:
        """The SQLite file, None where the store is PostgreSQL."""
        return self.path(self.store.url.removeprefix("sqlite:///")) if self.store.embedded else None

    def place(self, id: str) -> Marketplace:
        """Return the marketplace with this id. Raises KeyError."""
        for place in self.marketplace:
            if place.id == id:
                return place
        raise KeyError(id)


def load(path: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Read settings from the TOML file at `path`. Raises SettingsError naming each wrong key and its line."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SettingsError((Wrong(str(path), 0, "", f"cannot be read: {reason}"),)) from error
    return parse(text, str(path), path.parent, os.environ if environment is None else environment)


def parse(text: str, name: str, root: Path, environment: Mapping[str, str]) -> Settings:
    """Read settings from TOML text; `name` is what errors call it. Raises SettingsError."""
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError((Wrong(name, 0, "", f"is not TOML: {error}"),)) from error
    if "root" in tree:
        raise SettingsError((Wrong(name, line_of(text, ("root",)), "root", "there is no such setting"),))
    overrides = _from_environment(environment)
    for section, key, value in overrides:
        table = tree.setdefault(section, {})
        if isinstance(table, dict):
            table[key] = value
    try:
        return Settings.model_validate(tree | {"root": root})
    except ValidationError as error:
        raise SettingsError(from_validation(error, name, text, {(s, k) for s, k, _ in overrides})) from error


def _from_environment(environment: Mapping[str, str]) -> list[tuple[str, str, object]]:
    """Return (section, key, value) of each PARLEY_SECTION__KEY; values are TOML where they parse, else text."""
    found: list[tuple[str, str, object]] = []
    for variable, value in environment.items():
        section, separator, key = variable.removeprefix("PARLEY_").lower().partition("__")
        if variable.startswith("PARLEY_") and separator:
            found.append((section, key, _toml_value(value)))
    return found


def _toml_value(text: str) -> object:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text

"""The section `[outbound]` of `relay.toml`: how mail leaves, and what holds for single domains."""

from datetime import timedelta
from ipaddress import ip_network
from typing import Literal

from pydantic import Field, field_validator, model_validator

from .sections import Domain, Duration, Section


class OutboundDestination(Section):
    """What holds for mail to one domain."""

    domain: Domain
    connections: int = Field(default=0, ge=0)
    per_minute: int = Field(default=0, ge=0)
    tls: Literal["off", "opportunistic", "required"] | None = None


class OutboundSettings(Section):
    """How mail leaves."""

    route: Literal["smarthost", "mx"] = "smarthost"
    host: str = "127.0.0.1"
    port: int = Field(default=1025, ge=1, le=65535)
    tls: Literal["off", "opportunistic", "required"] = "opportunistic"
    username: str = ""
    password_file: str = ""
    retry: tuple[Duration, ...] = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 120, 240))
    give_up: Duration = timedelta(days=5)
    delay_warning: Duration = timedelta(hours=4)
    bounces_until: Duration = timedelta(days=30)
    connections: int = Field(default=10, ge=1)
    timeout: Duration = timedelta(minutes=5)
    idle: Duration = timedelta(seconds=30)
    lease: Duration = timedelta(minutes=10)
    poll: Duration = timedelta(seconds=5)
    private_networks: tuple[str, ...] = ()
    destination: tuple[OutboundDestination, ...] = ()

    @field_validator("private_networks")
    @classmethod
    def _networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for network in networks:
            ip_network(network)
        return networks

    @model_validator(mode="after")
    def _rules(self) -> "OutboundSettings":
        domains = [rule.domain.lower() for rule in self.destination]
        if len(set(domains)) != len(domains):
            raise ValueError("two [[outbound.destination]] are about the same domain")
        if self.route == "smarthost" and any(rule.tls for rule in self.destination):
            raise ValueError('tls of a destination needs route = "mx": to a smarthost all mail goes the same way')
        return self

    @field_validator("retry")
    @classmethod
    def _some(cls, retry: tuple[timedelta, ...]) -> tuple[timedelta, ...]:
        if not retry:
            raise ValueError("needs at least one delay")
        return retry

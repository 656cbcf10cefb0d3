"""How many mails may go to one domain at once, and how many a minute: the rules, and what is under way.

A domain whose server is slow must not take all places: without a rule of its own it gets half of them when mail goes
straight to the recipients' servers. A smarthost sees to that itself, so there only the rules of the settings count.
"""

from collections.abc import Callable

from ...store.values import domain_of
from ..sections_outbound import OutboundSettings

_MINUTE = 60.0  # seconds


class Destinations:
    """Counts what is under way to each domain. `now` is in seconds and never goes back."""

    def __init__(self, settings: OutboundSettings, now: Callable[[], float]) -> None:
        self._rules = {rule.domain.lower(): rule for rule in settings.destination}
        self._usual = max(1, settings.connections // 2) if settings.route == "mx" else 0
        self._now = now
        self._under_way: dict[str, int] = {}
        self._next: dict[str, float] = {}  # when a domain with a rate gets its next mail

    def take(self, address: str) -> bool:
        """Take a place for a mail to `address`; False when it has to wait."""
        if not (self._usual or self._rules):
            return True
        domain = domain_of(address)
        if self._wait(domain):
            return False
        self._under_way[domain] = self._under_way.get(domain, 0) + 1
        rule = self._rules.get(domain)
        if rule and rule.per_minute:
            self._next[domain] = max(self._now(), self._next.get(domain, 0.0)) + _MINUTE / rule.per_minute
        return True

    def leave(self, address: str) -> None:
        """Give the place back. Once for each `take` that was True."""
        if not (self._usual or self._rules):
            return
        domain = domain_of(address)
        self._under_way[domain] -= 1
        if not self._under_way[domain]:
            del self._under_way[domain]

    def full(self) -> tuple[str, ...]:
        """Return the domains that get nothing more just now."""
        return tuple(sorted(domain for domain in {*self._under_way, *self._next} if self._wait(domain)))

    def waits(self, address: str) -> bool:
        """True where a mail to `address` has to wait just now."""
        return bool(self._usual or self._rules) and self._wait(domain_of(address))

    def soonest(self) -> float | None:
        """Return in how many seconds the next domain that waits for nothing but the clock gets a mail."""
        waits = [until - self._now() for until in self._next.values() if until > self._now()]
        return min(waits, default=None)

    def _wait(self, domain: str) -> bool:
        rule = self._rules.get(domain)
        most = (rule.connections if rule else 0) or self._usual
        if most and self._under_way.get(domain, 0) >= most:
            return True
        return self._next.get(domain, 0.0) > self._now()

"""Places and rates by domain: pure counting."""

import pytest
from parley.relay.outbound.destinations import Destinations
from parley.relay.settings import OutboundSettings
from pydantic import ValidationError

SLOW, OTHER = "Ann@Slow.example", "bob@other.example"


def destinations(now: list[float], **outbound: object) -> Destinations:
    return Destinations(OutboundSettings.model_validate(outbound), lambda: now[0])


def test_a_smarthost_gets_everything_unless_a_rule_says_otherwise() -> None:
    everything = destinations([0.0], connections=4)
    assert [everything.take(SLOW) for _ in range(9)] == [True] * 9
    assert (everything.full(), everything.soonest()) == ((), None)
    some = destinations([0.0], destination=[{"domain": "slow.example", "connections": 2}])
    assert [some.take(SLOW) for _ in range(3)] == [True, True, False]
    assert [some.take(OTHER) for _ in range(30)] == [True] * 30
    assert some.full() == ("slow.example",)
    some.leave(SLOW)
    assert some.full() == ()
    assert some.take(SLOW)


def test_by_mx_one_domain_has_half_of_the_places() -> None:
    all_of_them = destinations([0.0], route="mx", connections=5)
    assert [all_of_them.take(SLOW) for _ in range(3)] == [True, True, False]
    assert all_of_them.take(OTHER)
    assert all_of_them.full() == ("slow.example",)
    alone = destinations([0.0], route="mx", connections=1)
    assert [alone.take(SLOW), alone.take(SLOW)] == [True, False]


def test_a_rate_is_kept_evenly_and_never_made_up_for() -> None:
    now = [100.0]
    rated = destinations(now, destination=[{"domain": "slow.example", "per_minute": 6}])
    assert [rated.take(SLOW), rated.take(SLOW)] == [True, False]
    assert (rated.full(), rated.soonest()) == (("slow.example",), 10.0)
    now[0] = 110.0
    assert (rated.full(), rated.soonest()) == ((), None)
    now[0] = 1000.0  # a long pause
    assert [rated.take(SLOW), rated.take(SLOW)] == [True, False]
    rated.leave(SLOW)
    rated.leave(SLOW)
    assert not rated.take(SLOW)


@pytest.mark.parametrize(
    ("outbound", "words"),
    [
        ({"destination": [{"domain": "a.example"}, {"domain": "A.example"}]}, "same domain"),
        ({"destination": [{"domain": "a.example", "tls": "required"}]}, 'needs route = "mx"'),
        ({"destination": [{"domain": "a.example", "speed": 3}]}, "speed"),
        ({"private_networks": ["10.0.0.1/8"]}, "host bits"),
    ],
)
def test_wrong_rules_are_named(outbound: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        OutboundSettings.model_validate(outbound)

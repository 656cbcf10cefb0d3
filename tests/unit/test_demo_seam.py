"""What the demo's mail programs quote, the gateway cuts off again: nothing of the new text, all of the old."""

from datetime import UTC, datetime

import pytest
from parley.relay.demo.clients import Draft, original_of, subject_of, write
from parley.relay.demo.people import ANNA, CAMILLE, PEOPLE, Client, Person
from parley.relay.mail import read
from parley.threading.reply import visible_text

NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
WORDS = "Hello,\n\nthe seals stand 80 °C.\n\nBest\nAnna"
EARLIER = "Do the seals stand 80 °C in caustic?"


@pytest.mark.parametrize("first", Client)
@pytest.mark.parametrize("second", Client)
@pytest.mark.parametrize("person", PEOPLE[:2], ids=lambda person: person.key)
def test_the_new_text_is_found_again(first: Client, second: Client, person: Person) -> None:
    earlier = read(write(Draft(CAMILLE, (ANNA.email,), "Pumps", EARLIER, first, NOW)))
    original = original_of(earlier)
    subject = subject_of(original, second, forward=False)
    raw = write(Draft(person, (CAMILLE.email,), subject, WORDS, second, NOW, original))
    assert visible_text(raw).strip() == WORDS

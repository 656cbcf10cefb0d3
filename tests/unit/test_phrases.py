"""Many patterns looked for at once: a text that one of them matches is never passed over for want of a sign."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley.threading import banner, disclaimer
from parley.threading.phrases import Phrases, sign

TABLES = (*disclaimer._SUBJECTS, disclaimer._ITSELF, disclaimer._STRONG, banner._ACTS, banner._SELDOM)
PATTERNS = sorted({pattern for table in TABLES for pattern in table.patterns})

SIGNS = {
    "virus": "virus",
    "unauthori[sz]ed": "unauthori",
    "received (?:this|it).{0,30} in error": "received ",
    "print this e-?mail": "print this e",
    "e-?mail": "mail",
    r"- - disclaimer - -": "- - disclaimer - -",
    r"^\W*disclaimer\W*$": "disclaimer",
    "ab+cd*ef": "ab",
    "ab{2,3}cde": "cde",
    r"a\.b\bcd": "a.b",
    "保密": "保密",
}


@pytest.mark.parametrize(("pattern", "letters"), SIGNS.items())
def test_the_sign_of_a_pattern(pattern: str, letters: str) -> None:
    assert sign(pattern) == letters


@pytest.mark.parametrize("pattern", ["one|two", "(?:one|two)", "[ab]x?", r"\w+", "ab?", ""])
def test_a_pattern_without_a_sign_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"alternatives|nothing"):
        sign(pattern)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_text_that_a_pattern_of_ours_matches_holds_its_sign(pattern: str) -> None:
    @given(st.from_regex(pattern))
    def holds(text: str) -> None:
        assert sign(pattern) in text

    holds()


@given(st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=5), st.data())
def test_what_is_found_is_what_the_patterns_find(patterns: list[str], data: st.DataObject) -> None:
    text = data.draw(st.one_of(st.text(), *map(st.from_regex, patterns)))
    assert Phrases(*patterns).found_in(text) == any(re.search(pattern, text) for pattern in patterns)

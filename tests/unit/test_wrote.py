"""The quick look for the verb of an attribution finds just what the slow one does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley.threading import markers
from parley.threading.attribution.tables import LANGUAGES, WROTE, says_wrote

VERBS = sorted({verb for words in LANGUAGES for verb in words.wrote})
AROUND = st.text(st.sampled_from(" \t:_-.aAzZ0ıſ"), max_size=4)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_as_written_and_as_telephones_write_it(verb: str) -> None:
    for text in (verb, verb.upper(), verb.replace("ı", "i"), verb.replace("…", " den 3. Mai "), f"x{verb}", f"{verb}x"):
        assert says_wrote(text) == bool(WROTE.search(text)), text


@given(AROUND, st.sampled_from([verb.replace("…", " at noon ") for verb in VERBS]), AROUND, st.booleans())
def test_the_same_answer_whatever_stands_around(before: str, verb: str, after: str, upper: bool) -> None:
    text = before + (verb.upper() if upper else verb) + after
    assert says_wrote(text) == bool(WROTE.search(text))


@given(st.text(st.characters(max_codepoint=127)))
def test_the_same_answer_on_any_ascii(text: str) -> None:
    assert says_wrote(text) == bool(WROTE.search(text))


@given(st.text(st.characters(max_codepoint=127)))
def test_the_letters_of_any_ascii(text: str) -> None:
    assert markers._bare(text) == markers._NOT_WORDS.sub("", text).casefold()

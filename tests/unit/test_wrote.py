"""The quick looks for the words of an attribution and of a telephone find just what the slow ones do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley.threading import markers
from parley.threading.attribution.tables import LANGUAGES, SENT_FROM, WROTE, says_sent_from, says_wrote

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


@given(st.text(st.sampled_from("aAIiİıſKKsSßẞΣσς ÉéЖж.,\u0301\u0307写道님이 작성より")), st.sampled_from(VERBS))
def test_the_same_answer_in_any_script(around: str, verb: str) -> None:
    for text in (around, f"{around} {verb.upper()}", f"{verb.title()}{around}", f"{around}{verb}: {around}"):
        assert says_wrote(text) == bool(WROTE.search(text)), text


@pytest.mark.parametrize("words", sorted({words for one in LANGUAGES for words in one.sent_from}))
def test_what_a_telephone_adds_is_found_as_by_the_slow_pattern(words: str) -> None:
    for text in (words, words.upper(), words.replace("ı", "I"), words.replace(" ", "\t"), f"x{words}", words[1:]):
        assert says_sent_from(text) == bool(SENT_FROM.match(text)), text


@given(st.text(st.characters(max_codepoint=127)))
def test_the_letters_of_any_ascii(text: str) -> None:
    assert markers._bare(text) == markers._NOT_WORDS.sub("", text).casefold()

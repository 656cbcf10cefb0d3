"""What a careful eye sees in a catalogue: nothing left in English, no markup, polite forms, the language's marks."""

import re
from pathlib import Path
from unicodedata import east_asian_width

import pytest
from babel.messages.pofile import read_po
from parley.relay.compose.i18n import FOLDER, SOURCE, languages
from parley.relay.errors import REPLIES

ROOT = Path(__file__).parents[2]
TRANSLATED = tuple(language for language in languages() if language != SOURCE)
PLACE = re.compile(r"%\(\w+\)[sd]")
LETTERS = re.compile(r"[^\W\d_]{2,}")

# Words that are spelled in this language as in English. Everywhere else a sentence like the original is left over.
SAME = {"fr": {"Date", "Signature", "Messages", "via"}, "es": {"No"}, "it": {"No"}, "pt": {"via"}}
UNITS = {"kB", "MB"}

WIDE = r"[\u3040-\u30ff\u4e00-\u9fff]"
# What must not be in a language's sentences, each with an example that it finds.
NEVER = {
    "de": {r"\b([Dd]u|[Dd]ein\w*|[Dd]ir|[Dd]ich|[Ee]uch|[Ee]uer\w*)\b": "dein Angebot", r"[\"']": "'Ja'"},
    "es": {r"\b([Tt]ú|[Tt]us?|[Tt]uy[oa]s?)\b": "tu mensaje", r"^[^¿]*\?": "Sí?", r"[\"']": '"sí"'},
    "fr": {r" [:;?!»]|« ": "Oui ?", r"'": "l'e-mail", r"\b([Tt]u|[Tt]on|[Tt]es)\b": "ton message"},
    "it": {r"\b([Tt]u|[Tt]u[oa]i?|[Tt]ue)\b": "il tuo messaggio", r"[\"']": "l'e-mail"},
    "pt": {r"\b([Tt]u|[Tt]eus?|[Tt]uas?|[Vv]ocês?)\b": "você", r"[\"']": "'sim'"},
    "ru": {r"\b([Тт]ы|[Тт]ебе|[Тт]ебя|[Тт]во\w+)\b": "твой ответ", r"[\"']": '"да"'},
    "zh": {rf"{WIDE}[,.;:?!]|[,.;:?!]{WIDE}": "您好!", rf"{WIDE}%|s{WIDE}": "向%(name)s发送", "你": "你的"},
    "ja": {rf"{WIDE}[,.;:?!]|[,.;:?!]{WIDE}": "はい.", rf"{WIDE}%|s{WIDE}": "%(name)sに", "あなた|君": "あなたの"},
}
EVERYWHERE = {
    r"[<>&{}]": "a & b",
    r"^\s|\s$": "a ",
    r"\.\.\.": "...",
    r"  ": "a  b",
    "\N{REPLACEMENT CHARACTER}": "\ufffd",
}


def sentences(language: str) -> list[tuple[str, str]]:
    """English and translated; what is not translated yet is left out."""
    found: list[tuple[str, str]] = []
    with (FOLDER / language / "parley.po").open("rb") as file:
        for message in read_po(file, locale=language):
            ids = message.id if isinstance(message.id, tuple | list) else [message.id]
            strings = message.string if isinstance(message.string, tuple | list) else [message.string]
            found += [(ids[-1], one) for one in strings if message.id and one]
    return found


@pytest.mark.parametrize("language", TRANSLATED)
def test_nothing_is_the_same_as_in_english(language: str) -> None:
    for english, translated in sentences(language):
        words = set(LETTERS.findall(PLACE.sub(" ", translated)))
        assert translated != english or words <= SAME.get(language, set()) | UNITS, english


@pytest.mark.parametrize("language", SAME)
def test_the_list_of_what_may_be_the_same_is_no_longer_than_it_must_be(language: str) -> None:
    same = [PLACE.sub(" ", english) for english, translated in sentences(language) if english == translated]
    assert SAME[language] <= {word for one in same for word in LETTERS.findall(one)}


@pytest.mark.parametrize("language", TRANSLATED)
def test_forms_and_marks_are_those_of_the_language(language: str) -> None:
    for pattern, example in (NEVER[language] | EVERYWHERE).items():
        assert re.search(pattern, example), "the pattern finds nothing"
        assert [one for _, one in sentences(language) if re.search(pattern, one)] == [], pattern


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_sentence_ends_as_the_original_does(language: str) -> None:
    """What leads to a list, a link or a text ends with a colon, a label with nothing."""
    for english, translated in sentences(language):
        end, own = (PLACE.sub("x", one)[-1].translate(str.maketrans("。：", ".:")) for one in (english, translated))
        assert (end == ":") == (own == ":"), translated
        assert (own == ".") == (end == ".") or end == "?", translated  # a Japanese question may end with a full stop


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_is_put_before_a_subject_leaves_room_for_it_on_a_phone(language: str) -> None:
    """Phones show some 40 columns of a subject; a wide character takes two."""
    leads = [one.removesuffix("%(subject)s") for _, one in sentences(language) if one.endswith("%(subject)s")]
    assert len(leads) >= 8
    assert [one for one in leads if sum(1 + (east_asian_width(char) in "WF") for char in one) > 32] == []


@pytest.mark.parametrize("language", ["ru", "zh", "ja"])
def test_letters_are_those_of_the_language(language: str) -> None:
    script = {"ru": "[а-яё]", "zh": "[\u4e00-\u9fff]", "ja": "[\u3040-\u30ff\u4e00-\u9fff]"}[language]
    for english, translated in sentences(language):
        bare = set(LETTERS.findall(PLACE.sub(" ", english))) - UNITS
        assert not bare or re.search(script, translated, re.IGNORECASE), english


def test_what_programs_read_stays_english() -> None:
    """SMTP answers are for the sending server and its logs; RFC 5321 section 4.2: in US-ASCII."""
    assert all(str(reply.text).isascii() for reply in REPLIES)
    for folder in ("inbound", "outbound", "cli"):
        for path in (ROOT / "relay" / folder).rglob("*.py"):
            assert "gettext" not in path.read_text(encoding="utf-8"), path

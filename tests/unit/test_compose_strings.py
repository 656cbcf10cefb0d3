"""Every word of ours in every language that is spoken here, in step with the sources, and nothing left in English."""

import operator
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po
from parley.relay.compose.frame import marker
from parley.relay.compose.i18n import SOURCE, languages, words_for
from parley.tests.compose_cast import all_mails
from parley.threading.reply import MARKERS, split

ROOT = Path(__file__).parents[2]
STRINGS = ROOT / "templates" / "strings"
TRANSLATED = tuple(language for language in languages() if language != SOURCE)
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


@cache
def in_sources() -> frozenset[str]:
    """All English strings that are marked for translation."""
    with (STRINGS / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    keywords = DEFAULT_KEYWORDS | {"say": None, "counted": (2, 3)}
    found = extract_from_dir(ROOT, methods, options, keywords=keywords, strip_comment_tags=False)  # pyright: ignore[reportArgumentType]
    return frozenset(text for _, _, ids, _, _ in found for text in ([ids] if isinstance(ids, str) else ids) if text)


@cache
def catalogue(language: str) -> Catalog:
    with (STRINGS / language / "parley.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def messages(language: str) -> Iterator[tuple[str, str, Message]]:
    """English, translated and the message itself; each plural form on its own."""
    for message in catalogue(language):
        ids = message.id if isinstance(message.id, tuple | list) else [message.id]
        strings = message.string if isinstance(message.string, tuple | list) else [message.string]
        for number, translated in enumerate(strings):
            if message.id:
                yield ids[min(number, len(ids) - 1)], translated or "", message


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_catalogue_is_in_step_with_the_sources(language: str) -> None:
    known = {text for message in catalogue(language) if message.id for text in _ids(message)}
    assert in_sources() - known == set(), "run scripts/strings"
    assert known - in_sources() == set(), "run scripts/strings"
    assert not catalogue(language).obsolete


def _ids(message: Message) -> list[str]:
    return list(message.id) if isinstance(message.id, tuple | list) else [message.id]


@pytest.mark.parametrize("language", TRANSLATED)
def test_nothing_is_left_to_translate(language: str) -> None:
    assert [english for english, translated, message in messages(language) if not translated or message.fuzzy] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_placeholders_are_the_same(language: str) -> None:
    for english, translated, _ in filter(operator.itemgetter(1), messages(language)):
        assert sorted(PLACEHOLDER.findall(translated)) == sorted(PLACEHOLDER.findall(english)), english
        assert translated.replace("%%", "").count("%") == len(PLACEHOLDER.findall(translated)), english


@pytest.mark.parametrize("language", languages())
def test_every_mail_can_be_made_in_every_language(language: str) -> None:
    for kind, mail in all_mails(language).items():
        assert mail.language == language
        assert f'lang="{language}"' in mail.html or kind == "operator"


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_english_is_left_in_a_mail(language: str) -> None:
    """No piece of an English sentence of ours, and no template's own text, in any translated mail."""
    pieces = {
        piece.strip()
        for english, translated, _ in messages(language)
        for piece in PLACEHOLDER.split(english)
        if len(piece.strip()) > 6 and piece.strip() not in translated
    }
    for kind, mail in all_mails(language).items():
        shown = " ".join(f"{mail.subject} {mail.from_.name} {mail.text} {re.sub('<[^>]*>', ' ', mail.html)}".split())
        assert [piece for piece in pieces if piece in shown] == [], kind


def test_templates_hold_no_words_outside_of_translation() -> None:
    for path in sorted((ROOT / "templates" / "mail").glob("*.[ht]*t*")):
        bare = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<!--.*?-->|<[^>]*>|&\w+;", "", path.read_text(), flags=re.S)
        assert not re.search(r"[^\W\d_]{2,}", bare), f"{path.name}: {bare.split()}"


@pytest.mark.parametrize("language", languages())
def test_the_marker_line_is_known_to_the_splitter_of_replies(language: str) -> None:
    line = marker(words_for(language))
    assert MARKERS[language].strip("#- ") in line
    reply = split(f"Yes, please send it.\n\nBest regards\n\n{line}\n\nwhat was quoted\n", "plain")
    assert reply.decided_by == "marker"
    assert reply.text.startswith("Yes, please send it.")
    assert "quoted" not in reply.text

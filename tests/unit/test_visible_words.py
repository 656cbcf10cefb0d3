"""No word of ours reaches anybody untranslated: mails are made in a language of brackets, and all templates read."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from parley.relay.business_hours import read_hours
from parley.relay.compose.i18n import FOLDER, languages, words_for
from parley.relay.compose.reasons import REASONS
from parley.relay.compose.response_words import counted_line, response_line
from parley.tests.brackets import WORD, bracketed, shown, speaking_brackets, unbracketed
from parley.tests.every_mail import Cast, cases, every_mail

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "templates"
MARKED = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<!--.*?-->|<!doctype[^>]*>|&\w+;", re.DOTALL | re.IGNORECASE)
READ_ALOUD = re.compile(r'\b(?:title|alt|placeholder|label|aria-[a-z]*label|aria-description)="([^"]*)"')
HOSTILE = (
    "{{ 7 * 7 }} {% for x in y %} {# #}",
    "%(name)s %s %% %(place)d",
    '"><script>alert(1)</script>',
    "\u202egnp.exe\u2066 \x00\x1b[31m\u2028",
    "\ud800 lone",
    "x" * 300,
)


def words_of_mails() -> set[str]:
    """All sentences of ours that stand in the code and templates of mails."""
    with (FOLDER / "fr" / "parley.po").open("rb") as file:
        found = [
            message.id[-1] if isinstance(message.id, tuple | list) else message.id
            for message in read_po(file)
            if any(str(path).startswith(("relay/compose/", "templates/mail/")) for path, _ in message.locations)
            and not any(str(path).endswith("response_words.py") for path, _ in message.locations)
        ]
    return {*filter(None, found)}


def test_no_word_of_a_mail_is_outside_of_translation() -> None:
    with speaking_brackets() as catalogue:
        for name, mail in every_mail(Cast("en", WORD)):
            text = f"{mail.subject} {mail.from_.name}\n{mail.text}"
            assert unbracketed(text) == [], name
            assert not mail.html or unbracketed(shown(mail.html)) == [], name
    assert words_of_mails() - catalogue.seen == set(), "tests/every_mail.py does not make the mail that says this"


@pytest.mark.parametrize("stopped_by", [None, "message", "phone", "decline"])
def test_no_word_of_the_response_clock_is_outside_of_translation(stopped_by: str | None) -> None:
    hours = read_hours(("mon", "tue", "fri"), ("09:00-12:00",), "UTC", (date(2026, 12, 25),))
    with speaking_brackets():
        words = words_for("en")
        said = f"{response_line(words, stopped_by, timedelta(hours=3))} {counted_line(words, hours)}"
    assert unbracketed(said) == []


def test_what_the_brackets_find() -> None:
    with speaking_brackets() as catalogue:
        assert bracketed("Sent to %(name)s.") == "⟦Sent to ⟧%(name)s⟦.⟧"
        assert unbracketed(catalogue.gettext("Decline") + " Take it back ⟦x⟧ 2026年, a@b.example UTC") == [
            "Take",
            "it",
            "back",
        ]
        assert catalogue.seen == {"Decline"}
    assert unbracketed(shown('<p title="Two words">⟦x⟧<img alt="Three"><style>p {}</style>')) == [
        "Two",
        "words",
        "Three",
    ]


@pytest.mark.parametrize(
    "path", sorted([*TEMPLATES.glob("mail/*.[ht]*t*"), *TEMPLATES.glob("page/*.html")]), ids=lambda path: path.name
)
def test_a_template_holds_no_words_outside_of_translation(path: Path) -> None:
    source = MARKED.sub("", path.read_text(encoding="utf-8"))
    source = re.sub(r"<(style|script)\b.*?</\1>", "", source, flags=re.DOTALL)
    read_aloud = " ".join(READ_ALOUD.findall(source))
    assert re.findall(r"[^\W\d_]{2,}", f"{re.sub('<[^>]*>', ' ', source)} {read_aloud}") == []


def test_the_script_of_the_page_shows_no_words_of_its_own() -> None:
    script = re.sub(
        r"//[^\n]*|/\*.*?\*/", "", (TEMPLATES / "static" / "page.js").read_text(encoding="utf-8"), flags=re.DOTALL
    )
    strings = re.findall(r'"([^"\n]*)"|\'([^\'\n]*)\'|`([^`]*)`', script)
    assert [one for found in strings for one in found if re.search(r"[A-Z][a-z]+ [a-z]+", one)] == []


@pytest.mark.parametrize(
    ("language", "word"), [("en", ""), *((language, " ".join(HOSTILE)) for language in languages())]
)
def test_every_mail_can_be_made_in_every_language_of_any_words(language: str, word: str) -> None:
    """With StrictUndefined, so a name that a template misses is an error."""
    names: set[str] = set()
    for name, mail in every_mail(Cast(language, word)):
        names.add(name)
        assert mail.language == language
        assert f'lang="{language}"' in mail.html or name == "operator"
        assert "<script" not in mail.html
        assert "\u202e" not in mail.subject
        assert mail.text.strip()
    assert len(names) > 80


def test_the_variants_come_from_the_code() -> None:
    assert {"closed", "no_number", "nothing_to_undo", "?"} <= set(cases("cannot_line"))
    assert {"inquiry.declined", "phone.shown"} <= set(cases("done_lead", "news_lead"))
    assert len(REASONS) == 9

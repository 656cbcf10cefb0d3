"""Templates put together when they are loaded say what jinja itself would make of them."""

from pathlib import Path

import pytest
from jinja2 import BaseLoader, DictLoader, Environment, select_autoescape
from parley.relay.compose import loading
from parley.relay.compose.i18n import Words, words_for
from parley.relay.compose.plain import wrap
from parley.tests.compose_cast import PLACE

TEMPLATES = {
    "sheet.txt": "Top\n{% block words %}\nold\n{% endblock %}\n  {% block way %}\nway {{ name }}\n{% endblock %}\nE\n",
    "layout.txt": '{% extends "sheet.txt" %}\n{% block way %}\n{% set label = "L" %}\n{% include "button.txt" %}\n\n'
    "{{ super() }}\n{% endblock %}\n",
    "button.txt": "[{{ label }}]\n",
    "leaf.txt": '{% extends "layout.txt" %}\n{% block words %}\n{% if name %}\nHi {{ name }}\n{% endif %}\n'
    "{% endblock %}\n",
    "twice.txt": '{% extends "leaf.txt" %}\n{% block way %}\n({{ super() }})\n{% endblock %}\n',
}


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("value", ["Jean", ""])
def test_it_is_what_jinja_makes_of_the_files(
    name: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file, source in TEMPLATES.items():
        (tmp_path / file).write_text(source)
    monkeypatch.setattr(loading, "FOLDER", tmp_path)
    ours = Environment(loader=loading.ReadyLoader(words_for("en")), trim_blocks=True, lstrip_blocks=True)
    jinjas = Environment(loader=DictLoader(TEMPLATES), trim_blocks=True, lstrip_blocks=True)
    values = {"name": value, "label": "outside"}
    assert ours.get_template(name).render(values) == jinjas.get_template(name).render(values)


SENTENCES = {
    "without places": '{{ _("Leave this conversation") }}',
    "with places": '{{ _("%(writer)s wrote this to you on %(place)s.", writer=name, place=shop.name) }}',
    "wrapped": '{{ _("%(writer)s wrote this to you on %(place)s.", writer=name, place=shop.name)|wrap }}\n\nEnd\n',
    "of markup": '{% set shown %}<b>{{ name }}</b>{% endset %}{{ _("Help: %(where)s 100 %%", where=shown) }}',
    "not a plain value": '{{ _("%(what)s:", what=_("Leave this conversation")) }}|{{ _("a %(n)s", n=name ~ "!") }}',
}
VALUES = ("Jean", "<b>&amp; {{ name }} {% if %}", "%(place)s %s", "a word " * 30, "")


@pytest.mark.parametrize(
    ("sentence", "ending"),
    [(name, ending) for name in SENTENCES for ending in ("txt", "html") if (name, ending) != ("wrapped", "html")],
)
@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("language", ["en", "de", "ja"])
def test_a_sentence_translated_beforehand_says_what_jinja_would_say(
    sentence: str, value: str, ending: str, language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f"a.{ending}").write_text(SENTENCES[sentence])
    (tmp_path / "mail.css").write_text("")
    monkeypatch.setattr(loading, "FOLDER", tmp_path)
    words = words_for(language)
    loader = loading.ReadyLoader(words)
    ours, jinjas = (_environment(one, words) for one in (loader, DictLoader({f"a.{ending}": SENTENCES[sentence]})))
    values = {"name": value, "shop": PLACE}
    assert ours.get_template(f"a.{ending}").render(values) == jinjas.get_template(f"a.{ending}").render(values)


def _environment(loader: BaseLoader, words: Words) -> Environment:
    """As mails are made in, see render.py."""
    made = Environment(
        loader=loader,
        autoescape=select_autoescape(("html",)),
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.filters["wrap"] = wrap
    made.install_gettext_translations(words.catalogue, newstyle=True)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    return made


@pytest.mark.parametrize("name", ["relayed.txt", "relayed.html"])
def test_in_most_mails_no_sentence_is_left_to_translate(name: str) -> None:
    loader = loading.ReadyLoader(words_for("de"))
    assert "_(" not in loader.get_source(Environment(loader=loader), name)[0]


def test_a_translation_that_jinja_would_read_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = '{{ _("Leave {{ this }} conversation") }}'
    (tmp_path / "a.txt").write_text(source)
    monkeypatch.setattr(loading, "FOLDER", tmp_path)
    loader = loading.ReadyLoader(words_for("en"))
    assert loader.get_source(Environment(loader=loader), "a.txt")[0] == source

"""Templates put together when they are loaded say what jinja itself would make of them."""

from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment
from parley.relay.compose import loading
from parley.relay.compose.i18n import words_for

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


def test_a_sentence_is_translated_once_and_one_that_jinja_would_read_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_text('{{ _("Leave this conversation") }}|{{ _("Hello %(name)s", name=name) }}')
    monkeypatch.setattr(loading, "FOLDER", tmp_path)
    loader = loading.ReadyLoader(words_for("de"))
    source = loader.get_source(Environment(loader=loader), "a.txt")[0]
    assert source == words_for("de").gettext("Leave this conversation") + '|{{ _("Hello %(name)s", name=name) }}'

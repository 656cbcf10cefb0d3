"""Mail templates made ready when they are loaded, once for each language, so that a mail has only its own to fill in.

Styles are written into the tags (inlining.py), what a template extends and includes is put together, and sentences
are translated, their places becoming values of the template. The files stay ordinary jinja: blocks, `super()`,
`include`, `_()`.
"""

import re
from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from .i18n import Words
from .inlining import inlined
from .plain import wrap

FOLDER = Path(__file__).parents[2] / "templates" / "mail"

_EXTENDS = re.compile(r'\{% extends "([^"]+)" %\}')
_INCLUDE = re.compile(r'\{% include "([^"]+)" %\}')
_BLOCK = re.compile(r"\{% block (\w+) %\}(.*?)\{% endblock %\}", re.DOTALL)
_SUPER = "{{ super() }}"
# A place where another text was put in: to jinja's rules for blanks it is what stood there, a statement or a value.
_OPEN, _CLOSE, _CLOSE_VALUE = "{% if true %}", "{% endif %}", "{% endif +%}"
_SENTENCE = re.compile(r'\{\{ _\("((?:[^"\\%]|%%|%\(\w+\)s)*)"((?:, \w+=[\w.]+)*)\)(\|wrap)? \}\}')
_PLACE = re.compile(r"(\w+)=([\w.]+)")


class ReadyLoader(FileSystemLoader):
    """Loads from templates/mail; `var(--brand)` in the style sheet becomes the value `palette.brand`."""

    def __init__(self, words: Words) -> None:
        super().__init__(FOLDER)
        self._words = words

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """Return source, file and freshness, for jinja2. Raises TemplateNotFound."""
        _, file, uptodate = super().get_source(environment, template)
        return _translated(self._whole(environment, template), self._words), file, uptodate

    def _whole(self, environment: Environment, template: str) -> str:
        """A template with what it extends and includes in it."""
        source = self._piece(environment, template)
        blocks: dict[str, str] = {}
        while extends := _EXTENDS.search(source):
            _override(blocks, source)
            source = self._piece(environment, extends[1])
        _override(blocks, source)
        return _BLOCK.sub(lambda match: _OPEN + blocks[match[1]] + _CLOSE, source)

    def _piece(self, environment: Environment, template: str) -> str:
        """One file, its styles written into its tags, with what it includes."""
        source, _, _ = super().get_source(environment, template)
        if template.endswith(".html"):
            source = inlined(source, (FOLDER / "mail.css").read_text(encoding="utf-8"))
        # jinja leaves the last line end of a file out.
        return _INCLUDE.sub(
            lambda match: _OPEN + self._piece(environment, match[1]).removesuffix("\n") + _CLOSE, source
        )


def _override(blocks: dict[str, str], parent: str) -> None:
    """Take the blocks of a template that a more special one does not have, or wants in its own by `super()`."""
    for name, body in _BLOCK.findall(parent):
        blocks[name] = blocks[name].replace(_SUPER, _OPEN + body + _CLOSE_VALUE) if name in blocks else body


def _translated(source: str, words: Words) -> str:
    """A template with its `{{ _("…", name=value) }}` in this language; the values are escaped like all others."""

    def say(match: re.Match[str]) -> str:
        text = words.catalogue.gettext(match[1])
        if "{{" in text or "{%" in text or "{#" in text:
            return match[0]  # it would be read as jinja
        places = {name: f"{{{{ {value} }}}}" for name, value in _PLACE.findall(match[2])}
        filled = text % places
        if not match[3]:
            return filled
        return f"{{% filter wrap %}}{filled}{{% endfilter +%}}" if places else wrap(filled)

    return _SENTENCE.sub(say, source)

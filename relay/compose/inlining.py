"""Mail templates made ready when they are loaded, once: styles written into each tag, as mail programs want them, and
the sentences that have no places filled in in the reader's language already.

The style inliner reads HTML, not jinja. So every piece of jinja is put away first, as a comment where it is a
statement (allowed everywhere, even between the rows of a table) and as a word where it is a value, and put back after.
A statement must therefore not stand inside a tag, and a loop over rows needs its own <tbody>.
"""

import re
from collections.abc import Callable
from pathlib import Path

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader

from .i18n import Words
from .plain import wrap

FOLDER = Path(__file__).parents[2] / "templates" / "mail"

_COMMENT = re.compile(r"\{#.*?#\}\s*", re.DOTALL)
_JINJA = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_KEPT = re.compile(r"<!--kept(\d+)-->|kept(\d+)tpek")
_SENTENCE = re.compile(r'\{\{ _\("((?:[^"\\%]|%%)*)"\)(\|wrap)? \}\}')
_VARIABLE = re.compile(r"var\(--([a-z-]+)\)")


class ReadyLoader(FileSystemLoader):
    """Loads from templates/mail; `var(--brand)` in the style sheet becomes the value `palette.brand`."""

    def __init__(self, words: Words) -> None:
        super().__init__(FOLDER)
        self._words = words

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """Return source, file and freshness, for jinja2. Raises TemplateNotFound."""
        source, file, uptodate = super().get_source(environment, template)
        if template.endswith(".html"):
            source = inlined(source, (FOLDER / "mail.css").read_text(encoding="utf-8"))
        return translated(source, self._words), file, uptodate


def translated(source: str, words: Words) -> str:
    """Return a template with its `{{ _("…") }}` in this language; sentences with places are left to each mail."""

    def say(match: re.Match[str]) -> str:
        text = words.catalogue.gettext(match[1]) % {}
        if "{{" in text or "{%" in text or "{#" in text:
            return match[0]  # it would be read as jinja
        return wrap(text) if match[2] else text

    return _SENTENCE.sub(say, source)


def inlined(source: str, css: str) -> str:
    """Return a template with `css` in the style attributes of its tags; media rules stay in a style element."""
    kept: list[str] = []

    def put_away(match: re.Match[str]) -> str:
        kept.append(match[0])
        return f"<!--kept{len(kept) - 1}-->" if match[0].startswith("{%") else f"kept{len(kept) - 1}tpek"

    html = _JINJA.sub(put_away, _COMMENT.sub("", source))
    inliner = CSSInliner(extra_css=css, keep_at_rules=True, load_remote_stylesheets=False)
    html = inliner.inline(html) if "<html" in html else inliner.inline_fragment(html, css)
    html = _VARIABLE.sub(lambda match: "{{ palette." + match[1].replace("-", "_") + " }}", html)
    return _KEPT.sub(lambda match: kept[int(match[1] or match[2])], html)

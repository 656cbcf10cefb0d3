"""Mail templates filled in: the words of one mail as text and as HTML, in one language.

A name that a template uses and nobody gave is an error, never a blank. Values are escaped in `.html`; only what
relay/mail/html.py made safe goes in as it is.
"""

from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, StrictUndefined, Template, select_autoescape

from .i18n import Words, words_for
from .loading import ReadyLoader
from .plain import wrap


@dataclass(frozen=True, slots=True)
class Body:
    """The words of a mail, twice."""

    text: str
    html: str


def render(template: str, words: Words, **values: object) -> Body:
    """Return templates/mail/`template`.txt and .html filled with `values`. Raises jinja2.TemplateError."""
    html = _template(words.language, f"{template}.html").render(values)
    return Body(render_text(template, words, **values), html.strip("\n") + "\n")


def render_text(template: str, words: Words, **values: object) -> str:
    """Return templates/mail/`template`.txt filled with `values`, without blank lines around it."""
    return _template(words.language, f"{template}.txt").render(values).strip("\n") + "\n"


@cache
def _template(language: str, name: str) -> Template:
    return _environment(language).get_template(name)


@cache
def _environment(language: str) -> Environment:
    """One environment a language; each template is loaded and compiled once in it."""
    environment = Environment(
        loader=ReadyLoader(words_for(language)),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    environment.filters["wrap"] = wrap
    catalogue = words_for(language).catalogue
    # The i18n extension adds this method at run time. "newstyle" escapes the values put into a translation.
    environment.install_gettext_translations(catalogue, newstyle=True)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    return environment

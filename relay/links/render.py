"""Page templates filled in, in one language. A name that a template uses and nobody gave is an error, never a blank."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ..compose.i18n import Words, words_for

TEMPLATES = Path(__file__).parents[2] / "templates"


def render(template: str, words: Words, **values: object) -> str:
    """Return templates/page/`template` filled with `values`; every value is escaped. Raises jinja2.TemplateError."""
    return _environment(words.language).get_template(template).render(values, language=words.language)


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES / "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    words = words_for(language)
    # Added by the i18n extension at run time.
    environment.install_gettext_translations(words.catalogue, newstyle=True)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    return environment

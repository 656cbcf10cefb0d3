"""Page templates filled in, in one language. A name that a template uses and nobody gave is an error, never a blank."""

from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ..compose.i18n import Words, words_for

_PIECE = 16_384  # characters
TEMPLATES = Path(__file__).parents[2] / "templates"


def render(template: str, words: Words, **values: object) -> str:
    """Return templates/page/`template` filled with `values`; every value is escaped. Raises jinja2.TemplateError."""
    return _environment(words.language).get_template(template).render(values, language=words.language)


async def render_slices(template: str, words: Words, **values: object) -> AsyncIterator[str]:
    """Give the same page piece by piece; a value may be an async iterator, which is read as the page goes on."""
    ready: list[str] = []
    size = 0
    page = _environment(words.language, slices=True).get_template(template)
    async for text in page.generate_async(values, language=words.language):
        ready.append(text)
        size += len(text)
        if size >= _PIECE:
            yield "".join(ready)
            ready, size = [], 0
    yield "".join(ready)


@cache
def _environment(language: str, *, slices: bool = False) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES / "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        enable_async=slices,
        extensions=["jinja2.ext.i18n"],
    )
    words = words_for(language)
    # Added by the i18n extension at run time.
    environment.install_gettext_translations(words.catalogue, newstyle=True)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    return environment

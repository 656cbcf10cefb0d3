"""Mail templates with their styles written into each tag, as mail programs want them: done once, when one is loaded.

The style inliner reads HTML, not jinja. So every piece of jinja is put away first, as a comment where it is a
statement (allowed everywhere, even between the rows of a table) and as a word where it is a value, and put back after.
A statement must therefore not stand inside a tag, and a loop over rows needs its own <tbody>.
"""

import re

from css_inline import CSSInliner

_COMMENT = re.compile(r"\{#.*?#\}\s*", re.DOTALL)
_JINJA = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_KEPT = re.compile(r"<!--kept(\d+)-->|kept(\d+)tpek")
_VARIABLE = re.compile(r"var\(--([a-z-]+)\)")


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

"""What may be in the HTML of ours: the lists, and a writer that writes nothing else.

The writer is a target of lxml's parser. Of what the parser finds only the known is written anew: allowed elements,
each of them closed, allowed attributes, each of them quoted. No later reader can see another tree in that, and
nothing in it can cost much: a parser by the HTML standard opens formatting elements again in every paragraph and
moves what is misplaced in a table, both in quadratic time, so there are few of the first and none of the second.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


FORMATTING_DEPTH = 8  # of formatting elements inside each other; more change nothing that could be seen

# Elements that a parser opens again after a misplaced end (HTML standard, section 13.2.4.3).
_FORMATTING = _set("a b big code em font i s small strike strong tt u")
_EMPTY = _set("br hr img wbr col")
_BLOCKS = _set("blockquote caption center dd div dl dt figcaption figure h1 h2 h3 h4 h5 h6 li ol p pre td th ul")
_WORDS = _set("abbr bdi bdo cite colgroup del dfn ins kbd mark q samp span sub sup var")
_TABLE = _set("table thead tbody tfoot tr")
_IN_TABLE = _set("caption col colgroup thead tbody tfoot tr td th")
TAGS = _FORMATTING | _EMPTY | _BLOCKS | _WORDS | _TABLE
_AS_DIV = _set("address article aside body dialog fieldset footer form header hgroup main nav section")
# Left out with all that is in them. No empty element may be here: what follows it would be taken for its content.
UNSEEN = _set("iframe noembed noframes script style svg template title xml")

_EVERYWHERE = _set("dir lang style")
_ALIGN = _set("align")
_CELL = _set("align bgcolor colspan height nowrap rowspan scope valign width")
_OWN = {
    "a": _set("href title"),
    "abbr": _set("title"),
    "blockquote": _set("type"),  # type="cite": how clients mark a quotation
    "col": _set("span width"),
    "colgroup": _set("span width"),
    "font": _set("color face size"),
    "img": _set("alt height src title width"),
    "li": _set("value"),
    "ol": _set("start type"),
    "table": _set("align bgcolor border cellpadding cellspacing width"),
    "td": _CELL,
    "th": _CELL,
    "tr": _set("align bgcolor valign"),
    **dict.fromkeys(_set("div h1 h2 h3 h4 h5 h6 p"), _ALIGN),
}
ATTRIBUTES = {tag: _EVERYWHERE | _OWN.get(tag, frozenset()) for tag in TAGS}
SCHEMES = _set("http https mailto tel cid")
_LINK = re.compile(r"(?:https?://|mailto:|tel:)[^\x00-\x20]", re.IGNORECASE)
_PICTURE = re.compile(r"cid:[\w.!#$%&*+/=@^{}~-]+", re.ASCII | re.IGNORECASE)

# Nothing that fetches (url), hides what is ours (position, negative margins) or leaves its place (float, z-index).
STYLES = _set(
    "background-color border border-bottom border-collapse border-color border-left border-radius border-right "
    "border-spacing border-style border-top border-width color direction font font-family font-size font-style "
    "font-variant font-weight height letter-spacing line-height list-style-type margin margin-bottom margin-left "
    "margin-right margin-top max-width padding padding-bottom padding-left padding-right padding-top text-align "
    "text-decoration text-indent text-transform vertical-align white-space width word-break word-wrap"
)
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_COLOUR = re.compile(r"\b(?:rgb|hsl)a?\([\d\s.,%/]*\)", re.IGNORECASE)
_PLAIN = re.compile(r"[\w\s#.,%+!/-]*")
_FAR = re.compile(r"(?<![#\w])\d{4}")  # a length out of all proportion


@dataclass(frozen=True, slots=True)
class _Element:
    """An open element: the tag it was written with, "" for one that was left out."""

    written: str = ""
    hidden: bool = False


class SafeWriter:
    """Target of lxml's parser: gets the events, writes what is known."""

    def __init__(self) -> None:
        self.depth = 0  # the deepest nesting seen
        self._pieces: list[str] = []
        self._open = [_Element()]
        self._written: list[str] = []  # the tags that are open in what was written
        self._formatting = 0  # how many of them are formatting elements

    def html(self) -> str:
        """Everything written."""
        return "".join(self._pieces)

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element opens."""
        hidden = self._open[-1].hidden or tag in UNSEEN or bool(_HIDDEN.search(attributes.get("style", "")))
        tag = "div" if tag in _AS_DIV and self._open[2:] else tag
        kept = safe_attributes(tag, attributes)
        if tag == "img" and "src" not in kept and not hidden:
            self.data(attributes.get("alt", ""))
            hidden = True
        written = "" if hidden or not self._fits(tag) else tag
        if written:
            self._pieces.append(_start_tag(written, kept))
        if tag in _EMPTY:
            return
        if written:
            self._written.append(written)
            self._formatting += written in _FORMATTING
        self._open.append(_Element(written, hidden))
        self.depth = max(self.depth, len(self._open))

    def end(self, tag: str) -> None:
        """An element ends; the parser closes all of them, in order."""
        if tag in _EMPTY:
            return
        written = self._open.pop().written
        if written:
            self._pieces.append(f"</{written}>")
            self._written.pop()
            self._formatting -= written in _FORMATTING

    def data(self, text: str) -> None:
        """Text, with character references resolved."""
        if not self._open[-1].hidden:
            self._pieces.append(escape(text, quote=False))

    def comment(self, text: str) -> None:
        """Comments are left out."""

    def close(self) -> None:
        """All events are in."""

    def _fits(self, tag: str) -> bool:
        """Whether `tag` may be written at this place."""
        if tag not in TAGS or (tag in _FORMATTING and self._formatting >= FORMATTING_DEPTH):
            return False
        if tag == "a" and "a" in self._written:
            return False
        above = self._written[-1] if self._written else ""
        return tag in _IN_TABLE or above not in _TABLE


def _start_tag(tag: str, attributes: dict[str, str]) -> str:
    written = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
    return f"<{tag}{written}>"


def safe_attributes(tag: str, attributes: Mapping[str, str]) -> dict[str, str]:
    """What an element keeps of its attributes; those without a value go."""
    names = sorted(ATTRIBUTES.get(tag, frozenset()) & attributes.keys())
    values = {name: _value(name, attributes[name].strip()) for name in names}
    return {name: value for name, value in values.items() if value}


def _value(name: str, value: str) -> str:
    """The value of an attribute, "" where it is not to be kept."""
    if name == "style":
        return safe_style(value)
    if name == "href":
        return value if _LINK.match(value) else ""
    if name == "src":
        return value if _PICTURE.fullmatch(value) else ""
    return value


def safe_style(style: str) -> str:
    """The declarations that are an allowed property with plain words, numbers and colours; names lose their quotes."""
    kept: list[str] = []
    for declaration in style.replace('"', "").replace("'", "").split(";"):
        name, _, value = declaration.partition(":")
        name, value = name.strip().lower(), value.strip()
        if name in STYLES and _is_harmless(name, value):
            kept.append(f"{name}:{value}")
    return ";".join(kept)


def _is_harmless(name: str, value: str) -> bool:
    """No function but a colour, nothing escaped, no negative margin, no length out of proportion."""
    plain = _COLOUR.sub("", value)
    if not value or not _PLAIN.fullmatch(plain) or _FAR.search(plain):
        return False
    return not (name.startswith("margin") and "-" in plain)

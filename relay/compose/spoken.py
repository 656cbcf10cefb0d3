"""A person's words as they go into our mail: untouched as text, made safe as HTML, with their pictures and files."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from html import unescape

from markupsafe import Markup

from ..mail.html import from_text, sanitise
from ..mail.sealed import Sealed
from ..mail.write import File
from .i18n import Words
from .letters import Said

_PICTURE = re.compile(r'(src=")cid:([^"]*)(")')  # as `sanitise` writes it
_PICTURE_IN_TEXT = re.compile(r"\[cid:([^\[\]\s]+)\]")  # as Outlook's text names a picture
_ONLY_IN_TEXT = re.compile(r"\[[^\[\]\n]*\]|\b(?:https?://|mailto:)\S*")  # what a text says of pictures and links
_TAG = re.compile(r"<[^<>]*>")
_WORD = re.compile(r"\w+")
_MOST_MISSING = 0.1
MOST_HTML = 80_000  # octets of a person's words in HTML: mail programs cut a mail off at 102 kB
_MOST_NAMES = 30  # files named in one mail
_BEGINNING = 600  # characters of a message that a notice shows again


@dataclass(frozen=True, slots=True)
class Spoken:
    """Words and files, ready for a template and a letter."""

    text: str
    html: Markup
    files: tuple[File, ...]
    sealed: Sealed | None = None
    cut: bool = False  # the HTML is only the beginning; the text is whole


def spoken(said: Said, words: Words, domain: str) -> Spoken:
    """Return what was said. Where there are no words it says so; HTML that lost some gives way to the text.

    `domain` is ours: a content id names the writer's own machine or domain, so it is made anew (R2).
    """
    if said.sealed:
        text = _sealed(said.sealed, words)
        return Spoken(text, Markup(from_text(text)), (), said.sealed)  # noqa: S704 (escaped by from_text)
    text = _without_content_ids(said).strip("\n")
    new = {file.content_id: _content_id(file, domain) for file in said.files if file.content_id}
    html = sanitise(said.html) if said.html else ""
    html = _PICTURE.sub(lambda match: f"{match[1]}cid:{new.get(unescape(match[2]), '')}{match[3]}", html)
    if not text.strip():
        text = _no_words(said, words) if "<img" not in html else ""
    if not _says_all(html, text):
        html = from_text(text)
    if cut := _octets(html) > MOST_HTML:
        html = _begun(text)
    files = tuple(replace(file, content_id=new.get(file.content_id, "")) for file in said.files)
    return Spoken(text, Markup(html), files, cut=cut)  # noqa: S704 (sanitised, or escaped by from_text)


def _begun(text: str) -> str:
    """The beginning of a text as HTML, as much as may stand in one mail."""
    most = MOST_HTML
    while _octets(html := from_text(text[:most].rsplit("\n", 1)[0] or text[:most])) > MOST_HTML:
        most //= 2
    return html


def _octets(html: str) -> int:
    return len(html.encode("utf-8", "replace"))


def listed(words: Words, names: Sequence[str]) -> str:
    """Return the names of files as a list in words; of very many the first."""
    if len(names) <= _MOST_NAMES:
        return words.listed(names)
    left = len(names) - _MOST_NAMES
    return words.listed([*names[:_MOST_NAMES], words.counted(left, "%(number)s more file", "%(number)s more files")])


def beginning(said: Said) -> Spoken:
    """Return the first lines of a message, by which its writer knows it again."""
    text = _without_content_ids(said).strip()
    if len(text) > _BEGINNING:
        text = text[:_BEGINNING].rsplit(maxsplit=1)[0] + " …"
    return Spoken(text, Markup(from_text(text)), ())  # noqa: S704 (escaped by from_text)


def _sealed(sealed: Sealed, words: Words) -> str:
    if sealed.seal == "signed":
        return words.gettext("(The message is signed. It follows here exactly as it was signed.)")
    return words.gettext("(The message is encrypted. It follows here; your mail program opens it with your key.)")


def _no_words(said: Said, words: Words) -> str:
    if said.files:
        return words.gettext("(No words, only what is attached.)")
    return words.gettext("(No new words. What was quoted is in the conversation.)")


def _says_all(html: str, text: str) -> bool:
    """True when the HTML holds the words of the text, but for the few that differ by a client's whim."""
    if not html:
        return False
    said = Counter(_WORD.findall(_ONLY_IN_TEXT.sub(" ", text)))
    missing = said - Counter(_WORD.findall(unescape(_TAG.sub(" ", html))))
    return missing.total() <= _MOST_MISSING * said.total()


def _without_content_ids(said: Said) -> str:
    """The text with its pictures named by their file names."""
    names = {file.content_id: file.name for file in said.files if file.content_id}
    return _PICTURE_IN_TEXT.sub(lambda match: f"[{names[match[1]]}]" if match[1] in names else match[0], said.text)


def _content_id(file: File, domain: str) -> str:
    """The same for the same picture, so that the mail is the same at each attempt."""
    return f"{sha256(file.data + file.content_id.encode('utf-8', 'replace')).hexdigest()[:24]}@{domain}"

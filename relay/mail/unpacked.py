"""Everything that somebody could read out of bytes: for finding what must not be in them.

Undoes, again and again, what mails, pages and documents wrap words in: base64, quoted-printable, encoded words,
entities, percent signs, charsets, tags, unseen characters, ZIP members, deflated streams of PDF. Bounded in depth and
in bytes; never raises. For checking only: slow, and it reads more into bytes than any program would.
"""

import io
import quopri
import re
import unicodedata
import zipfile
import zlib
from base64 import b64decode
from collections.abc import Collection, Iterator
from html import unescape
from urllib.parse import unquote

from .headers import decoded

_DEEPEST = 6
_MOST_BYTES = 30_000_000  # of all layers of one thing together
_MOST_MEMBERS = 300
_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{16,}={0,2}[ \t]*\r?\n?)+")
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_TAG = re.compile(r"<!--.*?-->|<[^<>]*>", re.DOTALL)
_FOLDED = re.compile(r"\r?\n[ \t]+")
_LINE_END = re.compile(r"\r?\n[ \t]*")
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8")
_CHARSETS = ("utf-8", "latin-1", "utf-16-le", "utf-16-be", "utf-7", "iso2022_jp")


# Format characters, which are not seen, and what may be a letter in another form (UAX 15, UAX 44).
_UNSEEN = {code: None for code in range(0x110000) if unicodedata.category(chr(code)) == "Cf"}
_SPECIAL = re.compile("[\xad\u0600-\u0605\u2000-\u214f\u2460-\u24ff\u3000-\u33ff\uf900-\uffff\U0001d400-\U0001d7ff]")


def holds(data: bytes, wanted: Collection[str]) -> frozenset[str]:
    """Return which of `wanted` can be read out of `data`, in any case and form."""
    looked_for = {_plain(one): one for one in wanted if one}
    found: set[str] = set()
    for layer in _layers(data):
        for text in _texts(layer):
            for view in _views(text):
                plain = _plain(view)
                found.update(one for folded, one in looked_for.items() if folded in plain)
        if len(found) == len(looked_for):
            break
    return frozenset(found)


def _plain(text: str) -> str:
    """Fold case and compatibility forms, and leave out what cannot be seen."""
    if not _SPECIAL.search(text):
        return text.lower()
    return unicodedata.normalize("NFKC", text.translate(_UNSEEN)).casefold()


def _layers(data: bytes) -> Iterator[bytes]:
    """Yield `data` and what is packed in it, layer by layer."""
    left = _MOST_BYTES
    waiting = [(data, 0)]
    seen: set[int] = set()
    while waiting and left > 0:
        layer, depth = waiting.pop()
        key = hash(layer)
        if key in seen:
            continue
        seen.add(key)
        left -= len(layer)
        yield layer
        if depth < _DEEPEST:
            waiting += [(inner, depth + 1) for inner in _inside(layer) if len(inner) > 5]


def _inside(data: bytes) -> Iterator[bytes]:
    if b"=" in data:
        plain = quopri.decodestring(data)
        if plain != data:
            yield plain
    for match in _BASE64.finditer(data):
        run = b"".join(match[0].split()).replace(b"=", b"")
        usable = run[: len(run) - (len(run) % 4 == 1)]
        yield b64decode(usable + b"=" * (-len(usable) % 4))
    if data[:2] == b"PK":
        yield from _members(data)
    if data[:4] == b"%PDF":
        for match in _STREAM.finditer(data):
            yield _inflated(match[1])


def _members(data: bytes) -> Iterator[bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist()[:_MOST_MEMBERS]:
                if member.file_size <= _MOST_BYTES // 10:
                    yield member.filename.encode("utf-8", "replace") + b"\n" + archive.read(member)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError, zlib.error):
        return  # no archive that anybody could read


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, _MOST_BYTES // 10)
    except zlib.error:
        return b""


def _texts(data: bytes) -> Iterator[str]:
    """Yield the text in each charset that would make another one of these bytes; of a picture, its plain letters."""
    if data.startswith(_PICTURES):
        yield data.decode("latin-1")
        return
    telling = {"utf-16-le": b"\0", "utf-16-be": b"\0", "utf-7": b"+", "iso2022_jp": b"\x1b"}
    for charset in _CHARSETS:
        if (charset == "latin-1" and data.isascii()) or telling.get(charset, b"") not in data:
            continue
        yield data.decode(charset, "ignore")


def _views(text: str) -> Iterator[str]:
    yield text
    if "\n " in text or "\n\t" in text:
        yield _FOLDED.sub("", text)
    if "=?" in text:
        yield decoded(text.encode("utf-8", "replace"))
    if "%" in text:
        yield unquote(text)
    if "&" in text or "<" in text:
        yield unescape(text)
        yield _LINE_END.sub("", unescape(_TAG.sub("", text)))

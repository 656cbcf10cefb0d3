"""`read`: the one way from the bytes of a mail to what it says.

Pure, never raises, linear. Over a limit it says less and tells so in `Mail.defects`; the bytes are kept
by the caller, so nothing is lost.
"""

import re
from collections.abc import Callable, Iterator
from hashlib import sha256
from html import escape

from . import body, charsets, flowed, headers, mime, tnef
from .asis import clean_base64
from .htmltext import html_to_text
from .mime import Part
from .model import Attachment, Mail, Measured
from .names import clean_file_name
from .sealed import Sealed, sealed

_META_CHARSET = re.compile(rb"<meta[^<>]{0,200}?charset\s{0,9}=\s{0,9}[\"']?([\w:.-]{1,40})", re.IGNORECASE)
_LARGE = 65_536  # octets; a file above it is measured
_BOILERPLATE = re.compile(rb"\bMIME\b|multi-?part", re.IGNORECASE)
_CID = re.compile(r"cid:([^\s\"'<>()]+)", re.IGNORECASE)


# A soft break inside a word on a short line: encoders break near column 76 (RFC 2045 6.7), or between words.
_COMMENT_IN_WORD = re.compile(rb"[\w@.]<!--[^<>]{0,200}-->[\w@.]")
_CUT_WORD = re.compile(rb"(?:\A|\n)[^\n]{0,50}[^\s=]=\r?\n[^\s=]")


def read(data: bytes) -> Mail:
    """`data` as it came over the wire or out of a file; any line ends, any damage."""
    return _Reading(data).mail()


def sealed_part(data: bytes) -> Sealed | None:
    """The part of a mail that is signed or encrypted and passes as it is, None where there is none."""
    return sealed(data, mime.parse(data)[0])


class _Reading:
    """One mail being read: its structure, its choice of parts, the defects met on the way."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.root, defects = mime.parse(data)
        self.defects = list(defects)
        self.choice = body.choose(self.root)
        self.hint = self._charset_hint()
        self._texts: dict[int, str] = {}

    def mail(self) -> Mail:
        html = self._html()
        text, from_html = self._text()
        if any(value.count(b"=?") > headers.WORDS for _, value in self.root.fields):
            self.defects.append("words")
        cids = frozenset(_CID.findall(html)) if self.choice.attachments else frozenset[str]()
        attachments = tuple(self._attachment(part, cids) for part in self.choice.attachments)
        return Mail(
            headers=tuple((name, headers.decoded(value, self.hint)) for name, value in self.root.fields),
            text=text,
            html=html,
            attachments=attachments,
            unpacked=tuple(_unpacked(attachments)),
            raw_headers=self.root.fields,
            text_from_html=from_html,
            seal=found.seal if (found := sealed(self.data, self.root)) else "",
            defects=tuple(dict.fromkeys(filter(None, self.defects))),
        )

    def _charset_hint(self) -> str:
        """The charset that the mail declares first: raw eight-bit headers are most likely written in it too."""
        leaves = (self.root, *self.choice.plain, *self.choice.html)
        return next(filter(None, (leaf.content.token("charset") for leaf in leaves)), "")

    def _text(self) -> tuple[str, bool]:
        """The body as text, and whether all of it was made from HTML."""
        parts = self.choice.plain
        plain = [part for part in parts if part.type != "text/html"]
        if not any(self._source(part).strip() for part in plain):
            made = [part for part in self.choice.html if part.type == "text/html"]
            if made:
                return self._joined(made), True
            if not parts and not self.choice.html:
                return self._preamble() or self._packed(), False
        return self._joined(parts), False

    def _preamble(self) -> str:
        """What stands above the first part of a mail without any text.

        RFC 2046 section 5.1.1 has it ignored, and programs say there that the mail is a multipart. Seen in practice:
        a program that writes the text there and only a file below.
        """
        if not self.root.children:
            return ""
        above = self.data[self.root.body : self.root.children[0].start].rstrip(b"\r\n").rpartition(b"\n")[0]
        if _BOILERPLATE.search(above):
            return ""
        return charsets.clean_text(charsets.decode(above)[0]).strip("\n")

    def _packed(self) -> str:
        """The text in Outlook's own packing, where the mail has no other."""
        packed = next((part for part in self.choice.attachments if tnef.is_packed(part.type, part.name())), None)
        return charsets.clean_text(tnef.text_of(packed.data(self.data)[0])) if packed else ""

    def _joined(self, parts: list[Part]) -> str:
        """The texts one under the other, each on lines of its own."""
        *firsts, last = [self._as_text(part) for part in parts] or [""]
        return "".join(text if text.endswith("\n") or not text else text + "\n" for text in firsts) + last

    def _as_text(self, part: Part) -> str:
        source = self._source(part)
        if part.type == "text/html":
            text, defect = html_to_text(source)
            self.defects.append(defect)
            return charsets.clean_text(text)
        if part.content.token("format").lower() == "flowed":
            return flowed.unflow(source, part.content.token("delsp").lower() == "yes")
        return source

    def _html(self) -> str:
        """The body as HTML, "" where no part of it is HTML."""
        parts = self.choice.html
        if not any(part.type == "text/html" for part in parts):
            return ""
        return "\n".join(
            self._source(part) if part.type == "text/html" else f"<pre>{escape(self._as_text(part))}</pre>"
            for part in parts
        )

    def _source(self, part: Part) -> str:
        """The characters of a text part, cleaned of controls."""
        if part.start not in self._texts:
            content, defect = part.data(self.data)
            charset = part.content.token("charset")
            if not charset and part.type == "text/html" and (meta := _META_CHARSET.search(content[:2048])):
                charset = meta[1].decode("latin-1")
            text, fitted = charsets.decode(content, charset)
            disguise = "disguise" if _disguised(part, self.data, content, charset) else ""
            self.defects += [defect, "" if fitted else "charset", disguise]
            self._texts[part.start] = charsets.clean_text(text)
        return self._texts[part.start]

    def _attachment(self, part: Part, cids: frozenset[str]) -> Attachment:
        content, defect = part.data(self.data)
        self.defects.append(defect)
        name = clean_file_name(part.name(self.hint))
        if not name and part.type in ("message/rfc822", "message/global"):
            name = _subject_name(content)
        return Attachment(
            name=name,
            type=part.type or "application/octet-stream",
            content=content,
            inline=part.disposition.value == "inline" or part.content_id in cids,
            content_id=part.content_id,
            measured=_measured(part.type, content, lambda: _clean(self.data, part, content)),
        )


def _clean(data: bytes, part: Part, content: bytes) -> tuple[int, int] | None:
    return clean_base64(data, part.body, part.end, content) if part.encoding == "base64" else None


def _measured(kind: str, content: bytes, clean: Callable[[], tuple[int, int] | None]) -> Measured | None:
    """Measure a large file, once for all who ask; not what somebody looks into: reports, calendars, other mails."""
    if len(content) <= _LARGE or kind.startswith(("message/", "text/")):
        return None
    return Measured(len(content), sha256(content).hexdigest(), clean())


def _unpacked(attachments: tuple[Attachment, ...]) -> Iterator[Attachment]:
    for packed in attachments:
        if tnef.is_packed(packed.type, packed.name):
            for file in tnef.files_of(packed.data):
                measured = _measured(file.type, file.data, lambda: None)
                yield Attachment(clean_file_name(file.name), file.type, file.data, measured=measured)


def _subject_name(content: bytes) -> str:
    """A file name for an enclosed message that has none."""
    subject = headers.decoded(headers.split(content, 0, len(content)).get("subject"))
    return clean_file_name((subject.replace("/", "-").replace("\\", "-") or "message") + ".eml")


def _disguised(part: Part, data: bytes, content: bytes, charset: str) -> bool:
    """Whether a text comes in a form that no mail program writes, and that only hides what it says from a search."""
    if charsets.hides_latin(content, charset):
        return True
    if part.type == "text/html" and _COMMENT_IN_WORD.search(content):
        return True
    return part.encoding == "quoted-printable" and bool(_CUT_WORD.search(data, max(0, part.body - 1), part.end))

"""What a mail is once it has been read: frozen values of plain types, safe to keep and to show.

Every `str` here is free of lone surrogates. Header values are decoded (RFC 2047) and hold no control
character, so none can ever become a header line again. The bytes of the mail itself are kept elsewhere.
"""

from dataclasses import dataclass, field, replace
from hashlib import sha256

from .tnef import is_packed


@dataclass(frozen=True, slots=True)
class Measured:
    """What is known of a large file without its bytes."""

    size: int
    hash: str  # SHA-256, in hexadecimal
    clean: tuple[int, int] | None = None  # where in the raw mail it stands in base64 that can go out as it came


@dataclass(frozen=True, slots=True)
class Attachment:
    """One leaf of the MIME tree that is not the body; an enclosed message/rfc822 counts as one leaf."""

    name: str  # file name as told, cleaned of folders and control characters; "" where there is none
    type: str  # lower-case MIME type, "application/octet-stream" where it says nothing usable
    content: bytes | None = field(repr=False)  # decoded; None where it was left in the raw mail
    inline: bool = False  # Content-Disposition: inline, or referred to by cid: from the HTML body
    content_id: str = ""  # without the angle brackets
    measured: Measured | None = None  # of a large one

    @property
    def data(self) -> bytes:
        """The decoded content. Raises LookupError where it was left in the raw mail."""
        if self.content is None:
            raise LookupError("the bytes of this file are in the raw mail")
        return self.content

    @property
    def size(self) -> int:
        """Octets of the decoded content."""
        return self.measured.size if self.measured else len(self.data)

    @property
    def hash(self) -> str:
        """SHA-256 of the decoded content, in hexadecimal."""
        return self.measured.hash if self.measured else sha256(self.data).hexdigest()

    def light(self) -> "Attachment":
        """The same without its bytes, where it is a large one."""
        return replace(self, content=None) if self.measured else self


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as read by `parley.relay.mail.read`. Never the source of a header line: see write.py."""

    headers: tuple[tuple[str, str], ...]  # name as written, decoded and cleaned value, in order
    text: str  # the body as text; from the HTML where there is no text part; line ends "\n"
    html: str = ""  # the HTML body, unsanitised; "" where there is none
    attachments: tuple[Attachment, ...] = ()
    raw_headers: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)  # unfolded, undecoded values
    text_from_html: bool = False  # True: the mail had no text part and `text` was made from the HTML
    seal: str = ""  # "signed" or "encrypted": a part of it passes as it is (sealed.py); "" for an open mail
    unpacked: tuple[Attachment, ...] = ()  # the files inside a winmail.dat
    defects: tuple[str, ...] = ()  # what was odd, one short fixed word each: "charset", "depth", "boundary" …

    @property
    def files(self) -> tuple[Attachment, ...]:
        """The attachments as people mean them: a winmail.dat gives way to what is in it."""
        if not self.unpacked:
            return self.attachments
        return (*(one for one in self.attachments if not is_packed(one.type, one.name)), *self.unpacked)

    def light(self) -> "Mail":
        """The same without the bytes of its large files: they are in the raw mail."""
        files, unpacked = (tuple(one.light() for one in some) for some in (self.attachments, self.unpacked))
        return replace(self, attachments=files, unpacked=unpacked)

    def all(self, name: str) -> tuple[str, ...]:
        """Every decoded value of the header `name` (any case), in order."""
        wanted = name.lower()
        return tuple(value for key, value in self.headers if key.lower() == wanted)

    def first(self, name: str) -> str:
        """The first value of the header `name`, "" where there is none."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), "")

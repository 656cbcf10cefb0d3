"""Whether a file is a document that may be sent as one: by its ending, its size, and what its first bytes say.

Pure and linear. A file is refused for a reason that its sender can mend; what it is called decides nothing alone.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from .write import File

Trouble = Literal["no_file", "empty_file", "type_not_taken", "file_too_big", "not_what_it_says"]

# How files of these endings begin. Others are taken by their ending alone, where the settings allow them.
_BEGINNINGS: dict[str, tuple[bytes, ...]] = {
    "pdf": (b"%PDF-",),
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpg": (b"\xff\xd8\xff",),
    "jpeg": (b"\xff\xd8\xff",),
    "gif": (b"GIF87a", b"GIF89a"),
    "tif": (b"II*\0", b"MM\0*"),
    "tiff": (b"II*\0", b"MM\0*"),
    "rtf": (b"{\\rtf",),
} | dict.fromkeys(("zip", "docx", "xlsx", "pptx", "odt", "ods", "odp", "3mf"), (b"PK\x03\x04",))
_SHOWN = {"pdf": "application/pdf", "png": "image/png", "jpeg": "image/jpeg"}  # by browsers, where nothing can run
_TAIL = 4096  # bytes at the end of a PDF that hold where its parts are (ISO 32000-2 section 7.5.5)


@dataclass(frozen=True, slots=True)
class Rules:
    """What is taken: endings in lower case without the dot, and the most bytes of one file, decoded."""

    endings: tuple[str, ...]
    most: int


@dataclass(frozen=True, slots=True)
class Wrong:
    """Which file is wrong, and why."""

    trouble: Trouble
    name: str = ""


def first_wrong(files: Collection[File], rules: Rules) -> Wrong | None:
    """Return what is wrong with the first file that may not be sent, None where all may."""
    if not files:
        return Wrong("no_file")
    for file in files:
        trouble = _trouble(file, rules)
        if trouble is not None:
            return Wrong(trouble, file.name)
    return None


def is_document(mime: str, inline: bool) -> bool:
    """True unless it is a picture among the words; Apple's mail calls every file inline."""
    return not (inline and mime.lower().startswith("image/"))


def ending(name: str) -> str:
    """Return what stands after the last dot of a file name, in lower case."""
    return name.rpartition(".")[2].strip().lower() if "." in name else ""


def shown_type(data: bytes) -> str:
    """Return the type of a file that a browser may show, told by what is in it alone; "" for any other."""
    found = next((kind for kind in _SHOWN if _begins(data, kind)), "")
    return "" if found == "pdf" and not _is_whole(data) else _SHOWN.get(found, "")


def _begins(data: bytes, kind: str) -> bool:
    """True where a file begins as those of an ending do, or nothing is known of them."""
    begins = _BEGINNINGS.get(kind)
    return begins is None or data.startswith(begins)


def _trouble(file: File, rules: Rules) -> Trouble | None:
    kind = ending(file.name)
    if kind not in rules.endings:
        return "type_not_taken"
    if not file.data:
        return "empty_file"
    if len(file.data) > rules.most:
        return "file_too_big"
    whole = _begins(file.data, kind) and (kind != "pdf" or _is_whole(file.data))
    return None if whole else "not_what_it_says"


def _is_whole(pdf: bytes) -> bool:
    """True for a PDF that has objects, and at its end the way to them; one that was cut off has none."""
    tail = pdf[-_TAIL:]
    return b"startxref" in tail and b"%%EOF" in tail and b" obj" in pdf

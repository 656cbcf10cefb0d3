"""Bytes of unknown honesty to `str`: the declared charset is a hint, and the text must come out readable.

Never raises, never returns a lone surrogate. Order of belief: what is declared, UTF-8, windows-1252.
"""

import codecs
import encodings
import pkgutil
import re
from encodings.aliases import aliases
from functools import lru_cache

# Every name Python has a codec for. Others are never looked up: the look-up keeps each failed name for ever.
_KNOWN = frozenset(aliases) | {module.name for module in pkgutil.iter_modules(encodings.__path__)}
# Codecs Python calls text encodings that are no charset of any mail; punycode is quadratic besides.
_NO_CHARSET = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"})

# Labels that in real mail mean a larger repertoire than their name says, by Python's name of the codec.
# Browsers and mail clients do the same (encoding.spec.whatwg.org, "names and labels").
_WIDER = {
    "ascii": "utf-8",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "iso2022_jp": "iso2022_jp_ext",
}
# Names of mailers that no rule below turns into a name of Python.
_ALIASES = {
    "binary": "",
    "x-sjis": "cp932",
    "x-gbk": "gb18030",
    "ks_c_5601-1989": "cp949",
    "iso-10646": "utf-8",
    "unicode": "utf-16",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-2-0-utf-7": "utf-7",
    "macintosh": "mac_roman",
}
_CODE_PAGE = re.compile(r"(?:x-)?(?:windows|win|cp|ms|ibm|dos|ansi)[-_ ]?(\d{3,5})")
_ISO_8859 = re.compile(r"(?:x-)?(?:iso)?[-_ ]?8859[-_ ]?(\d{1,2})(?:[-_:].*)?")
_MULTIBYTE = re.compile(r"utf|gb|big5|euc|cp9|iso2022|hz|johab|shift")
# Stateful or non-ASCII-compatible codecs: pure ASCII bytes may still mean something else.
_NOT_ASCII = re.compile(r"utf-(?:7|16|32)|iso2022|hz|cp037|cp500|cp1140|cp273|cp424|cp875|cp1026")

# Charsets in which Latin letters are written every day.
_LATIN = re.compile(r"utf-8|ascii|iso8859-(?:[12349]|1[03456])|cp125[02478]|cp437|cp85[028]|mac.roman")

# Entourage and Outlook for Mac write these typographic signs into a text that they call ISO-8859-1 as if its upper half
# were that of their own charset. Where they stand they are nothing else: "don¹t", "³so²", "wellŠ", "one ‹ or two".
_FROM_MAC = re.compile("(?<=[^\\W\\d_])¹(?=[^\\W\\d_])|(?<=[a-zà-ÿ])Š(?![a-zà-ÿ])|(?<=\\s)‹(?=\\s)")
_MAC_SIGNS = {"¹": "’", "Š": "…", "‹": "—"}
_MAC_QUOTES = re.compile(r"(?<![^\s(])³(?=\w)([^³²\n]{1,300}?)²(?![\w])")

_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_ASCII_CONTROLS = bytes([*range(9), *range(11, 32), 127])
_C1 = re.compile(rb"\xc2[\x80-\x9f]")
_LINE_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


@lru_cache(maxsize=256)
def codec_name(label: str) -> str:
    """Python's name of the codec for a charset label as mailers write it; "" where there is none."""
    label = label.strip(" \t\"'<>;,").lower().removeprefix("_").removesuffix("$esc").removeprefix("charset=")
    if match := _CODE_PAGE.fullmatch(label):
        label = "cp" + match[1] if match[1] != "65001" else "utf-8"
    elif match := _ISO_8859.fullmatch(label):
        label = "iso8859-" + match[1]
    label = _ALIASES.get(label, label)
    for candidate in (label, label.removeprefix("x-"), label.replace("_", "-")):
        if encodings.normalize_encoding(candidate) not in _KNOWN:
            continue
        try:
            info = codecs.lookup(candidate)
            b"x".decode(candidate, "replace")  # base64 and its like are codecs, but not of text
        except (LookupError, ValueError):
            continue
        if info.name not in _NO_CHARSET:
            return _WIDER.get(info.name, info.name)
    return ""


def hides_latin(data: bytes, label: str) -> bool:
    """Whether a text comes in a charset that nobody needs for it, and that only hides Latin letters from a search.

    So are UTF-7 (which the Encoding standard forbids to decode), sixteen-bit and stateful charsets, and those of other
    alphabets where the text has no letter of theirs.
    """
    codec = codec_name(label) if label else _undeclared(data)
    if not codec or _LATIN.fullmatch(codec):
        return False
    return bool(_NOT_ASCII.match(codec)) or data.isascii()


def decode(data: bytes, label: str = "") -> tuple[str, bool]:
    """The text of `data` and whether the declared charset (or, undeclared, UTF-8) fitted.

    Controls stay in; lone surrogates do not. `label` "" means nothing was declared.
    """
    if not label and data.isascii() and b"\x1b" not in data:
        return data.decode("ascii"), True
    codec = codec_name(label) if label else _undeclared(data)
    if data.isascii() and not _NOT_ASCII.match(codec):
        return data.decode("ascii"), bool(codec)
    if codec.startswith(("utf-16", "utf-32")) and b"\x00" not in data and data[:2] not in _BOMS:
        codec = ""  # sixteen-bit text of any length has a NUL in a blank or a line end
    for candidate in (codec, "utf-8"):
        text = _strictly(data, candidate) if candidate else None
        if text is not None:
            return _from_mac(text) if codec == "cp1252" and _is_latin_1(label) else text, candidate == codec
    return _repaired(data, codec), False


def _is_latin_1(label: str) -> bool:
    """What is declared is ISO-8859-1 by one of its names, not the code page that it is read by."""
    return not _CODE_PAGE.fullmatch(label.strip(" \t\"'").lower())


def _from_mac(text: str) -> str:
    text = _FROM_MAC.sub(lambda match: _MAC_SIGNS[match[0]], text)
    return _MAC_QUOTES.sub(r"“\1”", text) if "³" in text else text


def decode_header(data: bytes, hint: str = "") -> str:
    """Raw eight-bit bytes of a header: UTF-8 (RFC 6532), then `hint`, the charset the body declares."""
    if data.isascii():
        return data.decode("ascii") if b"\x1b" not in data else decode(data)[0]
    text = _strictly(data, "utf-8")
    return text if text is not None else decode(data, hint)[0]


_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def _undeclared(data: bytes) -> str:
    """The codec that the bytes themselves announce: a byte order mark, or the escapes of ISO-2022-JP."""
    if data.startswith(_BOMS):
        return "utf-16"
    if data.isascii() and b"\x1b$" in data:
        return "iso2022_jp_ext"
    return "utf-8"


def _strictly(data: bytes, codec: str) -> str | None:
    """`data` by `codec`, None where it does not fit."""
    try:
        text = data.decode(codec)
    except (UnicodeError, ValueError):
        if codec == "iso2022_jp_ext" and b"\x1b$B" in data:
            # Seen in practice: vendor characters (circled numbers) in row 13; JIS X 0213 has them all.
            return _strictly(data.replace(b"\x1b$B", b"\x1b$(Q"), "iso2022_jp_2004")
        return None
    text = text.removeprefix("\ufeff")
    return None if _SURROGATE.search(text) else text


def _repaired(data: bytes, codec: str) -> str:
    """Text with replacement characters where nothing fits.

    A multibyte text with a few broken bytes stays in its charset, for windows-1252 would spoil all of it.
    """
    for candidate in (codec, "utf-8"):
        if candidate and _MULTIBYTE.match(candidate):
            text = data.decode(candidate, "replace")
            if text.count("\ufffd") * 5 <= _wide(text):
                return _SURROGATE.sub("\ufffd", text).removeprefix("\ufeff")
    return data.decode("cp1252", "replace")


def _wide(text: str) -> int:
    """How many characters of `text` are outside ASCII."""
    return len(text) - len(text.encode("ascii", "ignore"))


def clean_text(text: str) -> str:
    """A text with "\\n" line ends, without controls but tab and line end, without lone surrogates."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if _is_clean(text) else _CONTROL.sub(_drop, text)


def _is_clean(text: str) -> bool:
    """Whether a text without "\r" holds none of `_CONTROL`: on bytes that takes a tenth of the time."""
    try:
        data = text.encode()
    except UnicodeEncodeError:
        return False
    return len(data.translate(None, _ASCII_CONTROLS)) == len(data) and (text.isascii() or not _C1.search(data))


def clean_line(text: str) -> str:
    """A text that can never hold a line break: runs of controls and line separators become one blank."""
    return _LINE_CONTROL.sub(_blank, text).strip()


def _drop(match: re.Match[str]) -> str:
    return "\ufffd" if match[0] >= "\ud800" else ""


def _blank(match: re.Match[str]) -> str:
    return "\ufffd" if match[0] >= "\ud800" else " "
